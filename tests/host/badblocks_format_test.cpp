// SPDX-License-Identifier: GPL-2.0-only
// Bad-block lists against a plain array of sectors, and their logs.
#include "badblocks_format.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace {

enum class Mark : std::uint8_t { good, fresh, acked };

class List {
 public:
  explicit List(std::uint32_t shift = 0, std::uint32_t words = MDX_BAD_RANGES) {
    list.range = memory_.data();
    list.scratch = memory_.data() + MDX_BAD_RANGES;
    list.words = words;
    list.shift = shift;
  }

  bool add(std::uint64_t sector, std::uint64_t sectors, bool acked = false) {
    return mdx_bad_list_add(&list, sector, sectors, acked);
  }
  bool remove(std::uint64_t sector, std::uint64_t sectors) {
    return mdx_bad_list_remove(&list, sector, sectors);
  }
  bool bad(std::uint64_t sector, std::uint64_t sectors) const {
    mdx_bad_hit hit{};
    return mdx_bad_list_find(&list, sector, sectors, &hit);
  }

  mdx_bad_list list{};

 private:
  std::vector<mdx_bad_range> memory_{2 * MDX_BAD_RANGES};
};

using Log = std::array<std::uint8_t, MDX_BAD_LOG_BYTES>;

std::uint64_t word(const Log& log, unsigned index) {
  std::uint64_t value = 0;
  for (unsigned i = 8; i-- > 0;) value = value << 8 | log[index * 8 + i];
  return value;
}

void set_word(Log& log, unsigned index, std::uint64_t value) {
  for (unsigned i = 0; i < 8; i++) log[index * 8 + i] = value >> 8 * i & 0xff;
}

Log encode(const List& l) {
  Log log{};
  mdx_bad_log_encode(&l.list, log.data());
  return log;
}

void check_order(const List& l) {
  for (std::uint32_t i = 0; i < l.list.n; i++) {
    const auto& r = l.list.range[i];
    CHECK(r.blocks > 0);
    if (!i) continue;
    const auto& before = l.list.range[i - 1];
    CHECK(before.start + before.blocks <= r.start);
    CHECK((before.start + before.blocks < r.start || before.acked != r.acked));
  }
}

// What the list says of every sector, found by walking it from hit to hit.
std::vector<Mark> marks(const List& l, std::uint64_t sectors) {
  std::vector<Mark> out(sectors, Mark::good);
  std::uint64_t at = 0;
  mdx_bad_hit hit{};
  while (at < sectors && mdx_bad_list_find(&l.list, at, sectors - at, &hit)) {
    REQUIRE(hit.sector >= at);
    REQUIRE(hit.sectors > 0);
    REQUIRE(hit.sector + hit.sectors <= sectors);
    for (auto s = hit.sector; s < hit.sector + hit.sectors; s++)
      out[s] = hit.acked ? Mark::acked : Mark::fresh;
    at = hit.sector + hit.sectors;
  }
  return out;
}

}  // namespace

TEST_CASE("an empty list has nothing, and its log is all ones") {
  List l;
  CHECK_FALSE(l.bad(0, 1));
  CHECK_FALSE(l.bad(0, ~std::uint64_t{0} >> 1));
  for (const auto byte : encode(l)) CHECK(byte == 0xff);
}

TEST_CASE("what is added is found, from its first sector to its last") {
  List l;
  CHECK(l.add(100, 8));
  CHECK_FALSE(l.bad(0, 100));
  CHECK(l.bad(0, 101));
  CHECK(l.bad(107, 1));
  CHECK_FALSE(l.bad(108, 1000));
  mdx_bad_hit hit{};
  CHECK(mdx_bad_list_find(&l.list, 104, 100, &hit));
  CHECK(hit.sector == 104);
  CHECK(hit.sectors == 4);
  CHECK_FALSE(hit.acked);
}

TEST_CASE("what is acknowledged stays so when it is added again") {
  List l;
  CHECK(l.add(8, 8, true));
  CHECK(l.add(0, 32));
  mdx_bad_hit hit{};
  CHECK(mdx_bad_list_find(&l.list, 8, 8, &hit));
  CHECK(hit.acked);
  CHECK(hit.sectors == 8);
  CHECK(mdx_bad_list_unacked(&l.list));
  mdx_bad_list_ack(&l.list);
  CHECK_FALSE(mdx_bad_list_unacked(&l.list));
  CHECK(l.list.n == 1);
}

TEST_CASE("with a shift bad goes outward and good inward") {
  List l(3);
  CHECK(l.add(9, 1));
  CHECK(l.bad(8, 1));
  CHECK(l.bad(15, 1));
  CHECK_FALSE(l.bad(16, 8));
  CHECK(l.remove(8, 7));
  CHECK(l.bad(8, 1));
  CHECK(l.remove(7, 10));
  CHECK_FALSE(l.bad(8, 8));
}

TEST_CASE("any sequence of changes says the same as an array of sectors") {
  std::mt19937 random(4711);
  constexpr std::uint64_t kSectors = 4096;
  for (int round = 0; round < 40; round++) {
    List l;
    std::vector<Mark> model(kSectors, Mark::good);
    for (int step = 0; step < 120; step++) {
      const std::uint64_t at = random() % kSectors;
      const std::uint64_t n = 1 + random() % (random() % 8 ? 24 : kSectors - at);
      const auto end = std::min(at + n, kSectors);
      const auto kind = random() % 8;
      if (kind == 7) {
        mdx_bad_list_ack(&l.list);
        for (auto& m : model)
          if (m != Mark::good) m = Mark::acked;
      } else if (kind >= 4) {
        REQUIRE(l.remove(at, end - at));
        std::fill(model.begin() + at, model.begin() + end, Mark::good);
      } else {
        const bool acked = kind == 3;
        REQUIRE(l.add(at, end - at, acked));
        for (auto s = at; s < end; s++)
          if (acked || model[s] == Mark::good) model[s] = acked ? Mark::acked : Mark::fresh;
      }
    }
    CHECK(marks(l, kSectors) == model);
    check_order(l);

    List again;
    REQUIRE(mdx_bad_log_decode(&again.list, encode(l).data(), kSectors));
    mdx_bad_list_ack(&l.list);
    CHECK(marks(again, kSectors) == marks(l, kSectors));
    CHECK(encode(again) == encode(l));
  }
}

TEST_CASE("a full log takes nothing more and loses nothing") {
  List l;
  for (std::uint64_t i = 0; i < MDX_BAD_RANGES; i++) REQUIRE(l.add(i * 16, 8, true));
  const auto before = encode(l);
  CHECK_FALSE(l.add(100000, 8));
  CHECK_FALSE(l.add(16 * MDX_BAD_RANGES, 1));
  // A hole in the middle is one range more.
  CHECK_FALSE(l.remove(2, 2));
  CHECK(encode(l) == before);
  CHECK(word(before, MDX_BAD_RANGES - 1) == (std::uint64_t{16 * (MDX_BAD_RANGES - 1)} << 10 | 8));
  // What joins two is one less.
  CHECK(l.add(8, 8, true));
  CHECK(l.add(100000, 8));
}

TEST_CASE("a long range takes as many words as md's lists would") {
  List l(0, 4);
  CHECK(l.add(1000, 4 * 512));
  const auto log = encode(l);
  for (unsigned i = 0; i < 4; i++)
    CHECK(word(log, i) == ((1000 + std::uint64_t{i} * 512) << 10 | 512));
  CHECK_FALSE(l.add(1000 + 4 * 512, 1));
  CHECK_FALSE(l.add(0, 1));
}

TEST_CASE("a log smaller than a page keeps to its words") {
  List l(0, 64);
  for (std::uint64_t i = 0; i < 64; i++) REQUIRE(l.add(i * 2, 1));
  CHECK_FALSE(l.add(1000, 1));
  Log log{};
  mdx_bad_log_encode(&l.list, log.data());
  for (unsigned i = 64 * 8; i < log.size(); i++) CHECK(log[i] == 0);
}

TEST_CASE("decoding: overlaps, disorder, empty words, the end, and beyond the device") {
  Log log;
  log.fill(0xff);
  set_word(log, 0, std::uint64_t{500} << 10 | 100);
  set_word(log, 1, std::uint64_t{100} << 10 | 8);
  set_word(log, 2, std::uint64_t{550} << 10 | 100);
  set_word(log, 3, std::uint64_t{300} << 10);
  set_word(log, 4, std::uint64_t{990} << 10 | 20);
  set_word(log, 5, (std::uint64_t{1} << 63) | 1023);
  set_word(log, 7, std::uint64_t{200} << 10 | 8);
  List l;
  REQUIRE(mdx_bad_log_decode(&l.list, log.data(), 1000));
  REQUIRE(l.list.n == 3);
  CHECK(l.list.range[0].start == 100);
  CHECK(l.list.range[1].start == 500);
  CHECK(l.list.range[1].blocks == 150);
  CHECK(l.list.range[2].start == 990);
  CHECK(l.list.range[2].blocks == 10);
  CHECK_FALSE(mdx_bad_list_unacked(&l.list));
}

TEST_CASE("decoding: more than a log of md's has room for") {
  Log log;
  // Read they are 1023 blocks each, and written they would be 512 at most.
  for (unsigned i = 0; i < MDX_BAD_RANGES; i++)
    set_word(log, i, std::uint64_t{i} * 2000 << 10 | 1023);
  List l;
  CHECK_FALSE(mdx_bad_log_decode(&l.list, log.data(), std::uint64_t{1} << 40));
}

TEST_CASE("a shift of 31 and the largest word overflow nothing") {
  Log log;
  log.fill(0xff);
  set_word(log, 0, ~std::uint64_t{0} - 1);
  List l(31);
  const auto most = ~std::uint64_t{0} >> 1;
  REQUIRE(mdx_bad_log_decode(&l.list, log.data(), most));
  CHECK(l.list.n == 0);
  CHECK(l.add(most - 10, 10));
  CHECK(l.bad(most - 1, 1));
  CHECK_FALSE(List().add(~std::uint64_t{0} - 20, 10));
}
