// SPDX-License-Identifier: GPL-2.0-only
// Read balancing of levels with copies: streams that stay, costs that order members.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "mirror_balance.h"

namespace {

mdx_mirror_candidate solid_state(std::uint32_t load, std::uint32_t turn = 0) {
  mdx_mirror_candidate c{};
  c.load = load;
  c.turn = turn;
  return c;
}

mdx_mirror_candidate disk(std::uint64_t distance, std::uint32_t load = 0, std::uint32_t turn = 0) {
  mdx_mirror_candidate c{};
  c.rotational = true;
  c.distance = distance;
  c.load = load;
  c.turn = turn;
  return c;
}

mdx_mirror_candidate write_mostly(mdx_mirror_candidate c) {
  c.write_mostly = true;
  return c;
}

// Index of the cheapest, as the driver picks it: first of equals.
std::size_t pick(std::vector<mdx_mirror_candidate> members) {
  std::uint32_t floor = ~0u;
  for (const auto& m : members) floor = std::min(floor, m.load);
  std::size_t best = 0;
  for (std::size_t i = 0; i < members.size(); i++) {
    members[i].load_floor = floor;
    if (mdx_mirror_cost(&members[i]) < mdx_mirror_cost(&members[best])) best = i;
  }
  return best;
}

mdx_mirror_streams no_streams() {
  mdx_mirror_streams s;
  mdx_mirror_streams_init(&s);
  return s;
}

// One read as the driver does it: continue a stream or start one on @slot. True: continued.
bool read_at(mdx_mirror_streams& s, std::uint64_t sector, std::uint64_t sectors,
             std::uint32_t slot) {
  const int i = mdx_mirror_stream_find(&s, sector);
  if (i >= 0) {
    mdx_mirror_stream_advance(&s, static_cast<unsigned>(i), sector + sectors);
    return true;
  }
  mdx_mirror_stream_start(&s, sector + sectors, slot);
  return false;
}

}  // namespace

TEST_CASE("solid-state members: the fewest reads in flight win, then whose turn it is") {
  CHECK(pick({solid_state(3), solid_state(2)}) == 1);
  CHECK(pick({solid_state(2), solid_state(3)}) == 0);
  CHECK(pick({solid_state(5, 1), solid_state(5, 0)}) == 1);
  CHECK(pick({solid_state(5, 0), solid_state(5, 1)}) == 0);
  CHECK(pick({solid_state(1, 255), solid_state(2, 0)}) == 0);
  CHECK(pick({solid_state(~0u), solid_state(~0u - 1)}) == 1);
}

TEST_CASE("rotational members: the nearest head wins, whatever the load up to a point") {
  CHECK(pick({disk(1000), disk(999)}) == 1);
  CHECK(pick({disk(10, MDX_MIRROR_BUSY), disk(1u << 30, 0)}) == 0);
  CHECK(pick({disk(10, MDX_MIRROR_BUSY + 1), disk(1u << 30, 0)}) == 1);
  CHECK(pick({disk(10, 100), disk(9, 100 - MDX_MIRROR_BUSY)}) == 1);
  CHECK(pick({disk(7, 0, 1), disk(7, 0, 0)}) == 1);
}

TEST_CASE("distances of any size keep their order below every stronger rule") {
  CHECK(pick({disk(~0ull), disk(1ull << 40)}) == 1);
  CHECK(pick({disk(~0ull), solid_state(~0u)}) == 1);
  CHECK(pick({disk(~0ull), write_mostly(disk(0))}) == 0);
  CHECK(pick({disk(~0ull, 0), disk(0, MDX_MIRROR_BUSY + 1)}) == 0);
}

TEST_CASE("solid-state goes before rotational, write-mostly comes last") {
  CHECK(pick({disk(0), solid_state(1000)}) == 1);
  CHECK(pick({write_mostly(solid_state(0)), disk(1u << 30, 1000)}) == 1);
  CHECK(pick({write_mostly(disk(0)), write_mostly(solid_state(9))}) == 1);
}

TEST_CASE("loads and turns cannot spill into each other") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; i++) {
    mdx_mirror_candidate a{}, b{};
    a.rotational = b.rotational = random() & 1;
    a.load = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    b.load = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    a.load_floor = b.load_floor = std::min(a.load, b.load);
    a.distance = random() >> (12 + random() % 52);
    b.distance = random() >> (12 + random() % 52);
    a.turn = random() % 256;
    b.turn = random() % 256;
    const bool a_busy = a.rotational && a.load - a.load_floor > MDX_MIRROR_BUSY;
    const bool b_busy = b.rotational && b.load - b.load_floor > MDX_MIRROR_BUSY;
    const std::uint64_t wa = a.rotational ? a.distance : a.load;
    const std::uint64_t wb = b.rotational ? b.distance : b.load;
    bool less = a.turn < b.turn;
    if (wa != wb) less = wa < wb;
    if (a_busy != b_busy) less = b_busy;
    CHECK((mdx_mirror_cost(&a) < mdx_mirror_cost(&b)) == less);
  }
}

TEST_CASE("a fresh table knows no stream, not even at sector 0") {
  const auto s = no_streams();
  for (std::uint64_t sector : {0ull, 8ull, 1ull << 40})
    CHECK(mdx_mirror_stream_find(&s, sector) == -1);
}

TEST_CASE("a stream stays on its member") {
  auto s = no_streams();
  CHECK(!read_at(s, 0, 8, 1));
  for (std::uint64_t sector = 8; sector < 8000; sector += 8) {
    const int i = mdx_mirror_stream_find(&s, sector);
    REQUIRE(i >= 0);
    CHECK(s.entry[i].slot == 1);
    CHECK(read_at(s, sector, 8, 0));
  }
}

TEST_CASE("random reads do not push out a stream that has been continued") {
  auto s = no_streams();
  std::mt19937_64 random(2);
  read_at(s, 0, 8, 1);
  CHECK(read_at(s, 8, 8, 0));
  for (std::uint64_t sector = 16; sector < 1600; sector += 8) {
    for (int i = 0; i < 64; i++) read_at(s, (1ull << 32) + (random() % (1u << 30)) * 8, 8, 0);
    CHECK(read_at(s, sector, 8, 0));
  }
}

TEST_CASE("as many interleaved streams as there are kept entries stay, each on its own member") {
  auto s = no_streams();
  const std::uint64_t apart = 1ull << 30;
  for (std::uint32_t k = 0; k < MDX_MIRROR_STREAMS_KEPT; k++) {
    read_at(s, k * apart, 128, k);
    CHECK(read_at(s, k * apart + 128, 128, 99));
  }
  for (std::uint64_t step = 2; step < 100; step++) {
    for (std::uint32_t k = 0; k < MDX_MIRROR_STREAMS_KEPT; k++) {
      const int i = mdx_mirror_stream_find(&s, k * apart + step * 128);
      REQUIRE(i >= 0);
      CHECK(s.entry[i].slot == k);
      CHECK(read_at(s, k * apart + step * 128, 128, 99));
    }
  }
}

TEST_CASE("more streams than entries: none is invented, and the table stays sound") {
  auto s = no_streams();
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> next(16);
  for (std::size_t k = 0; k < next.size(); k++) next[k] = k << 32;
  for (int i = 0; i < 100000; i++) {
    auto& at = next[random() % next.size()];
    const int found = mdx_mirror_stream_find(&s, at);
    if (found >= 0) {
      REQUIRE(found < static_cast<int>(MDX_MIRROR_STREAMS));
      CHECK(s.entry[found].slot == at >> 32);
    }
    read_at(s, at, 8, static_cast<std::uint32_t>(at >> 32));
    at += 8;
    CHECK(s.kept_turn < MDX_MIRROR_STREAMS_KEPT);
    CHECK(s.new_turn < MDX_MIRROR_STREAMS - MDX_MIRROR_STREAMS_KEPT);
  }
}

TEST_CASE("distance is symmetric") {
  CHECK(mdx_mirror_distance(3, 10) == 7);
  CHECK(mdx_mirror_distance(10, 3) == 7);
  CHECK(mdx_mirror_distance(5, 5) == 0);
  CHECK(mdx_mirror_distance(0, ~0ull) == ~0ull);
}
