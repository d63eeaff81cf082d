// SPDX-License-Identifier: GPL-2.0-only
#include "config/words.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cctype>

namespace mdctl::config {

namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::pair<std::string, std::string>> split_pair(const std::string& word) {
  auto at = word.find('=');
  if (at == std::string::npos) return std::nullopt;
  return std::pair(word.substr(0, at), word.substr(at + 1));
}

bool split_commas(const std::string& value, std::vector<std::string>& out) {
  std::size_t from = 0;
  for (;;) {
    auto comma = value.find(',', from);
    std::string piece = value.substr(from, comma - from);
    if (piece.empty()) return false;
    out.push_back(std::move(piece));
    if (comma == std::string::npos) return true;
    from = comma + 1;
  }
}

std::vector<std::string> split_blanks(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    auto end = std::min(text.find_first_of(" \t"), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

std::optional<std::uint32_t> user_id(const std::string& name) {
  if (auto number = parse_number<std::uint32_t>(name)) return number;
  if (const passwd* entry = getpwnam(name.c_str())) return entry->pw_uid;
  return std::nullopt;
}

std::optional<std::uint32_t> group_id(const std::string& name) {
  if (auto number = parse_number<std::uint32_t>(name)) return number;
  if (const group* entry = getgrnam(name.c_str())) return entry->gr_gid;
  return std::nullopt;
}

}  // namespace mdctl::config
