// SPDX-License-Identifier: GPL-2.0-only
// Where everything goes on a new array's members: the places mdadm 4.2 chooses, so that arrays of
// either tool are laid out alike. All units are sectors of 512 bytes unless named otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bitmap_format.h"
#include "util/error.hpp"

namespace mdctl::model {

// One member's areas.
struct MemberSpace {
  std::uint64_t super_offset = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t data_size = 0;
  std::int32_t bblog_offset = 0;  // from the superblock
  std::uint16_t bblog_size = 0;   // 0: none

  bool operator==(const MemberSpace&) const = default;
};

struct SpaceRequest {
  mdx_sb_version version = MDX_SB_1_2;
  int level = 1;
  std::uint32_t chunk_kib = 0;
  std::optional<std::uint64_t> data_offset;  // as asked for, or taken from the first member
  bool bad_block_log = true;
};

// Sectors kept free for a write-intent bitmap that may come later.
std::uint64_t bitmap_reserve(std::uint64_t device_sectors, int level);

// Where data starts in 1.1 and 1.2 if nobody says: room for a bitmap, and headroom for a reshape.
std::uint64_t default_data_offset(std::uint64_t device_sectors, int level, std::uint32_t chunk_kib);

// Code::refused if the device is too small.
Result<MemberSpace> member_space(const SpaceRequest& request, std::uint64_t device_sectors);

// What the array uses of members with @available sectors, with default rounding.
std::uint64_t used_size(int level, std::uint32_t chunk_kib, std::uint64_t available);

// A write-intent bitmap as asked for.
struct BitmapRequest {
  std::uint32_t chunk_bytes = 0;  // 0: the default, larger where that needs more than the room
  std::uint32_t delay = MDX_BITMAP_SLEEP_DEFAULT;  // seconds
  std::uint32_t write_behind = 0;                  // most writes in flight
};

// Without a word about it, members this large have one: a resync of them takes hours.
bool wants_bitmap(int level, std::uint64_t member_sectors);

enum class MemberKind { active, missing, spare, recovering };

struct NewMember {
  MemberKind kind = MemberKind::active;
  std::uint32_t number = 0;
  std::uint32_t slot = 0;  // active and missing
  std::uint32_t major = 0, minor = 0;
  std::uint64_t dev_sectors = 0;
  MemberSpace space;
  std::uint8_t flags = 0;  // WriteMostly1, FailFast1
  std::uint8_t uuid[16] = {};
};

struct NewArray {
  mdx_sb_version version = MDX_SB_1_2;
  std::uint8_t uuid[16] = {};
  std::string name;  // 1.x
  std::uint32_t minor = 0;
  std::uint64_t ctime = 0;
  int level = 1;
  std::uint32_t layout = 0;
  bool layout_recorded = false;  // RAID0 feature bit
  std::uint32_t chunk_kib = 0;
  std::uint32_t raid_disks = 0;
  std::uint64_t size = 0;  // used sectors of each member, 0 where they differ
  bool clean = false;
  std::optional<mdx_bitmap_super> bitmap;  // settled by place_bitmap(), which sets the next too
  std::int32_t bitmap_offset = 0;          // from the superblock
  std::vector<NewMember> members;          // by number
};

// Sectors that a bitmap of the array is about: a member's, for RAID10 the array's.
std::uint64_t sync_sectors(const NewArray& array);

// Gives @array, whose members are known, a bitmap all of them have room for. Code::refused: there
// is none.
Result<> place_bitmap(const BitmapRequest& request, NewArray& array);

// The superblock of @member.
mdx_super new_superblock(const NewArray& array, const NewMember& member);

}  // namespace mdctl::model
