// SPDX-License-Identifier: GPL-2.0-only
// Who may join: tables of members and verdicts.
#include "assemble_plan.h"

#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "super_samples.hpp"

using namespace mdx_test;

namespace {

// An array of some level whose members can be put wrong one by one.
class Array {
 public:
  Array(std::int32_t level, std::uint32_t disks, std::uint32_t spares = 0,
        mdx_sb_version version = MDX_SB_1_2) {
    for (std::uint32_t i = 0; i < disks + spares; i++) {
      auto sb = plain_super(version);
      sb->level = sb->new_level = level;
      sb->raid_disks = disks;
      sb->layout = level == 10 ? 0x102 : 0;
      sb->chunk_sectors = level == 1 ? 0 : 128;
      sb->dev_number = i;
      sb->device_uuid[0] = static_cast<__u8>(i);
      members_.push_back(std::move(sb));
    }
    for (auto& sb : members_)
      for (std::uint32_t i = 0; i < disks + spares; i++)
        sb->roles[i] = i < disks ? static_cast<__u16>(i) : MDX_ROLE_SPARE;
    for (std::uint32_t i = 0; i < disks + spares; i++) members_[i]->role = members_[i]->roles[i];
  }

  mdx_super& operator[](std::size_t i) { return *members_[i]; }
  void lose(std::size_t i) { members_[i].reset(); }
  void swap(std::size_t a, std::size_t b) { std::swap(members_[a], members_[b]); }
  void copy(std::size_t i) { members_.push_back(std::make_unique<mdx_super>(*members_[i])); }

  // All but the given one go on: new events, and the failed one in their tables.
  void fail(std::size_t gone) {
    for (std::size_t i = 0; i < members_.size(); i++) {
      if (i == gone || !members_[i]) continue;
      members_[i]->events += 10;
      members_[i]->roles[gone] = MDX_ROLE_FAULTY;
    }
  }

  struct Outcome {
    mdx_assembly sum{};
    std::vector<mdx_member_verdict> verdicts;
    std::vector<__s32> slots;
  };
  Outcome plan() const {
    std::vector<const mdx_super*> pointers;
    for (const auto& sb : members_) pointers.push_back(sb.get());
    Outcome out;
    out.verdicts.resize(pointers.size());
    out.slots.resize(pointers.size());
    mdx_assemble_plan(pointers.data(), static_cast<__u32>(pointers.size()), out.verdicts.data(),
                      out.slots.data(), &out.sum);
    return out;
  }

 private:
  std::vector<SuperPtr> members_;
};

using Verdicts = std::vector<mdx_member_verdict>;
using Slots = std::vector<__s32>;

constexpr auto active = MDX_MEMBER_ACTIVE;

}  // namespace

TEST_CASE("a whole array is complete at every level and version") {
  for (auto version : all_versions) {
    for (std::int32_t level : {-1, 0, 1, 4, 5, 6, 10}) {
      Array array(level, 4, 1, version);
      const auto out = array.plan();
      CAPTURE(level);
      CHECK(out.verdicts == Verdicts{active, active, active, active,
                                     level <= 0 ? MDX_MEMBER_MISMATCH : MDX_MEMBER_SPARE});
      CHECK(out.slots == Slots{0, 1, 2, 3, -1});
      CHECK(out.sum.freshest == 0);
      CHECK(out.sum.active == 4);
      CHECK(out.sum.expected == 4);
      CHECK(out.sum.raid_disks == 4);
      CHECK(out.sum.enough);
      CHECK(out.sum.complete);
      CHECK_FALSE(out.sum.dirty);
      CHECK_FALSE(out.sum.needs_force);
    }
  }
}

TEST_CASE("how many members may be missing") {
  struct Row {
    std::int32_t level;
    std::uint32_t most;
  };
  for (auto [level, most] : std::vector<Row>{{-1, 0}, {0, 0}, {1, 3}, {4, 1}, {5, 1}, {6, 2}}) {
    for (std::uint32_t missing = 0; missing < 4; missing++) {
      Array array(level, 4);
      for (std::uint32_t i = 0; i < missing; i++) array.lose(i);
      const auto out = array.plan();
      CAPTURE(level);
      CAPTURE(missing);
      CHECK(out.sum.enough == (missing <= most));
      CHECK(out.sum.complete == (missing == 0));
      CHECK(out.sum.active == 4 - missing);
      CHECK(out.sum.freshest == static_cast<__s32>(missing));
    }
  }
}

TEST_CASE("raid10 is enough while every chunk has a copy") {
  struct Row {
    std::uint32_t layout;
    std::uint32_t disks;
    std::vector<std::size_t> lost;
    bool enough;
  };
  for (const auto& row : std::vector<Row>{{0x102, 4, {0, 2}, true},
                                          {0x102, 4, {0, 1}, false},
                                          {0x102, 4, {1, 3}, true},
                                          {0x102, 4, {1, 2}, true},
                                          {0x102, 3, {0}, true},
                                          {0x102, 3, {0, 2}, false},
                                          {0x103, 6, {0, 1, 3, 4}, true},
                                          {0x103, 6, {0, 1, 2}, false},
                                          {0x201, 4, {1}, true},
                                          {0x201, 4, {0, 2}, false},
                                          {0x10201, 4, {3}, true}}) {
    Array array(10, row.disks);
    for (std::uint32_t i = 0; i < row.disks; i++) array[i].layout = row.layout;
    for (auto i : row.lost) array.lose(i);
    CAPTURE(row.layout);
    CAPTURE(row.disks);
    CHECK(array.plan().sum.enough == row.enough);
  }
}

TEST_CASE("one event behind is in, two are stale") {
  for (std::uint64_t behind : {0u, 1u, 2u, 1000u}) {
    Array array(1, 2);
    array[0].events = 5000;
    array[1].events = 5000 - behind;
    const auto out = array.plan();
    CAPTURE(behind);
    CHECK(out.verdicts[1] == (behind <= 1 ? active : MDX_MEMBER_STALE));
    CHECK(out.slots[1] == (behind <= 1 ? 1 : -1));
    CHECK(out.sum.freshest == 0);
    CHECK(out.sum.enough);
  }
  Array wrap(1, 2);
  wrap[0].events = ~std::uint64_t{0};
  wrap[1].events = 0;
  CHECK(wrap.plan().verdicts[1] == MDX_MEMBER_STALE);
}

TEST_CASE("the freshest rules wherever it stands, of equals the first") {
  Array array(1, 3);
  array[2].events += 1;
  CHECK(array.plan().sum.freshest == 2);
  array[0].events += 1;
  CHECK(array.plan().sum.freshest == 0);
}

TEST_CASE("a failed member stays out, however it is ordered") {
  Array array(5, 3);
  array.fail(1);
  auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, MDX_MEMBER_FAULTY, active});
  CHECK(out.sum.active == 2);
  CHECK(out.sum.expected == 2);
  CHECK(out.sum.complete);
  CHECK(out.sum.enough);
  array.swap(0, 1);
  out = array.plan();
  CHECK(out.verdicts == Verdicts{MDX_MEMBER_FAULTY, active, active});
  CHECK(out.sum.freshest == 1);
}

TEST_CASE("a failed member with events of its own age is still failed") {
  Array array(1, 2);
  array[0].roles[1] = MDX_ROLE_FAULTY;
  CHECK(array.plan().verdicts[1] == MDX_MEMBER_FAULTY);
}

TEST_CASE("a spare that was taken out is a spare again") {
  Array array(1, 2, 1);
  array.fail(2);
  const auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, MDX_MEMBER_SPARE});
  CHECK(out.slots[2] == -1);
  CHECK(out.sum.complete);
}

TEST_CASE("raid1 with all members failed does not start") {
  Array array(1, 2);
  for (std::size_t i : {0, 1}) {
    array[i].roles[0] = array[i].roles[1] = MDX_ROLE_FAULTY;
    array[i].role = MDX_ROLE_FAULTY;
  }
  const auto out = array.plan();
  CHECK(out.verdicts == Verdicts{MDX_MEMBER_FAULTY, MDX_MEMBER_FAULTY});
  CHECK(out.sum.active == 0);
  CHECK_FALSE(out.sum.enough);
}

TEST_CASE("a recovering member fills its slot without being active") {
  Array array(5, 3);
  array[2].feature_map = MD_FEATURE_RECOVERY_OFFSET;
  array[2].recovery_offset = 4096;
  const auto out = array.plan();
  CHECK(out.verdicts[2] == MDX_MEMBER_RECOVERING);
  CHECK(out.slots[2] == 2);
  CHECK(out.sum.active == 2);
  CHECK(out.sum.expected == 3);
  CHECK(out.sum.complete);
  CHECK(out.sum.enough);
  array.lose(0);
  CHECK_FALSE(array.plan().sum.enough);
}

TEST_CASE("a replacement shares its slot and is not counted twice") {
  Array array(5, 3, 1);
  array[3].feature_map = MD_FEATURE_REPLACEMENT | MD_FEATURE_RECOVERY_OFFSET;
  for (std::size_t i = 0; i < 4; i++) array[i].roles[3] = 1;
  array[3].role = 1;
  auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, active, MDX_MEMBER_RECOVERING});
  CHECK(out.slots == Slots{0, 1, 2, 1});
  CHECK(out.sum.active == 3);
  array[3].feature_map = MD_FEATURE_REPLACEMENT;
  out = array.plan();
  CHECK(out.verdicts[3] == active);
  CHECK(out.sum.active == 3);
}

TEST_CASE("a replacement that has not got everything is no reason not to wait for the other one") {
  Array array(1, 2, 1);
  array[2].feature_map = MD_FEATURE_REPLACEMENT | MD_FEATURE_RECOVERY_OFFSET;
  for (std::size_t i = 0; i < 3; i++) array[i].roles[2] = 1;
  array[2].role = 1;
  CHECK(array.plan().sum.complete);
  array.lose(1);
  CHECK_FALSE(array.plan().sum.complete);
  CHECK(array.plan().sum.enough);
  array[2].feature_map = MD_FEATURE_REPLACEMENT;
  CHECK(array.plan().sum.complete);
  CHECK(array.plan().sum.active == 2);
}

TEST_CASE("spares need no events, and a spare's events rule nothing") {
  Array array(1, 2, 1);
  array[2].events = 1;
  auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, MDX_MEMBER_SPARE});
  array[2].events = 1000000;
  out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, MDX_MEMBER_SPARE});
  CHECK(out.sum.freshest == 0);
}

TEST_CASE("without redundancy there are no spares") {
  for (std::int32_t level : {-1, 0}) {
    Array array(level, 2, 1);
    CAPTURE(level);
    CHECK(array.plan().verdicts[2] == MDX_MEMBER_MISMATCH);
    // As mdadm leaves what a linear array was to grow by.
    array[2].role = array[2].roles[2] = 2;
    CHECK(array.plan().verdicts[2] == MDX_MEMBER_MISMATCH);
    CHECK(array.plan().sum.complete);
  }
}

TEST_CASE("spares alone make no array") {
  Array array(1, 2, 2);
  array.lose(0);
  array.lose(1);
  const auto out = array.plan();
  CHECK(out.verdicts[2] == MDX_MEMBER_SPARE);
  CHECK(out.verdicts[3] == MDX_MEMBER_SPARE);
  CHECK(out.sum.active == 0);
  CHECK_FALSE(out.sum.enough);
  CHECK_FALSE(out.sum.complete);
}

TEST_CASE("a spare that was about to become a member is a spare again") {
  Array array(1, 2, 1);
  array.fail(1);
  array[0].events += 1;
  array[0].roles[2] = 1;
  const auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, MDX_MEMBER_FAULTY, MDX_MEMBER_SPARE});
  CHECK(out.sum.active == 1);
  CHECK_FALSE(out.sum.complete);
}

TEST_CASE("a member outside the freshest's table is a spare") {
  Array array(1, 2, 1);
  for (std::size_t i : {0, 1}) array[i].max_dev = 2;
  array[2].dev_number = 0xffffffff;
  CHECK(array.plan().verdicts[2] == MDX_MEMBER_SPARE);
}

TEST_CASE("members of another array are never touched") {
  Array array(1, 3);
  array[1].set_uuid[0] ^= 1;
  array[1].events += 1000000;
  const auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, MDX_MEMBER_FOREIGN, active});
  CHECK(out.slots[1] == -1);
  CHECK(out.sum.freshest == 0);
  CHECK(out.sum.active == 2);
}

TEST_CASE("missing entries are skipped, nothing at all is no array") {
  Array array(1, 2);
  array.lose(0);
  auto out = array.plan();
  CHECK(out.verdicts == Verdicts{MDX_MEMBER_FOREIGN, active});
  CHECK(out.sum.freshest == 1);
  array.lose(1);
  out = array.plan();
  CHECK(out.sum.freshest == -1);
  CHECK(out.sum.raid_disks == 0);
  CHECK_FALSE(out.sum.enough);
  CHECK_FALSE(out.sum.complete);
  CHECK(Array(1, 0).plan().sum.freshest == -1);
}

TEST_CASE("a member that tells of another shape is kept out") {
  const auto verdict_of = [](auto change) {
    Array array(5, 3);
    change(array[1]);
    return array.plan().verdicts[1];
  };
  CHECK(verdict_of([](mdx_super& sb) { sb.level = 4; }) == MDX_MEMBER_MISMATCH);
  CHECK(verdict_of([](mdx_super& sb) { sb.layout = 2; }) == MDX_MEMBER_MISMATCH);
  CHECK(verdict_of([](mdx_super& sb) { sb.chunk_sectors = 64; }) == MDX_MEMBER_MISMATCH);
  CHECK(verdict_of([](mdx_super& sb) { sb.raid_disks = 4; }) == MDX_MEMBER_MISMATCH);
  CHECK(verdict_of([](mdx_super& sb) { sb.version = MDX_SB_1_1; }) == MDX_MEMBER_MISMATCH);
  CHECK(verdict_of([](mdx_super& sb) { sb.data_size = sb.size - 1; }) == MDX_MEMBER_MISMATCH);
  // Power went while the array grew: the other side of one superblock write.
  CHECK(verdict_of([](mdx_super& sb) {
          sb.raid_disks = 2;
          sb.events -= 1;
        }) == active);
  CHECK(verdict_of([](mdx_super& sb) {
          sb.level = 4;
          sb.events -= 100;
        }) == MDX_MEMBER_STALE);
}

TEST_CASE("a slot the freshest does not have is a contradiction") {
  Array array(1, 2, 1);
  array[0].roles[2] = 5;
  array[2].role = 1;
  CHECK(array.plan().verdicts[2] == MDX_MEMBER_MISMATCH);
}

TEST_CASE("of two in one place the fresher wins, of equals the first") {
  Array array(1, 2);
  array.copy(1);
  auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, MDX_MEMBER_DUPLICATE});
  CHECK(out.slots == Slots{0, 1, -1});
  CHECK(out.sum.active == 2);
  array[2].events += 1;
  out = array.plan();
  CHECK(out.verdicts == Verdicts{active, MDX_MEMBER_DUPLICATE, active});
  CHECK(out.sum.freshest == 2);
}

TEST_CASE("one slot given to two numbers is a duplicate") {
  Array array(1, 2, 1);
  for (std::size_t i = 0; i < 3; i++) array[i].roles[2] = 1;
  array[2].role = 1;
  const auto out = array.plan();
  CHECK(out.verdicts == Verdicts{active, active, MDX_MEMBER_DUPLICATE});
}

TEST_CASE("one spare seen twice is a duplicate") {
  Array array(1, 2, 1);
  array.copy(2);
  CHECK(array.plan().verdicts == Verdicts{active, active, MDX_MEMBER_SPARE, MDX_MEMBER_DUPLICATE});
}

TEST_CASE("dirty, and dirty and degraded") {
  for (std::int32_t level : {-1, 0, 1, 4, 5, 6, 10}) {
    Array array(level, 4);
    for (std::size_t i = 0; i < 4; i++) array[i].resync_offset = 0;
    CAPTURE(level);
    auto sum = array.plan().sum;
    CHECK(sum.dirty == (level >= 1));
    CHECK_FALSE(sum.needs_force);
    array.lose(3);
    sum = array.plan().sum;
    CHECK(sum.needs_force == (level >= 4 && level <= 6));
  }
  Array logged(5, 4);
  for (std::size_t i = 0; i < 4; i++) {
    logged[i].resync_offset = 0;
    logged[i].feature_map = MD_FEATURE_PPL;
  }
  logged.lose(1);
  CHECK_FALSE(logged.plan().sum.needs_force);
}

TEST_CASE("a journal is known as one") {
  Array array(5, 3, 1);
  for (std::size_t i = 0; i < 4; i++) array[i].roles[3] = MDX_ROLE_JOURNAL;
  array[3].role = MDX_ROLE_JOURNAL;
  array[3].data_size = 100;
  CHECK(array.plan().verdicts[3] == MDX_MEMBER_JOURNAL);
  array[3].events -= 2;
  CHECK(array.plan().verdicts[3] == MDX_MEMBER_STALE);
}

TEST_CASE("whatever the tables say, slots are in range and held once") {
  Rng rng(5);
  for (int round = 0; round < 5000; round++) {
    const auto disks = static_cast<std::uint32_t>(rng() % 6 + 1);
    Array array(rng() % 2 ? 1 : 10, disks, static_cast<std::uint32_t>(rng() % 3));
    const auto total = array.plan().verdicts.size();
    for (auto changes = rng() % 8; changes; changes--) {
      auto& sb = array[rng() % total];
      sb.events += rng() % 3;
      sb.roles[rng() % 8] = static_cast<__u16>(rng() % 4 ? rng() % 8 : rng());
      sb.dev_number = static_cast<__u32>(rng() % 10);
      if (rng() % 4 == 0) sb.feature_map ^= MD_FEATURE_REPLACEMENT;
    }
    const auto out = array.plan();
    std::multiset<__s32> held;
    for (std::size_t i = 0; i < total; i++) {
      const bool has_slot = out.verdicts[i] == active || out.verdicts[i] == MDX_MEMBER_RECOVERING;
      REQUIRE(has_slot == (out.slots[i] >= 0));
      if (!has_slot) continue;
      REQUIRE(out.slots[i] < static_cast<__s32>(disks));
      if (!(array[i].feature_map & MD_FEATURE_REPLACEMENT)) held.insert(out.slots[i]);
    }
    for (auto slot : held) REQUIRE(held.count(slot) == 1);
    REQUIRE(out.sum.active <= disks);
    REQUIRE(out.sum.expected <= disks);
  }
}

TEST_CASE("every verdict has its own text") {
  std::set<std::string> texts;
  for (int v = MDX_MEMBER_ACTIVE; v <= MDX_MEMBER_DUPLICATE; v++)
    texts.insert(mdx_member_verdict_text(static_cast<mdx_member_verdict>(v)));
  CHECK(texts.size() == MDX_MEMBER_DUPLICATE + 1);
  CHECK(texts.count("unknown") == 0);
  CHECK(std::string(mdx_member_verdict_text(static_cast<mdx_member_verdict>(99))) == "unknown");
}
