// SPDX-License-Identifier: GPL-2.0-only
// RAID10 geometry: against what the kernel's md put on its members, and against itself.
#include "raid10_map.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr __u32 kChunk = 8;

__u32 word(__u32 near, __u32 far, __u32 offset = 0, __u32 sets = 0) {
  return near | far << 8 | offset << 16 | sets << 17;
}

struct Map {
  mdx_raid10_map map{};
  int result = 0;

  Map(__u32 disks, __u32 layout, __u64 dev_sectors, __u32 chunk = kChunk)
      : result(mdx_raid10_map_init(&map, disks, layout, chunk, dev_sectors)) {}

  std::vector<mdx_place> places(__u64 sector, __u32* left = nullptr) const {
    std::vector<mdx_place> place(MDX_RAID10_COPIES);
    const __u32 rest = mdx_raid10_map_sector(&map, sector, place.data());
    if (left) *left = rest;
    place.resize(map.copies);
    return place;
  }
};

// Every layout of up to seven members that can be; those whose copies would not get on are told
// apart below.
template <typename Use>
void each_word(Use use) {
  for (__u32 disks = 1; disks <= 7; disks++)
    for (__u32 near = 1; near <= 4; near++)
      for (__u32 far = 1; near * far <= disks && far <= 4; far++)
        for (__u32 offset = 0; offset <= (far > 1); offset++)
          for (__u32 sets = 0; sets <= (far > 1 ? 2u : 0u); sets++)
            if (near * far > 1) use(disks, word(near, far, offset, sets));
}

template <typename Use>
void each_layout(Use use) {
  each_word([&](__u32 disks, __u32 layout) {
    if (Map(disks, layout, 800).result != -EDOM) use(disks, layout);
  });
}

// The chunks of a member row by row, "." for none, those at the end left out.
std::string rows(const Map& m, __u32 slot) {
  std::string text;
  for (__u64 row = 0; row < 16; row++) {
    const __u64 sector = mdx_raid10_unmap(&m.map, slot, row * kChunk);
    text += (row ? " " : "") + (sector == MDX_SECTOR_NONE ? "." : std::to_string(sector / kChunk));
  }
  text.erase(text.find_last_not_of(" .") + 1);
  return text;
}

// What md does: arrays of its own making on members of so many sectors, chunks of 4 KiB, each
// filled with its number; then which number is in each row of each member.
struct Seen {
  __u32 disks;
  __u32 layout;
  __u64 member_sectors;
  __u64 array_sectors;
  __u64 used_sectors;  // of each member, as component_size has it afterwards
  std::vector<std::string> rows;
};

const std::vector<Seen> kSeen = {
    {2, word(1, 2, 0, 0), 72, 64, 64, {"0 2 4 6 1 3 5 7", "1 3 5 7 0 2 4 6"}},
    {2, word(1, 2, 0, 2), 72, 64, 64, {"0 2 4 6 1 3 5 7", "1 3 5 7 0 2 4 6"}},
    {2, word(1, 2, 1, 0), 72, 64, 64, {"0 1 2 3 4 5 6 7", "1 0 3 2 5 4 7 6"}},
    {2, word(1, 2, 1, 2), 72, 64, 64, {"0 1 2 3 4 5 6 7", "1 0 3 2 5 4 7 6"}},
    {2, word(2, 1, 0, 0), 72, 72, 72, {"0 1 2 3 4 5 6 7 8", "0 1 2 3 4 5 6 7 8"}},
    {3,
     word(1, 2, 0, 0),
     72,
     96,
     64,
     {"0 3 6 9 2 5 8 11", "1 4 7 10 0 3 6 9", "2 5 8 11 1 4 7 10"}},
    {3,
     word(1, 2, 0, 2),
     72,
     96,
     64,
     {"0 3 6 9 2 5 8 11", "1 4 7 10 0 3 6 9", "2 5 8 11 1 4 7 10"}},
    {3,
     word(1, 2, 1, 0),
     72,
     96,
     64,
     {"0 2 3 5 6 8 9 11", "1 0 4 3 7 6 10 9", "2 1 5 4 8 7 11 10"}},
    {3,
     word(1, 2, 1, 2),
     72,
     96,
     64,
     {"0 2 3 5 6 8 9 11", "1 0 4 3 7 6 10 9", "2 1 5 4 8 7 11 10"}},
    {3,
     word(1, 3, 0, 0),
     72,
     72,
     72,
     {"0 3 6 2 5 8 1 4 7", "1 4 7 0 3 6 2 5 8", "2 5 8 1 4 7 0 3 6"}},
    {3,
     word(1, 3, 0, 2),
     72,
     72,
     72,
     {"0 3 6 2 5 8 1 4 7", "1 4 7 0 3 6 2 5 8", "2 5 8 1 4 7 0 3 6"}},
    {3,
     word(1, 3, 1, 0),
     72,
     72,
     72,
     {"0 2 1 3 5 4 6 8 7", "1 0 2 4 3 5 7 6 8", "2 1 0 5 4 3 8 7 6"}},
    {3,
     word(1, 3, 1, 2),
     72,
     72,
     72,
     {"0 2 1 3 5 4 6 8 7", "1 0 2 4 3 5 7 6 8", "2 1 0 5 4 3 8 7 6"}},
    {3,
     word(2, 1, 0, 0),
     72,
     104,
     72,
     {"0 1 3 4 6 7 9 10 12", "0 2 3 5 6 8 9 11 12", "1 2 4 5 7 8 10 11"}},
    {3,
     word(3, 1, 0, 0),
     72,
     72,
     72,
     {"0 1 2 3 4 5 6 7 8", "0 1 2 3 4 5 6 7 8", "0 1 2 3 4 5 6 7 8"}},
    {4,
     word(1, 2, 0, 0),
     72,
     128,
     64,
     {"0 4 8 12 3 7 11 15", "1 5 9 13 0 4 8 12", "2 6 10 14 1 5 9 13", "3 7 11 15 2 6 10 14"}},
    {4,
     word(1, 2, 0, 1),
     72,
     128,
     64,
     {"0 4 8 12 1 5 9 13", "1 5 9 13 0 4 8 12", "2 6 10 14 3 7 11 15", "3 7 11 15 2 6 10 14"}},
    {4,
     word(1, 2, 0, 2),
     72,
     128,
     64,
     {"0 4 8 12 1 5 9 13", "1 5 9 13 0 4 8 12", "2 6 10 14 3 7 11 15", "3 7 11 15 2 6 10 14"}},
    {4,
     word(1, 2, 1, 0),
     72,
     128,
     64,
     {"0 3 4 7 8 11 12 15", "1 0 5 4 9 8 13 12", "2 1 6 5 10 9 14 13", "3 2 7 6 11 10 15 14"}},
    {4,
     word(1, 2, 1, 1),
     72,
     128,
     64,
     {"0 1 4 5 8 9 12 13", "1 0 5 4 9 8 13 12", "2 3 6 7 10 11 14 15", "3 2 7 6 11 10 15 14"}},
    {4,
     word(1, 2, 1, 2),
     72,
     128,
     64,
     {"0 1 4 5 8 9 12 13", "1 0 5 4 9 8 13 12", "2 3 6 7 10 11 14 15", "3 2 7 6 11 10 15 14"}},
    {4,
     word(1, 3, 0, 0),
     72,
     96,
     72,
     {"0 4 8 3 7 11 2 6 10", "1 5 9 0 4 8 3 7 11", "2 6 10 1 5 9 0 4 8", "3 7 11 2 6 10 1 5 9"}},
    {4,
     word(1, 3, 0, 2),
     72,
     96,
     72,
     {"0 4 8 3 7 11 2 6 10", "1 5 9 0 4 8 3 7 11", "2 6 10 1 5 9 0 4 8", "3 7 11 2 6 10 1 5 9"}},
    {4,
     word(1, 3, 1, 0),
     72,
     96,
     72,
     {"0 3 2 4 7 6 8 11 10", "1 0 3 5 4 7 9 8 11", "2 1 0 6 5 4 10 9 8", "3 2 1 7 6 5 11 10 9"}},
    {4,
     word(1, 3, 1, 2),
     72,
     96,
     72,
     {"0 3 2 4 7 6 8 11 10", "1 0 3 5 4 7 9 8 11", "2 1 0 6 5 4 10 9 8", "3 2 1 7 6 5 11 10 9"}},
    {4,
     word(2, 1, 0, 0),
     72,
     144,
     72,
     {"0 2 4 6 8 10 12 14 16", "0 2 4 6 8 10 12 14 16", "1 3 5 7 9 11 13 15 17",
      "1 3 5 7 9 11 13 15 17"}},
    {4,
     word(2, 2, 0, 0),
     72,
     64,
     64,
     {"0 2 4 6 1 3 5 7", "0 2 4 6 1 3 5 7", "1 3 5 7 0 2 4 6", "1 3 5 7 0 2 4 6"}},
    {4,
     word(2, 2, 0, 2),
     72,
     64,
     64,
     {"0 2 4 6 1 3 5 7", "0 2 4 6 1 3 5 7", "1 3 5 7 0 2 4 6", "1 3 5 7 0 2 4 6"}},
    {4,
     word(2, 2, 1, 0),
     72,
     64,
     64,
     {"0 1 2 3 4 5 6 7", "0 1 2 3 4 5 6 7", "1 0 3 2 5 4 7 6", "1 0 3 2 5 4 7 6"}},
    {4,
     word(2, 2, 1, 2),
     72,
     64,
     64,
     {"0 1 2 3 4 5 6 7", "0 1 2 3 4 5 6 7", "1 0 3 2 5 4 7 6", "1 0 3 2 5 4 7 6"}},
    {4,
     word(3, 1, 0, 0),
     72,
     96,
     72,
     {"0 1 2 4 5 6 8 9 10", "0 1 3 4 5 7 8 9 11", "0 2 3 4 6 7 8 10 11", "1 2 3 5 6 7 9 10 11"}},
    {5,
     word(1, 2, 0, 0),
     72,
     160,
     64,
     {"0 5 10 15 4 9 14 19", "1 6 11 16 0 5 10 15", "2 7 12 17 1 6 11 16", "3 8 13 18 2 7 12 17",
      "4 9 14 19 3 8 13 18"}},
    {5,
     word(1, 2, 1, 0),
     72,
     160,
     64,
     {"0 4 5 9 10 14 15 19", "1 0 6 5 11 10 16 15", "2 1 7 6 12 11 17 16", "3 2 8 7 13 12 18 17",
      "4 3 9 8 14 13 19 18"}},
    {5,
     word(1, 3, 0, 0),
     72,
     120,
     72,
     {"0 5 10 4 9 14 3 8 13", "1 6 11 0 5 10 4 9 14", "2 7 12 1 6 11 0 5 10",
      "3 8 13 2 7 12 1 6 11", "4 9 14 3 8 13 2 7 12"}},
    {5,
     word(1, 3, 1, 0),
     72,
     120,
     72,
     {"0 4 3 5 9 8 10 14 13", "1 0 4 6 5 9 11 10 14", "2 1 0 7 6 5 12 11 10",
      "3 2 1 8 7 6 13 12 11", "4 3 2 9 8 7 14 13 12"}},
    {5,
     word(2, 1, 0, 0),
     72,
     176,
     72,
     {"0 2 5 7 10 12 15 17 20", "0 3 5 8 10 13 15 18 20", "1 3 6 8 11 13 16 18 21",
      "1 4 6 9 11 14 16 19 21", "2 4 7 9 12 14 17 19"}},
    {5,
     word(2, 2, 0, 0),
     72,
     80,
     64,
     {"0 2 5 7 1 4 6 9", "0 3 5 8 2 4 7 9", "1 3 6 8 0 2 5 7", "1 4 6 9 0 3 5 8",
      "2 4 7 9 1 3 6 8"}},
    {5,
     word(3, 1, 0, 0),
     72,
     120,
     72,
     {"0 1 3 5 6 8 10 11 13", "0 2 3 5 7 8 10 12 13", "0 2 4 5 7 9 10 12 14",
      "1 2 4 6 7 9 11 12 14", "1 3 4 6 8 9 11 13 14"}},
    {6,
     word(1, 2, 0, 2),
     72,
     192,
     64,
     {"0 6 12 18 1 7 13 19", "1 7 13 19 0 6 12 18", "2 8 14 20 3 9 15 21", "3 9 15 21 2 8 14 20",
      "4 10 16 22 5 11 17 23", "5 11 17 23 4 10 16 22"}},
    {6,
     word(1, 2, 1, 2),
     72,
     192,
     64,
     {"0 1 6 7 12 13 18 19", "1 0 7 6 13 12 19 18", "2 3 8 9 14 15 20 21", "3 2 9 8 15 14 21 20",
      "4 5 10 11 16 17 22 23", "5 4 11 10 17 16 23 22"}},
    {6,
     word(1, 3, 0, 2),
     72,
     144,
     72,
     {"0 6 12 2 8 14 1 7 13", "1 7 13 0 6 12 2 8 14", "2 8 14 1 7 13 0 6 12",
      "3 9 15 5 11 17 4 10 16", "4 10 16 3 9 15 5 11 17", "5 11 17 4 10 16 3 9 15"}},
    {6,
     word(1, 3, 1, 2),
     72,
     144,
     72,
     {"0 2 1 6 8 7 12 14 13", "1 0 2 7 6 8 13 12 14", "2 1 0 8 7 6 14 13 12",
      "3 5 4 9 11 10 15 17 16", "4 3 5 10 9 11 16 15 17", "5 4 3 11 10 9 17 16 15"}},
    {6,
     word(2, 2, 0, 2),
     72,
     96,
     64,
     {"0 3 6 9 2 5 8 11", "0 3 6 9 2 5 8 11", "1 4 7 10 0 3 6 9", "1 4 7 10 0 3 6 9",
      "2 5 8 11 1 4 7 10", "2 5 8 11 1 4 7 10"}},
    {6,
     word(2, 2, 1, 2),
     72,
     96,
     64,
     {"0 2 3 5 6 8 9 11", "0 2 3 5 6 8 9 11", "1 0 4 3 7 6 10 9", "1 0 4 3 7 6 10 9",
      "2 1 5 4 8 7 11 10", "2 1 5 4 8 7 11 10"}},
    {6,
     word(2, 3, 0, 2),
     72,
     72,
     72,
     {"0 3 6 2 5 8 1 4 7", "0 3 6 2 5 8 1 4 7", "1 4 7 0 3 6 2 5 8", "1 4 7 0 3 6 2 5 8",
      "2 5 8 1 4 7 0 3 6", "2 5 8 1 4 7 0 3 6"}},
    {6,
     word(2, 3, 1, 2),
     72,
     72,
     72,
     {"0 2 1 3 5 4 6 8 7", "0 2 1 3 5 4 6 8 7", "1 0 2 4 3 5 7 6 8", "1 0 2 4 3 5 7 6 8",
      "2 1 0 5 4 3 8 7 6", "2 1 0 5 4 3 8 7 6"}},
    {6,
     word(3, 2, 0, 2),
     72,
     64,
     64,
     {"0 2 4 6 1 3 5 7", "0 2 4 6 1 3 5 7", "0 2 4 6 1 3 5 7", "1 3 5 7 0 2 4 6", "1 3 5 7 0 2 4 6",
      "1 3 5 7 0 2 4 6"}},
    {6,
     word(3, 2, 1, 2),
     72,
     64,
     64,
     {"0 1 2 3 4 5 6 7", "0 1 2 3 4 5 6 7", "0 1 2 3 4 5 6 7", "1 0 3 2 5 4 7 6", "1 0 3 2 5 4 7 6",
      "1 0 3 2 5 4 7 6"}},
    {7,
     word(2, 2, 0, 2),
     72,
     112,
     64,
     {"0 3 7 10 2 6 9 13", "0 4 7 11 3 6 10 13", "1 4 8 11 0 3 7 10", "1 5 8 12 0 4 7 11",
      "2 5 9 12 1 4 8 11", "2 6 9 13 1 5 8 12", "3 6 10 13 2 5 9 12"}},
    {7,
     word(1, 3, 0, 2),
     72,
     168,
     72,
     {"0 7 14 2 9 16 1 8 15", "1 8 15 0 7 14 2 9 16", "2 9 16 1 8 15 0 7 14",
      "3 10 17 6 13 20 5 12 19", "4 11 18 3 10 17 6 13 20", "5 12 19 4 11 18 3 10 17",
      "6 13 20 5 12 19 4 11 18"}},
    {4,
     word(2, 1, 0, 0),
     76,
     144,
     72,
     {"0 2 4 6 8 10 12 14 16", "0 2 4 6 8 10 12 14 16", "1 3 5 7 9 11 13 15 17",
      "1 3 5 7 9 11 13 15 17"}},
    {3,
     word(2, 1, 0, 0),
     76,
     104,
     72,
     {"0 1 3 4 6 7 9 10 12", "0 2 3 5 6 8 9 11 12", "1 2 4 5 7 8 10 11"}},
    {3,
     word(1, 2, 0, 0),
     76,
     96,
     64,
     {"0 3 6 9 2 5 8 11", "1 4 7 10 0 3 6 9", "2 5 8 11 1 4 7 10"}},
    {3,
     word(1, 2, 1, 0),
     76,
     96,
     64,
     {"0 2 3 5 6 8 9 11", "1 0 4 3 7 6 10 9", "2 1 5 4 8 7 11 10"}},
    {5,
     word(2, 1, 0, 0),
     66,
     160,
     64,
     {"0 2 5 7 10 12 15 17", "0 3 5 8 10 13 15 18", "1 3 6 8 11 13 16 18", "1 4 6 9 11 14 16 19",
      "2 4 7 9 12 14 17 19"}},
    {4,
     word(1, 2, 0, 0),
     94,
     160,
     80,
     {"0 4 8 12 16 3 7 11 15 19", "1 5 9 13 17 0 4 8 12 16", "2 6 10 14 18 1 5 9 13 17",
      "3 7 11 15 19 2 6 10 14 18"}},
    {4,
     word(1, 2, 1, 0),
     94,
     160,
     80,
     {"0 3 4 7 8 11 12 15 16 19", "1 0 5 4 9 8 13 12 17 16", "2 1 6 5 10 9 14 13 18 17",
      "3 2 7 6 11 10 15 14 19 18"}},
    {3, word(2, 1, 0, 0), 10, 8, 8, {"0", "0", ""}},
};

}  // namespace

TEST_CASE("raid10: chunks are where md puts them") {
  for (const Seen& seen : kSeen) {
    const Map m(seen.disks, seen.layout, seen.member_sectors);
    CAPTURE(seen.disks);
    CAPTURE(seen.layout);
    CAPTURE(seen.member_sectors);
    REQUIRE(m.result == 0);
    CHECK(mdx_raid10_sectors(&m.map) == seen.array_sectors);
    CHECK(mdx_raid10_dev_sectors(&m.map) == seen.used_sectors);
    REQUIRE(seen.rows.size() == seen.disks);
    for (__u32 slot = 0; slot < seen.disks; slot++) CHECK(rows(m, slot) == seen.rows[slot]);
  }
}

TEST_CASE("raid10: the way back ends where it began, and copies are on different slots") {
  each_layout([](__u32 disks, __u32 layout) {
    for (__u64 dev_sectors : {8 * 12, 8 * 13, 8 * 17 + 5}) {
      const Map m(disks, layout, dev_sectors);
      CAPTURE(disks);
      CAPTURE(layout);
      REQUIRE(m.result == 0);
      std::set<std::pair<__u32, __u64>> taken;
      for (__u64 sector = 0; sector < mdx_raid10_sectors(&m.map); sector += 3) {
        __u32 left = 0;
        const auto places = m.places(sector, &left);
        REQUIRE(left == kChunk - sector % kChunk);
        std::set<__u32> slots;
        for (const auto& p : places) {
          REQUIRE(p.slot < disks);
          REQUIRE(p.sector < dev_sectors);
          REQUIRE(slots.insert(p.slot).second);
          REQUIRE(taken.emplace(p.slot, p.sector).second);
          REQUIRE(mdx_raid10_unmap(&m.map, p.slot, p.sector) == sector);
        }
      }
    }
  });
}

TEST_CASE("raid10: what unmap finds on a member map puts there, and no copy is missed") {
  each_layout([](__u32 disks, __u32 layout) {
    const __u64 dev_sectors = 8 * 13;
    const Map m(disks, layout, dev_sectors);
    __u64 found = 0;
    for (__u32 slot = 0; slot < disks; slot++)
      for (__u64 sector = 0; sector < dev_sectors; sector++) {
        const __u64 at = mdx_raid10_unmap(&m.map, slot, sector);
        if (at == MDX_SECTOR_NONE) continue;
        bool there = false;
        for (const auto& p : m.places(at)) there |= p.slot == slot && p.sector == sector;
        REQUIRE(there);
        found++;
      }
    REQUIRE(found == mdx_raid10_sectors(&m.map) * m.map.copies);
  });
}

TEST_CASE("raid10: the rows of a range hold all of its copies") {
  each_layout([](__u32 disks, __u32 layout) {
    const Map m(disks, layout, 8 * 13);
    const __u64 end = mdx_raid10_sectors(&m.map);
    const __u32 each = m.map.offset ? m.map.far : 1;
    bool hold = true, whole = true;
    for (__u64 start = 0; start < end; start += 5)
      for (__u64 stop = start + 1; stop <= end; stop += 11) {
        mdx_raid10_rows r{};
        mdx_raid10_rows_of(&m.map, start, stop, &r);
        for (__u64 sector = start; sector < stop; sector += 7)
          for (const auto& p : m.places(sector)) {
            __u64 row = p.sector / kChunk;
            if (!m.map.offset) row %= m.map.stride;
            hold &= row >= r.first * each && row < (r.last + 1) * each;
          }
        // What lies between the straddling ends is in it whole.
        for (__u64 row = r.first + 2; row + 2 <= r.last; row++)
          for (__u32 slot = 0; slot < disks; slot++) {
            const __u64 at = mdx_raid10_unmap(&m.map, slot, row * each * kChunk);
            whole &= at >= start && at + kChunk <= stop;
          }
      }
    CAPTURE(disks);
    CAPTURE(layout);
    CHECK(hold);
    CHECK(whole);
  });
}

TEST_CASE("raid10: enough members are those that have a copy of every chunk") {
  each_layout([](__u32 disks, __u32 layout) {
    const Map m(disks, layout, 8 * 40);
    for (__u64 slots = 0; slots < 1ull << disks; slots++) {
      bool all = true, twins = false;
      for (__u64 sector = 0; sector < mdx_raid10_sectors(&m.map); sector += kChunk) {
        __u32 n = 0;
        for (const auto& p : m.places(sector)) n += slots >> p.slot & 1;
        all &= n >= 1;
        twins |= n > 1;
      }
      REQUIRE(mdx_raid10_has_copies(&m.map, slots, 1) == all);
      REQUIRE(mdx_raid10_has_twins(&m.map, slots) == twins);
    }
  });
}

TEST_CASE("raid10: refused are those layouts whose copies share a member or a place") {
  // Of those md does otherwise where near copies straddle rows, none is used: its copies of two
  // chunks are in one place.
  std::set<std::pair<__u32, __u32>> refused;
  each_word([&](__u32 disks, __u32 layout) {
    if (Map(disks, layout, 800).result == -EDOM) refused.emplace(disks, layout);
  });
  for (const auto& [disks, layout] : refused) {
    const __u32 near = MDX_RAID10_NEAR(layout), far = MDX_RAID10_FAR(layout);
    CAPTURE(disks);
    CAPTURE(layout);
    const bool straddles = near > 1 && disks % near && MDX_RAID10_OFFSET(layout);
    const bool wide = MDX_RAID10_SETS(layout) == MDX_RAID10_SETS_WIDE;
    CHECK((straddles || (wide && (disks / far < near * far || disks % near))));
  }
  CHECK(refused.count({5, word(2, 2, 1)}));
  CHECK(refused.count({2, word(1, 2, 0, 1)}));
  CHECK(refused.count({3, word(1, 2, 0, 1)}));
  CHECK_FALSE(refused.count({4, word(1, 2, 0, 1)}));
  CHECK_FALSE(refused.count({5, word(2, 2)}));
}

TEST_CASE("raid10: what cannot be") {
  CHECK(Map(4, word(1, 1), 800).result == -EINVAL);
  CHECK(Map(4, word(0, 1), 800).result == -EINVAL);
  CHECK(Map(4, word(1, 0), 800).result == -EINVAL);
  CHECK(Map(3, word(2, 2), 800).result == -EINVAL);
  CHECK(Map(4, word(2, 1) | 1u << 19, 800).result == -EINVAL);
  CHECK(Map(4, word(1, 2, 0, 3), 800).result == -EINVAL);
  CHECK(Map(4, word(2, 1), 800, 24).result == -EINVAL);
  CHECK(Map(4, word(2, 1), 800, 0).result == -EINVAL);
  CHECK(Map(65, word(2, 1), 800).result == -E2BIG);
  CHECK(Map(20, word(17, 1), 800).result == -E2BIG);
  CHECK(Map(4, word(1, 2), 15).result == -ENOSPC);
  CHECK(Map(4, word(1, 2), 16).result == 0);
}

TEST_CASE("raid10: members as large as sectors can count") {
  const Map m(64, word(1, 2), ~0ull >> 8, 0x200000);
  REQUIRE(m.result == 0);
  const __u64 last = mdx_raid10_sectors(&m.map) - 1;
  for (const auto& p : m.places(last)) CHECK(mdx_raid10_unmap(&m.map, p.slot, p.sector) == last);
}
