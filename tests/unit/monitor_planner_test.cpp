// SPDX-License-Identifier: GPL-2.0-only
// AssemblyPlanner: events in, actions out, on a clock the test moves.
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/parser.hpp"
#include "monitor/planner.hpp"

using namespace mdctl;
using namespace mdctl::monitor;
using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t array_a = 0xaa, array_b = 0xbb;

// A member of a raid1 "box:home" of two, in sync, in its slot.
struct Disk {
  std::uint8_t set = array_a;
  unsigned slot = 0;
  std::uint64_t events = 10;
  const char* name = "box:home";
  int level = 1;
  unsigned raid_disks = 2;
  bool clean = true;
  bool spare = false;
  std::string incarnation = "1";
};

std::shared_ptr<mdx_super> super_of(const Disk& disk) {
  auto super = std::make_shared<mdx_super>();
  super->version = MDX_SB_1_2;
  std::memset(super->set_uuid, disk.set, sizeof(super->set_uuid));
  std::strncpy(super->set_name, disk.name, sizeof(super->set_name) - 1);
  super->level = disk.level;
  super->raid_disks = disk.raid_disks;
  super->chunk_sectors = disk.level == 1 ? 0 : 1024;
  super->size = super->data_size = 2048;
  super->events = disk.events;
  super->resync_offset = disk.clean ? MDX_SECTOR_NONE : 0;
  super->dev_number = disk.spare ? disk.raid_disks + disk.slot : disk.slot;
  std::memset(super->device_uuid, static_cast<int>(super->dev_number + 1),
              sizeof(super->device_uuid));
  super->role = disk.spare ? MDX_ROLE_SPARE : disk.slot;
  super->max_dev = disk.raid_disks;
  for (unsigned i = 0; i < disk.raid_disks; i++) super->roles[i] = static_cast<__u16>(i);
  return super;
}

DeviceNumber vd(unsigned minor) { return {254, minor}; }

Member member(unsigned minor, const Disk& disk) {
  Member out;
  out.number = vd(minor);
  out.node = std::string("/dev/vd") + static_cast<char>('a' + minor);
  out.paths = {out.node};
  out.incarnation = disk.incarnation;
  out.super = super_of(disk);
  return out;
}

KernelArray array(const std::string& name, const std::string& state,
                  const std::vector<unsigned>& minors) {
  KernelArray out;
  out.name = name;
  out.state = state;
  for (unsigned minor : minors) out.members.push_back({vd(minor), false});
  return out;
}

class Bench {
 public:
  explicit Bench(const std::string& config = {}, Milliseconds degraded_after = 30s)
      : planner(rules(config, degraded_after),
                [this](const std::string& link) { return links.count(link) != 0; }) {}

  static Rules rules(const std::string& text, Milliseconds degraded_after) {
    Rules out;
    config::parse_config(text, "t.conf", out.config);
    REQUIRE(out.config.problems.empty());
    out.home = config::HomeHost::from(out.config, "", "box");
    out.degraded_after = degraded_after;
    return out;
  }

  void plug(unsigned minor, const Disk& disk) { planner.member_appeared(member(minor, disk)); }
  void two_members() {
    plug(1, {.slot = 0});
    plug(2, {.slot = 1});
  }

  // "assemble md127 home 1 2; ..." of what is to be done now.
  std::string plan() {
    last = planner.plan(now);
    std::string out;
    for (const Action& action : last) {
      if (!out.empty()) out += "; ";
      out += std::string(to_string(action.kind)) + " " + action.name.kernel;
      if (!action.name.link.empty()) out += " " + action.name.link;
      for (DeviceNumber number : action.members) out += " " + std::to_string(number.minor);
    }
    return out;
  }
  const SetView& view() {
    REQUIRE(planner.views().size() == 1);
    return planner.views().front();
  }
  void run_as(const std::string& name, const std::vector<unsigned>& minors) {
    planner.arrays_are({array(name, "clean", minors)});
    CHECK(plan() == "");
  }
  // The daemon dies and is started again; enumeration finds the same machine.
  void restart(const std::string& config = {}) {
    AssemblyPlanner fresh(rules(config, planner.rules().degraded_after),
                          [](const std::string&) { return false; });
    fresh.restore(planner.memory());
    for (const auto& [number, m] : planner.members()) fresh.member_appeared(m);
    planner = std::move(fresh);
  }

  std::set<std::string> links;
  AssemblyPlanner planner;
  Milliseconds now = 100s;
  std::vector<Action> last;
};

}  // namespace

TEST_CASE("planner: a complete set is assembled at once, the freshest first") {
  Bench bench;
  bench.plug(1, {.slot = 0, .events = 9});
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::waiting);
  bench.plug(2, {.slot = 1, .events = 10});
  CHECK(bench.plan() == "assemble md127 home 2 1");
  CHECK_FALSE(bench.last[0].degraded);
  CHECK_FALSE(bench.last[0].read_auto);
  CHECK(bench.view().reason == "2 of 2 members, complete");
}

TEST_CASE("planner: spares come along, or are added later") {
  Bench bench;
  bench.two_members();
  bench.plug(3, {.slot = 0, .spare = true});
  CHECK(bench.plan() == "assemble md127 home 1 2 3");
  bench.planner.arrays_are({array("md127", "active", {1, 2})});
  CHECK(bench.plan() == "add md127 3");
  bench.run_as("md127", {1, 2, 3});
}

TEST_CASE("planner: an incomplete set is started degraded after its time") {
  Bench bench;
  bench.plug(1, {.slot = 0});
  CHECK(bench.plan() == "");
  CHECK(bench.planner.wake_at() == bench.now + 30s);
  bench.now += 29s;
  CHECK(bench.plan() == "");
  bench.now += 1s;
  CHECK(bench.plan() == "assemble md127 home 1");
  CHECK(bench.last[0].degraded);
}

TEST_CASE("planner: a member that arrives gives the others their time again") {
  Bench bench;
  bench.plug(1, {.slot = 0, .raid_disks = 3});
  CHECK(bench.plan() == "");
  bench.now += 20s;
  bench.plug(2, {.slot = 1, .raid_disks = 3});
  CHECK(bench.plan() == "");
  bench.now += 20s;
  CHECK(bench.plan() == "");
  bench.now += 10s;
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: a restart does not start the waiting over") {
  Bench bench;
  bench.plug(1, {.slot = 0});
  CHECK(bench.plan() == "");
  bench.now += 20s;
  bench.restart();
  CHECK(bench.plan() == "");
  bench.now += 10s;
  CHECK(bench.plan() == "assemble md127 home 1");
}

TEST_CASE("planner: never degraded when the configuration says so, or too few, or foreign") {
  Bench never({}, 0s);
  never.plug(1, {.slot = 0});
  never.now += 1h;
  CHECK(never.plan() == "");
  CHECK_FALSE(never.planner.wake_at());

  Bench few;
  few.plug(1, {.slot = 0, .level = 0});
  CHECK(few.plan() == "");
  few.now += 1h;
  CHECK(few.plan() == "");
  CHECK(few.view().reason == "1 of 2 members, not enough to run");

  Bench foreign;
  foreign.plug(1, {.slot = 0, .name = "other:home"});
  CHECK(foreign.plan() == "");
  foreign.now += 1h;
  CHECK(foreign.plan() == "");
  CHECK(foreign.view().phase == Phase::waiting);
}

TEST_CASE("planner: a complete foreign array gets a foreign name and is not written to") {
  Bench bench;
  bench.plug(1, {.slot = 0, .name = "other:0"});
  bench.plug(2, {.slot = 1, .name = "other:0"});
  CHECK(bench.plan() == "assemble md127 other:0 1 2");
  CHECK(bench.last[0].read_auto);
}

TEST_CASE("planner: an ARRAY line makes it ours and names it") {
  Bench bench("ARRAY /dev/md/data uuid=aaaaaaaa:aaaaaaaa:aaaaaaaa:aaaaaaaa\n");
  bench.plug(1, {.slot = 0, .name = "other:home"});
  bench.plug(2, {.slot = 1, .name = "other:home"});
  CHECK(bench.plan() == "assemble md127 data 1 2");
  CHECK_FALSE(bench.last[0].read_auto);
}

TEST_CASE("planner: a stale member is left alone, with a reason") {
  Bench bench;
  bench.plug(1, {.slot = 0, .events = 50});
  bench.plug(2, {.slot = 1, .events = 10});
  CHECK(bench.plan() == "");
  bench.now += 30s;
  CHECK(bench.plan() == "assemble md127 home 1");
  bench.run_as("md127", {1});
  bool noted = false;
  for (const MemberView& m : bench.view().members)
    if (m.number == vd(2)) noted = m.note.find("--re-add /dev/vdc") != std::string::npos;
  CHECK(noted);
}

TEST_CASE("planner: POLICY action=re-add brings a stale member back where a bitmap allows it") {
  Bench bench("POLICY action=re-add\n");
  bench.plug(1, {.slot = 0, .events = 50});
  bench.plug(2, {.slot = 1, .events = 10});
  auto running = array("md127", "clean", {1});
  bench.planner.arrays_are({running});
  CHECK(bench.plan() == "");
  running.bitmap = true;
  bench.planner.arrays_are({running});
  CHECK(bench.plan() == "add md127 2");
}

TEST_CASE("planner: a dirty degraded parity array is refused, whatever the time") {
  Bench bench;
  for (unsigned i = 0; i < 2; i++)
    bench.plug(i + 1, {.slot = i, .level = 5, .raid_disks = 3, .clean = false});
  CHECK(bench.plan() == "");
  bench.now += 1h;
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::refused);
  CHECK(bench.view().reason.find("--force") != std::string::npos);
}

TEST_CASE("planner: <ignore>, AUTO, DEVICE, POLICY auto=no") {
  for (const char* config : {"ARRAY <ignore> uuid=aaaaaaaa:aaaaaaaa:aaaaaaaa:aaaaaaaa", "AUTO -all",
                             "DEVICE /dev/sd*", "POLICY auto=no"}) {
    Bench bench(config);
    bench.two_members();
    CHECK_MESSAGE(bench.plan() == "", config);
    bench.now += 1h;
    CHECK_MESSAGE(bench.plan() == "", config);
    CHECK(bench.view().phase != Phase::ready);
  }
}

TEST_CASE("planner: stopped by hand stays stopped until a member really comes back") {
  Bench bench;
  bench.two_members();
  bench.run_as("md127", {1, 2});
  bench.planner.arrays_are({});
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::held);
  bench.two_members();  // change events
  CHECK(bench.plan() == "");
  bench.planner.member_vanished(vd(1));
  bench.plug(1, {.slot = 0});  // a partition table was read again
  CHECK(bench.plan() == "");
  bench.restart();
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::held);
  bench.planner.member_vanished(vd(1));
  bench.plug(1, {.slot = 0, .incarnation = "2"});
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: assembling it by hand ends the hold") {
  Bench bench;
  bench.two_members();
  bench.run_as("md127", {1, 2});
  bench.planner.arrays_are({});
  CHECK(bench.plan() == "");
  bench.run_as("md5", {1, 2});
  CHECK(bench.view().phase == Phase::running);
  CHECK_FALSE(bench.planner.memory().at(bench.view().uuid).held);
}

TEST_CASE("planner: an array that is being made on disks that were there is its maker's to start") {
  Bench bench;
  bench.planner.device_is_bare(vd(1), "1");
  bench.planner.device_is_bare(vd(2), "1");
  bench.two_members();
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::held);
  bench.now += 1h;
  CHECK(bench.plan() == "");
  bench.restart();
  CHECK(bench.plan() == "");
  bench.planner.member_vanished(vd(2));
  bench.plug(2, {.slot = 1, .incarnation = "2"});
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: another array's superblock written over a member is made by hand too") {
  Bench bench;
  bench.two_members();
  CHECK(bench.plan() != "");
  bench.plug(1, {.set = array_b, .slot = 0});
  bench.plug(2, {.set = array_b, .slot = 1});
  CHECK(bench.plan() == "");
}

TEST_CASE(
    "planner: a disk that appears with its superblock, or a superblock restored, is no maker") {
  Bench bench;
  bench.planner.device_is_bare(vd(1), "1");
  bench.planner.member_vanished(vd(1));
  bench.plug(1, {.slot = 0});
  CHECK(bench.plan() == "");
  bench.planner.device_is_bare(vd(2), "1");
  bench.plug(2, {.slot = 1});
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: stopped right after the daemon started it") {
  Bench bench;
  bench.two_members();
  CHECK(bench.plan() == "assemble md127 home 1 2");
  bench.planner.begun(bench.last[0]);
  bench.planner.finished(bench.last[0], {}, bench.now);
  bench.planner.arrays_are({});
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::held);
}

TEST_CASE("planner: stopped while the daemon was away is stopped by hand too") {
  Bench bench;
  bench.two_members();
  bench.run_as("md127", {1, 2});
  bench.restart();
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::held);
}

TEST_CASE("planner: unplugged and replugged while the daemon was away is no stop by hand") {
  Bench bench;
  bench.two_members();
  bench.run_as("md127", {1, 2});
  bench.plug(1, {.slot = 0, .incarnation = "2"});
  bench.plug(2, {.slot = 1, .incarnation = "2"});
  bench.planner.arrays_are({});
  bench.restart();
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: a member removed by hand is not added again, one plugged in is") {
  Bench bench;
  bench.two_members();
  bench.plug(3, {.slot = 0, .spare = true});
  bench.run_as("md127", {1, 2, 3});
  bench.run_as("md127", {1, 2});
  bench.plug(3, {.slot = 0, .spare = true});
  CHECK(bench.plan() == "");
  bench.restart();
  bench.planner.arrays_are({array("md127", "clean", {1, 2})});
  CHECK(bench.plan() == "");
  bench.plug(3, {.slot = 0, .spare = true, .incarnation = "2"});
  CHECK(bench.plan() == "add md127 3");
}

TEST_CASE("planner: nothing is added to an array that cannot be written") {
  Bench bench;
  bench.two_members();
  bench.plug(3, {.slot = 0, .spare = true});
  for (const char* state : {"readonly", "read-auto"}) {
    bench.planner.arrays_are({array("md127", state, {1, 2})});
    CHECK(bench.plan() == "");
  }
}

TEST_CASE("planner: a running array without redundancy is not made larger") {
  for (const Disk& late : {Disk{.slot = 2, .events = 11, .level = -1, .raid_disks = 3},
                           Disk{.slot = 2, .level = -1}, Disk{.level = -1, .spare = true}}) {
    Bench bench;
    for (unsigned slot : {0u, 1u}) bench.plug(slot + 1, {.slot = slot, .level = -1});
    CHECK(bench.plan() == "assemble md127 home 1 2");
    bench.run_as("md127", {1, 2});
    bench.plug(3, late);
    CHECK(bench.plan() == "");
  }
}

TEST_CASE("planner: killed between SET_ARRAY_INFO and RUN_ARRAY: ours is finished at once") {
  Bench bench;
  bench.two_members();
  CHECK(bench.plan() == "assemble md127 home 1 2");
  bench.planner.begun(bench.last[0]);
  bench.restart();
  bench.planner.arrays_are({array("md127", "inactive", {1, 2})});
  CHECK(bench.plan() == "run md127");
  bench.planner.arrays_are({array("md127", "inactive", {1})});
  CHECK(bench.plan() == "discard md127");
  bench.planner.arrays_are({array("md127", "clear", {})});
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: somebody else's half-assembled array is left to them for a while") {
  Bench bench;
  bench.two_members();
  bench.planner.arrays_are({array("md9", "inactive", {1, 2})});
  CHECK(bench.plan() == "");
  CHECK(bench.planner.wake_at() == bench.now + 5s);
  bench.now += 5s;
  CHECK(bench.plan() == "run md9");
}

TEST_CASE("planner: failures are tried again with growing pauses, then given up") {
  Bench bench;
  bench.two_members();
  Result<> refused = fail(Code::kernel, "no");
  int attempts = 0;
  for (int i = 0; i < 20; i++) {
    if (bench.plan() == "") {
      if (!bench.planner.wake_at()) break;
      bench.now = *bench.planner.wake_at();
      continue;
    }
    attempts++;
    bench.planner.finished(bench.last[0], refused, bench.now);
  }
  CHECK(attempts == 6);
  CHECK(bench.view().phase == Phase::failed);
  CHECK(bench.view().reason == "given up after 6 attempts: no");
  bench.plug(2, {.slot = 1, .incarnation = "2"});
  CHECK(bench.plan() == "assemble md127 home 1 2");
}

TEST_CASE("planner: a member the driver refuses is not offered again") {
  Bench bench;
  bench.two_members();
  bench.plug(3, {.slot = 0, .spare = true});
  bench.planner.arrays_are({array("md127", "clean", {1, 2})});
  CHECK(bench.plan() == "add md127 3");
  Result<> refused = fail(Code::kernel, "too small");
  bench.planner.finished(bench.last[0], refused, bench.now);
  CHECK(bench.plan() == "");
}

TEST_CASE("planner: names of arrays, links and other ARRAY lines are not taken") {
  Bench bench("ARRAY /dev/md127 uuid=bbbbbbbb:bbbbbbbb:bbbbbbbb:bbbbbbbb\n");
  bench.links = {"home"};
  bench.planner.arrays_are({array("md126", "clean", {9})});
  bench.two_members();
  CHECK(bench.plan() == "assemble md125 home_0 1 2");
}

TEST_CASE("planner: two sets in one round do not get one name") {
  Bench bench;
  bench.two_members();
  bench.plug(3, {.set = array_b, .slot = 0});
  bench.plug(4, {.set = array_b, .slot = 1});
  CHECK(bench.plan() == "assemble md127 home 1 2; assemble md126 home_0 3 4");
}

TEST_CASE("planner: a member that something else holds is not taken") {
  Bench bench;
  bench.plug(1, {.slot = 0});
  Member used = member(2, {.slot = 1});
  used.holder = "dm-0";
  bench.planner.member_appeared(used);
  CHECK(bench.plan() == "");
}

TEST_CASE("planner: two devices with one 0.90 superblock are nobody's to choose from") {
  Bench bench;
  for (unsigned minor : {1u, 2u, 3u}) {
    Member one = member(minor, {.slot = minor == 1 ? 0u : 1u});
    auto super = std::make_shared<mdx_super>(*one.super);
    super->version = MDX_SB_0_90;
    one.super = super;
    bench.planner.member_appeared(one);
  }
  CHECK(bench.plan() == "");
  CHECK(bench.view().phase == Phase::refused);
  CHECK(bench.view().reason == "/dev/vdc and /dev/vdd have the same 0.90 superblock");
  bench.planner.member_vanished(vd(3));
  CHECK(bench.plan().rfind("assemble ", 0) == 0);
}

TEST_CASE("planner: what is gone and was never more than seen is forgotten") {
  Bench bench;
  bench.plug(1, {.slot = 0});
  CHECK(bench.plan() == "");
  bench.planner.member_vanished(vd(1));
  CHECK(bench.plan() == "");
  CHECK(bench.planner.memory().empty());
  CHECK(bench.planner.views().empty());
}

TEST_CASE("planner: the name of a firmware array is taken") {
  Bench bench;
  KernelArray container;
  container.name = "md127";
  container.state = "inactive";
  bench.planner.arrays_are({container});
  bench.two_members();
  CHECK(bench.plan() == "assemble md126 home 1 2");
}
