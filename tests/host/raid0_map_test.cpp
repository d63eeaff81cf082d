// SPDX-License-Identifier: GPL-2.0-only
// RAID0 geometry against a model that lays chunks out one by one.
#include "raid0_map.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace {

using Sectors = std::vector<__u64>;

// A map with the room it asks for.
struct Map {
  mdx_raid0_map map{};
  std::vector<mdx_raid0_zone> zones;
  std::vector<__u32> slots;
  int result = 0;

  Map(const Sectors& sectors, __u32 chunk, __u32 layout)
      : zones(sectors.size()), slots(sectors.size() * (sectors.size() + 1) / 2) {
    map.zone = zones.data();
    map.slots = slots.data();
    result =
        mdx_raid0_map_init(&map, static_cast<__u32>(sectors.size()), sectors.data(), chunk, layout);
  }
};

struct Place {
  std::size_t slot;
  __u64 chunk;  // of the member
};

// Where each chunk of the array goes: row by row over the members that still
// have that row. ALTERNATE starts each zone with its first member; ORIGINAL
// turns the row by the array's chunk number, which need not start at 0.
std::vector<Place> lay_out(const Sectors& sectors, __u32 chunk, __u32 layout) {
  std::vector<Place> places;
  std::size_t row_members = sectors.size();
  for (__u64 row = 0;; row++) {
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < sectors.size(); i++)
      if (sectors[i] / chunk > row) alive.push_back(i);
    if (alive.empty()) return places;
    const bool first_zone = alive.size() == row_members;
    const std::size_t turn =
        layout == MDX_RAID0_LAYOUT_ORIGINAL && !first_zone ? places.size() % alive.size() : 0;
    for (std::size_t k = 0; k < alive.size(); k++)
      places.push_back({alive[(turn + k) % alive.size()], row});
  }
}

void check_against_model(const Sectors& sectors, __u32 chunk, __u32 layout) {
  const Map made(sectors, chunk, layout);
  REQUIRE(made.result == 0);
  const auto places = lay_out(sectors, chunk, layout);
  REQUIRE(made.map.array_sectors == places.size() * chunk);

  std::vector<std::vector<bool>> used(sectors.size());
  for (std::size_t i = 0; i < sectors.size(); i++) used[i].resize(sectors[i]);
  for (__u64 sector = 0; sector < made.map.array_sectors; sector++) {
    const auto& expected = places[sector / chunk];
    __u32 slot = ~0u;
    __u64 dev_sector = ~__u64{0};
    const auto left = mdx_raid0_map_sector(&made.map, sector, &slot, &dev_sector);
    REQUIRE(slot == expected.slot);
    REQUIRE(dev_sector == expected.chunk * chunk + sector % chunk);
    REQUIRE(left == chunk - sector % chunk);
    REQUIRE(dev_sector < sectors[slot]);
    REQUIRE_FALSE(used[slot][dev_sector]);
    used[slot][dev_sector] = true;
  }
  // The other way round: every whole chunk of every member belongs to the array.
  for (std::size_t i = 0; i < sectors.size(); i++)
    for (__u64 s = 0; s < sectors[i] / chunk * chunk; s++) REQUIRE(used[i][s]);
}

void check_zones(const Sectors& sectors, __u32 chunk, __u32 layout) {
  const Map made(sectors, chunk, layout);
  REQUIRE(made.result == 0);
  REQUIRE(made.map.zones >= 1);
  REQUIRE(made.map.zones <= sectors.size());
  __u64 start = 0;
  for (__u32 z = 0; z < made.map.zones; z++) {
    const auto& zone = made.map.zone[z];
    CHECK(zone.start == start);
    CHECK(zone.end > zone.start);
    CHECK((z == 0 || zone.members < made.map.zone[z - 1].members));
    CHECK(mdx_raid0_zone_of(&made.map, zone.start) == &zone);
    CHECK(mdx_raid0_zone_of(&made.map, zone.end - 1) == &zone);
    // Gathering: one row on is the neighbour on the same member.
    for (__u64 s = zone.start; s + zone.members * chunk < zone.end; s += chunk) {
      __u32 slot_a, slot_b;
      __u64 at_a, at_b;
      mdx_raid0_map_sector(&made.map, s, &slot_a, &at_a);
      mdx_raid0_map_sector(&made.map, s + zone.members * chunk, &slot_b, &at_b);
      CHECK(slot_a == slot_b);
      CHECK(at_b == at_a + chunk);
    }
    start = zone.end;
  }
  CHECK(start == made.map.array_sectors);
}

// Every vector of member sizes from 1 to most chunks, plus a rest that is cut off.
template <typename Check>
void all_geometries(std::size_t members, __u64 most, __u32 chunk, Check check) {
  std::vector<__u64> chunks(members, 1);
  for (;;) {
    Sectors sectors;
    for (std::size_t i = 0; i < members; i++) sectors.push_back(chunks[i] * chunk + i % chunk);
    check(sectors);
    std::size_t i = 0;
    while (i < members && ++chunks[i] > most) chunks[i++] = 1;
    if (i == members) return;
  }
}

}  // namespace

TEST_CASE("all small geometries map as the model lays them out") {
  for (__u32 layout : {MDX_RAID0_LAYOUT_ORIGINAL, MDX_RAID0_LAYOUT_ALTERNATE})
    for (__u32 chunk : {1u, 3u, 8u})
      for (std::size_t members = 1; members <= 5; members++)
        all_geometries(members, members < 5 ? 4 : 3, chunk, [&](const Sectors& sectors) {
          check_against_model(sectors, chunk, layout);
        });
}

TEST_CASE("zones are ordered, whole and gatherable") {
  for (__u32 layout : {MDX_RAID0_LAYOUT_ORIGINAL, MDX_RAID0_LAYOUT_ALTERNATE})
    for (std::size_t members = 1; members <= 4; members++)
      all_geometries(members, 5, 4,
                     [&](const Sectors& sectors) { check_zones(sectors, 4, layout); });
}

TEST_CASE("random larger geometries map as the model lays them out") {
  std::mt19937_64 rng(20260101);
  for (int round = 0; round < 60; round++) {
    CAPTURE(round);
    const __u32 chunk = static_cast<__u32>(rng() % 20 + 1);
    Sectors sectors(rng() % 12 + 1);
    for (auto& s : sectors) s = chunk + rng() % 600;
    check_against_model(sectors, chunk, static_cast<__u32>(rng() % 2 + 1));
  }
}

TEST_CASE("an unset layout is refused exactly where the layouts differ") {
  all_geometries(4, 4, 2, [](const Sectors& sectors) {
    const Map unset(sectors, 2, MDX_RAID0_LAYOUT_UNSET);
    const Map original(sectors, 2, MDX_RAID0_LAYOUT_ORIGINAL);
    const bool later_stripes = original.map.zones > 1 && original.zones[1].members > 1;
    REQUIRE(unset.result == (later_stripes ? -ENOTUNIQ : 0));
    if (unset.result) return;
    for (__u32 other : {MDX_RAID0_LAYOUT_ORIGINAL, MDX_RAID0_LAYOUT_ALTERNATE}) {
      const Map chosen(sectors, 2, other);
      for (__u64 s = 0; s < unset.map.array_sectors; s++) {
        __u32 slot_a, slot_b;
        __u64 at_a, at_b;
        mdx_raid0_map_sector(&unset.map, s, &slot_a, &at_a);
        mdx_raid0_map_sector(&chosen.map, s, &slot_b, &at_b);
        REQUIRE(slot_a == slot_b);
        REQUIRE(at_a == at_b);
      }
    }
  });
}

TEST_CASE("impossible geometries are refused") {
  CHECK(Map({}, 8, 1).result == -EINVAL);
  CHECK(Map({64, 64}, 0, 1).result == -EINVAL);
  CHECK(Map({64, 7}, 8, 1).result == -EINVAL);
  CHECK(Map({64, 0}, 8, 1).result == -EINVAL);
  CHECK(Map({64, 64}, 8, 3).result == -EINVAL);
  CHECK(Map({64, 64}, 8, ~0u).result == -EINVAL);
  const __u64 half = __u64{1} << 63;
  CHECK(Map({half, half}, 8, 1).result == -EINVAL);
  CHECK(Map({half - 8, half - 8}, 8, 1).result == 0);
  CHECK(Map({8, half, half, half}, 8, 1).result == -EINVAL);
}

TEST_CASE("the largest members and chunks") {
  const __u64 big = (__u64{1} << 54) + 5;
  const __u32 chunk = 0x3fffff;
  const Map made({big, big, big / 2}, chunk, MDX_RAID0_LAYOUT_ALTERNATE);
  REQUIRE(made.result == 0);
  __u32 slot;
  __u64 at;
  const auto last = made.map.array_sectors - 1;
  CHECK(mdx_raid0_map_sector(&made.map, last, &slot, &at) == 1);
  CHECK(slot == 1);
  CHECK(at == big / chunk * chunk - 1);
}

TEST_CASE("the size is md's, which clears bits of chunks that are no powers of two") {
  // As the kernel's md made it of these members, Linux 6.1.
  const std::vector<__u64> sectors{3208, 8806, 18669};
  CHECK(mdx_raid0_capacity(3, sectors.data(), 24) == 30576);
  CHECK(mdx_raid0_capacity(3, sectors.data(), 8) == 30672);
  CHECK(mdx_raid0_capacity(3, sectors.data(), 2048) == 28672);
  for (__u32 chunk = 1; chunk < 300; chunk++) {
    const Map made(sectors, chunk, MDX_RAID0_LAYOUT_ALTERNATE);
    const auto capacity = mdx_raid0_capacity(3, sectors.data(), chunk);
    CAPTURE(chunk);
    CHECK(capacity <= made.map.array_sectors);
    CHECK((capacity == made.map.array_sectors || (chunk & (chunk - 1))));
  }
}
