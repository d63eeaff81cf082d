// SPDX-License-Identifier: GPL-2.0-only
// RAID levels and layouts: names to md's numbers and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mdctl::model {

constexpr int kLevelLinear = -1;
constexpr int kLevelMultipath = -4;
constexpr int kLevelFaulty = -5;

// "1", "raid1" or "mirror"; nullopt: no such level.
std::optional<int> parse_level(std::string_view text);
// "raid1"; nullopt for a number md does not know.
std::optional<std::string> level_name(int level);

// Members can be missing and spares make sense.
inline bool is_redundant(int level) { return level >= 1; }
// The array's data is cut in chunks.
inline bool has_chunks(int level) { return level == 0 || level >= 4; }
// There is more than one way to lay its data out.
inline bool has_layout(int level) { return level == 0 || level == 5 || level == 6 || level == 10; }
// Every member is used to the same size.
inline bool has_equal_members(int level) { return level >= 1; }
// In-sync members of @raid_disks without which nothing works; @slots: which are there ('A').
unsigned members_needed(int level, unsigned raid_disks);

// Data members that hold @raid_disks members' worth of an array; raid10: near and far copies from
// @layout. Array size = used size * data_members (raid10: rounded to chunks by the driver).
struct Ratio {
  unsigned multiply;
  unsigned divide;
};
Ratio data_ratio(int level, unsigned raid_disks, std::uint32_t layout);

// The word --layout takes and --detail shows, to the number; by level. nullopt: no such layout.
std::optional<std::uint32_t> parse_layout(int level, std::string_view text);
std::string layout_name(int level, std::uint32_t layout);
std::uint32_t default_layout(int level);

}  // namespace mdctl::model
