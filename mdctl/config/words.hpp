// SPDX-License-Identifier: GPL-2.0-only
// Small readings of single words, shared by the parser and the rules.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdctl::config {

bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

// "tag=value" at the first '='; nullopt without one.
std::optional<std::pair<std::string, std::string>> split_pair(const std::string& word);

// "a,b,c" appended to @out. False if there is nothing between two commas.
bool split_commas(const std::string& value, std::vector<std::string>& out);
std::vector<std::string> split_blanks(std::string_view text);

// User or group by name or number.
std::optional<std::uint32_t> user_id(const std::string& name);
std::optional<std::uint32_t> group_id(const std::string& name);

// The whole of @text as a number.
template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace mdctl::config
