// SPDX-License-Identifier: GPL-2.0-only
// What to sync next: every combination of circumstances against the rules.
#include "sync_plan.h"

#include <doctest/doctest.h>

#include <functional>
#include <initializer_list>

namespace {

mdx_sync_situation quiet() {
  mdx_sync_situation s{};
  s.redundant = true;
  s.writable = true;
  s.source = true;
  s.in_sync = 2;
  s.resync_offset = MDX_SECTOR_NONE;
  return s;
}

mdx_plan_action action(const mdx_sync_situation& s) { return mdx_sync_plan(&s).action; }

// Calls with every combination of the yes-or-no circumstances.
void every_situation(const std::function<void(const mdx_sync_situation&)>& check) {
  for (unsigned bits = 0; bits < 1u << 16; bits++) {
    const auto bit = [bits](unsigned n) { return (bits >> n & 1) != 0; };
    mdx_sync_situation s{};
    s.redundant = bit(0);
    s.writable = bit(1);
    s.read_auto = bit(2);
    s.frozen = bit(3);
    s.running = bit(4);
    s.source = bit(5);
    s.recovery_blocked = bit(6);
    s.recovering = bit(7);
    s.free_slots = bit(8);
    s.spares = bit(9);
    s.resync_offset = bit(10) ? 4096 : MDX_SECTOR_NONE;
    s.want_check = bit(11);
    s.want_repair = bit(12);
    s.lost_slots = bit(13);
    s.resync_blocked = bit(14);
    s.to_replace = bit(15);
    s.in_sync = s.source;
    check(s);
  }
}

// Is there a spare, and a slot that will be free for it once a failure is recorded?
bool waits_for_slot(const mdx_sync_situation& s) {
  return s.spares && s.lost_slots && !s.free_slots && !s.recovery_blocked;
}

}  // namespace

TEST_CASE("an array that is whole and clean has nothing to do") {
  CHECK(action(quiet()) == MDX_PLAN_NOTHING);
}

TEST_CASE("one reason at a time leads to its action") {
  auto s = quiet();
  s.free_slots = s.spares = 1;
  CHECK(action(s) == MDX_PLAN_PLACE_SPARE);
  s = quiet();
  s.spares = 1;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s = quiet();
  s.free_slots = 1;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s = quiet();
  s.recovering = 1;
  CHECK(action(s) == MDX_PLAN_RECOVER);
  s = quiet();
  s.resync_offset = 0;
  CHECK(action(s) == MDX_PLAN_RESYNC);
  s = quiet();
  s.want_check = true;
  CHECK(action(s) == MDX_PLAN_CHECK);
  s.want_repair = true;
  CHECK(action(s) == MDX_PLAN_REPAIR);
}

TEST_CASE("spare, recovery, resync, repair, check: in this order") {
  auto s = quiet();
  s.free_slots = s.spares = s.recovering = 1;
  s.resync_offset = 0;
  s.want_check = s.want_repair = true;
  CHECK(action(s) == MDX_PLAN_PLACE_SPARE);
  s.spares = 0;
  CHECK(action(s) == MDX_PLAN_RECOVER);
  s.recovering = 0;
  CHECK(action(s) == MDX_PLAN_RESYNC);
  s.resync_offset = MDX_SECTOR_NONE;
  CHECK(action(s) == MDX_PLAN_REPAIR);
  s.want_repair = false;
  CHECK(action(s) == MDX_PLAN_CHECK);
}

TEST_CASE("a spare that gets the slot of a failed member in a moment is not overtaken") {
  auto s = quiet();
  s.resync_offset = 0;
  s.lost_slots = 1;
  CHECK(action(s) == MDX_PLAN_RESYNC);
  s.spares = 1;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s.recovering = 1;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s.free_slots = 1;
  CHECK(action(s) == MDX_PLAN_PLACE_SPARE);
  s.free_slots = 0;
  s.recovery_blocked = true;
  CHECK(action(s) == MDX_PLAN_RESYNC);
}

TEST_CASE("who is to be replaced waits for what restores redundancy, and goes before checks") {
  auto s = quiet();
  s.to_replace = 1;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s.spares = 1;
  CHECK(action(s) == MDX_PLAN_PLACE_REPLACEMENT);
  s.want_check = s.want_repair = true;
  CHECK(action(s) == MDX_PLAN_PLACE_REPLACEMENT);
  s.resync_offset = 0;
  CHECK(action(s) == MDX_PLAN_RESYNC);
  s.recovering = 1;
  CHECK(action(s) == MDX_PLAN_RECOVER);
  s.free_slots = 1;
  CHECK(action(s) == MDX_PLAN_PLACE_SPARE);
  s = quiet();
  s.to_replace = s.spares = 1;
  s.recovery_blocked = true;
  CHECK(action(s) == MDX_PLAN_NOTHING);
}

TEST_CASE("nothing is written to an array that must not be written to") {
  every_situation([](const mdx_sync_situation& s) {
    const auto plan = mdx_sync_plan(&s);
    if (!s.redundant || s.running || s.read_auto || !s.writable || s.frozen)
      REQUIRE(plan.action == MDX_PLAN_NOTHING);
    REQUIRE((!plan.pending || s.read_auto));
  });
}

TEST_CASE("without a member in sync nothing is copied anywhere") {
  every_situation([](const mdx_sync_situation& s) {
    if (s.source) return;
    REQUIRE(mdx_sync_plan(&s).action == MDX_PLAN_NOTHING);
    REQUIRE_FALSE(mdx_sync_plan(&s).pending);
  });
}

TEST_CASE("a recovery that failed is not tried again by itself") {
  every_situation([](const mdx_sync_situation& s) {
    if (!s.recovery_blocked) return;
    REQUIRE(mdx_sync_plan(&s).action != MDX_PLAN_PLACE_SPARE);
    REQUIRE(mdx_sync_plan(&s).action != MDX_PLAN_RECOVER);
    REQUIRE(mdx_sync_plan(&s).action != MDX_PLAN_PLACE_REPLACEMENT);
  });
}

TEST_CASE("a resync that met what nobody can read holds up nothing else, and waits") {
  auto s = quiet();
  s.resync_offset = 4096;
  s.resync_blocked = true;
  CHECK(action(s) == MDX_PLAN_NOTHING);
  s.want_check = true;
  CHECK(action(s) == MDX_PLAN_CHECK);
  s.recovering = 1;
  CHECK(action(s) == MDX_PLAN_RECOVER);
}

TEST_CASE("every action has a reason, and due work is never forgotten") {
  every_situation([](const mdx_sync_situation& s) {
    const auto plan = mdx_sync_plan(&s);
    const bool due = s.resync_offset != MDX_SECTOR_NONE && !s.resync_blocked;
    switch (plan.action) {
      case MDX_PLAN_PLACE_SPARE: REQUIRE((s.free_slots && s.spares)); break;
      case MDX_PLAN_RECOVER: REQUIRE(s.recovering); break;
      case MDX_PLAN_PLACE_REPLACEMENT: REQUIRE((s.to_replace && s.spares && !due)); break;
      case MDX_PLAN_RESYNC: REQUIRE(due); break;
      case MDX_PLAN_CHECK: REQUIRE((s.want_check && !due)); break;
      case MDX_PLAN_REPAIR: REQUIRE((s.want_repair && !due)); break;
      case MDX_PLAN_NOTHING:
        if (s.redundant && s.writable && s.source && !s.running && !s.read_auto && !s.frozen)
          REQUIRE((waits_for_slot(s) || !(due || s.want_check || s.want_repair ||
                                          (s.recovering && !s.recovery_blocked))));
        break;
    }
  });
}

TEST_CASE("a read-auto array tells of waiting work") {
  auto s = quiet();
  s.read_auto = true;
  CHECK_FALSE(mdx_sync_plan(&s).pending);
  s.resync_offset = 0;
  CHECK(mdx_sync_plan(&s).pending);
  s.resync_offset = MDX_SECTOR_NONE;
  s.recovering = 1;
  CHECK(mdx_sync_plan(&s).pending);
  s.running = true;
  CHECK_FALSE(mdx_sync_plan(&s).pending);
}
