// SPDX-License-Identifier: GPL-2.0-only
#include "util/size.hpp"

#include <fmt/format.h>

#include <charconv>

namespace mdctl {
namespace {

struct Scale {
  std::uint64_t binary;
  std::uint64_t decimal;
  const char* letter;
};

// A unit is used up to 2048 of the next one, so that small sizes keep their digits.
Scale scale_of(std::uint64_t bytes) {
  constexpr std::uint64_t gib = 1ULL << 30;
  if (bytes < 2 * gib) return {1ULL << 20, 1'000'000, "M"};
  if (bytes < 2048 * gib) return {1ULL << 30, 1'000'000'000, "G"};
  return {1ULL << 40, 1'000'000'000'000, "T"};
}

bool too_small(std::uint64_t bytes) { return bytes < 5000ULL * 1024; }

// Two digits behind the point, and half of the last one is rounded up, as mdadm does: what printf
// makes of an eighth is the even neighbour.
std::string in_units(std::uint64_t bytes, std::uint64_t unit) {
  const std::uint64_t hundredths = bytes / unit * 100 + (bytes % unit * 100 + unit / 2) / unit;
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

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
  return fmt::format(" ({} {}iB {} {}B)", in_units(bytes, scale.binary), scale.letter,
                     in_units(bytes, scale.decimal), scale.letter);
}

std::string brief_binary_size(std::uint64_t bytes) {
  if (too_small(bytes)) return {};
  Scale scale = scale_of(bytes);
  return fmt::format("{}{}iB", in_units(bytes, scale.binary), scale.letter);
}

std::string brief_decimal_size(std::uint64_t bytes) {
  if (too_small(bytes)) return {};
  Scale scale = scale_of(bytes);
  return fmt::format("{}{}B", in_units(bytes, scale.decimal), scale.letter);
}

}  // namespace mdctl
