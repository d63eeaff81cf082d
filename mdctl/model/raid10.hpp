// SPDX-License-Identifier: GPL-2.0-only
// RAID10: names of layouts, and which members stand for which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdctl::model {

// "n2", "f3", "o2": how copies are laid out, and how many, from 1 to 255.
std::optional<std::uint32_t> parse_raid10_layout(std::string_view text);
// "near=2", "offset=3".
std::string raid10_layout_name(std::uint32_t layout);

// Copies of each chunk.
unsigned raid10_copies(std::uint32_t layout);

// Sectors of an array whose @raid_disks members hold @member_sectors each, as the driver counts
// them.
std::uint64_t raid10_sectors(std::uint32_t layout, unsigned raid_disks, std::uint32_t chunk_sectors,
                             std::uint64_t member_sectors);

// Has every chunk a copy on the slots that are @filled, one entry a slot? Fewer empty slots than
// copies are no question of where; more of them can be enough with near copies alone.
bool raid10_is_whole(std::uint32_t layout, const std::vector<bool>& filled);

// Where copies divide the slots evenly, each set holds everything once: the set of @slot, from 0;
// nullopt: there are no sets. mdadm names those of near copies only.
std::optional<unsigned> raid10_set(std::uint32_t layout, unsigned raid_disks, unsigned slot);

}  // namespace mdctl::model
