// SPDX-License-Identifier: GPL-2.0-only
#include "model/level.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/raid10.hpp"

namespace mdctl::model {
namespace {

struct Name {
  std::string_view text;
  int number;
};

// The first name of a number is the one shown.
constexpr Name kLevels[] = {
    {"linear", kLevelLinear},
    {"raid0", 0},
    {"0", 0},
    {"stripe", 0},
    {"raid1", 1},
    {"1", 1},
    {"mirror", 1},
    {"raid4", 4},
    {"4", 4},
    {"raid5", 5},
    {"5", 5},
    {"raid6", 6},
    {"6", 6},
    {"raid10", 10},
    {"10", 10},
    {"multipath", kLevelMultipath},
    {"mp", kLevelMultipath},
    {"faulty", kLevelFaulty},
    {"-1", kLevelLinear},
    {"container", -100},
};

constexpr Name kRaid0Layouts[] = {{"original", 1}, {"alternate", 2}, {"dangerous", 0},
                                  {"1", 1},        {"2", 2},         {"0", 0}};

constexpr Name kParityLayouts[] = {
    {"left-asymmetric", 0},
    {"right-asymmetric", 1},
    {"left-symmetric", 2},
    {"right-symmetric", 3},
    {"default", 2},
    {"la", 0},
    {"ra", 1},
    {"ls", 2},
    {"rs", 3},
    {"parity-first", 4},
    {"parity-last", 5},
};

constexpr Name kRaid6Layouts[] = {
    {"ddf-zero-restart", 8},   {"ddf-N-restart", 9},       {"ddf-N-continue", 10},
    {"left-asymmetric-6", 16}, {"right-asymmetric-6", 17}, {"left-symmetric-6", 18},
    {"right-symmetric-6", 19}, {"parity-first-6", 20},
};

template <std::size_t N>
std::optional<int> number_of(const Name (&names)[N], std::string_view text) {
  for (const Name& name : names)
    if (name.text == text) return name.number;
  return std::nullopt;
}

template <std::size_t N>
std::optional<std::string> name_of(const Name (&names)[N], int number) {
  for (const Name& name : names)
    if (name.number == number) return std::string(name.text);
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_level(std::string_view text) { return number_of(kLevels, text); }

std::optional<std::string> level_name(int level) { return name_of(kLevels, level); }

unsigned members_needed(int level, unsigned raid_disks) {
  switch (level) {
    case 1: return 1;
    case 4:
    case 5: return raid_disks - std::min(raid_disks, 1u);
    case 6: return raid_disks - std::min(raid_disks, 2u);
    case 10: return (raid_disks + 1) / 2;
    default: return raid_disks;
  }
}

Ratio data_ratio(int level, unsigned raid_disks, std::uint32_t layout) {
  switch (level) {
    case 1: return {1, 1};
    case 4:
    case 5: return {raid_disks > 1 ? raid_disks - 1 : 1, 1};
    case 6: return {raid_disks > 2 ? raid_disks - 2 : 1, 1};
    case 10: return {raid_disks, raid10_copies(layout)};
    default: return {raid_disks, 1};
  }
}

std::optional<std::uint32_t> parse_layout(int level, std::string_view text) {
  std::optional<int> found;
  if (level == 0) found = number_of(kRaid0Layouts, text);
  if (level == 5 || level == 6) found = number_of(kParityLayouts, text);
  if (level == 6 && !found) found = number_of(kRaid6Layouts, text);
  if (level == 10) return parse_raid10_layout(text);
  if (!found) return std::nullopt;
  return static_cast<std::uint32_t>(*found);
}

std::string layout_name(int level, std::uint32_t layout) {
  std::optional<std::string> found;
  int number = static_cast<int>(layout);
  if (level == 0 && layout != 0) found = name_of(kRaid0Layouts, number);
  if (level == 5 || level == 6) found = name_of(kParityLayouts, number);
  if (level == 6 && !found) found = name_of(kRaid6Layouts, number);
  if (level == 10) return raid10_layout_name(layout);
  return found.value_or("-unknown-");
}

std::uint32_t default_layout(int level) {
  switch (level) {
    case 5:
    case 6: return 2;
    case 10: return 0x102;
    default: return 0;
  }
}

}  // namespace mdctl::model
