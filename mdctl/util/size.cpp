// SPDX-License-Identifier: GPL-2.0-only
#include "util/size.hpp"

#include <fmt/format.h>

#include <charconv>

namespace mdctl {
namespace {

struct Scale {
  double binary;
  double decimal;
  const char* letter;
};

// A unit is used up to 2048 of the next one, so that small sizes keep their digits.
Scale scale_of(std::uint64_t bytes) {
  constexpr std::uint64_t gib = 1ULL << 30;
  if (bytes < 2 * gib) return {1048576.0, 1e6, "M"};
  if (bytes < 2048 * gib) return {1073741824.0, 1e9, "G"};
  return {1099511627776.0, 1e12, "T"};
}

bool too_small(std::uint64_t bytes) { return bytes < 5000ULL * 1024; }

}  // namespace

std::optional<std::uint64_t> parse_size_sectors(std::string_view text) {
  std::uint64_t number = 0;
  auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return std::nullopt;
  std::string_view suffix(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  std::uint64_t unit;
  if (suffix.empty() || suffix == "K")
    unit = 2;
  else if (suffix == "M")
    unit = 2048;
  else if (suffix == "G")
    unit = 2048ULL << 10;
  else if (suffix == "T")
    unit = 2048ULL << 20;
  else if (suffix == "s")
    unit = 1;
  else
    return std::nullopt;
  std::uint64_t out;
  if (__builtin_mul_overflow(number, unit, &out)) return std::nullopt;
  return out;
}

std::string human_size(std::uint64_t bytes) {
  if (too_small(bytes)) return {};
  Scale scale = scale_of(bytes);
  auto size = static_cast<double>(bytes);
  return fmt::format(" ({:.2f} {}iB {:.2f} {}B)", size / scale.binary, scale.letter,
                     size / scale.decimal, scale.letter);
}

std::string brief_binary_size(std::uint64_t bytes) {
  if (too_small(bytes)) return {};
  Scale scale = scale_of(bytes);
  return fmt::format("{:.2f}{}iB", static_cast<double>(bytes) / scale.binary, scale.letter);
}

std::string brief_decimal_size(std::uint64_t bytes) {
  if (too_small(bytes)) return {};
  Scale scale = scale_of(bytes);
  return fmt::format("{:.2f}{}B", static_cast<double>(bytes) / scale.decimal, scale.letter);
}

}  // namespace mdctl
