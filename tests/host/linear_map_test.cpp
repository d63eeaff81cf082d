// SPDX-License-Identifier: GPL-2.0-only
// Linear geometry against counting.
#include "linear_map.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <random>
#include <vector>

namespace {

using Sectors = std::vector<__u64>;

struct Map {
  mdx_linear_map map{};
  std::vector<__u64> ends;
  int result = 0;

  Map(const Sectors& sectors, __u32 chunk) : ends(sectors.size()) {
    map.end = ends.data();
    result = mdx_linear_map_init(&map, static_cast<__u32>(sectors.size()), sectors.data(), chunk);
  }
};

void check_by_counting(const Sectors& sectors, __u32 chunk) {
  const Map made(sectors, chunk);
  REQUIRE(made.result == 0);
  __u64 sector = 0;
  for (std::size_t i = 0; i < sectors.size(); i++) {
    const __u64 used = chunk ? sectors[i] / chunk * chunk : sectors[i];
    for (__u64 at = 0; at < used; at++, sector++) {
      __u32 slot = ~0u;
      __u64 dev_sector = ~__u64{0};
      REQUIRE(mdx_linear_map_sector(&made.map, sector, &slot, &dev_sector) == used - at);
      REQUIRE(slot == i);
      REQUIRE(dev_sector == at);
    }
  }
  CHECK(made.map.array_sectors == sector);
}

}  // namespace

TEST_CASE("every sector of linear arrays lies where counting puts it") {
  std::mt19937_64 rng(7);
  for (int round = 0; round < 300; round++) {
    CAPTURE(round);
    const __u32 chunk = static_cast<__u32>(rng() % 3 ? rng() % 9 : 0);
    Sectors sectors(rng() % 17 + 1);
    for (auto& s : sectors) s = chunk + 1 + rng() % 50;
    check_by_counting(sectors, chunk);
  }
}

TEST_CASE("linear refuses what is no array") {
  CHECK(Map({}, 0).result == -EINVAL);
  CHECK(Map({10, 0, 10}, 0).result == -EINVAL);
  CHECK(Map({10, 7, 10}, 8).result == -EINVAL);
  CHECK(Map({~__u64{0}, 1}, 0).result == -EINVAL);
  CHECK(Map({~__u64{0} - 1, 1}, 0).result == 0);
}
