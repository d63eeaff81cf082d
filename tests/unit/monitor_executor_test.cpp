// SPDX-License-Identifier: GPL-2.0-only
// The daemon's hands: what Executor asks of the driver and the map, on a simulated machine.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cerrno>
#include <map>

#include "machine.hpp"
#include "monitor/arrays.hpp"
#include "monitor/examine.hpp"
#include "monitor/executor.hpp"
#include "system/map_file.hpp"

using namespace mdctl;
using namespace mdctl::test;
using namespace mdctl::monitor;

namespace {

class Hands {
 public:
  explicit Hands(Machine& machine)
      : map(machine.map_directory),
        executor(machine.kernel, map, [&machine, this](DeviceNumber number) -> const mdx_super* {
          auto super = examine(machine.blocks, machine.blocks.path_of(number));
          REQUIRE(super.has_value());
          supers[number] = *super;
          return supers[number].get();
        }) {}

  system::MapFile map;
  Executor executor;

 private:
  std::map<DeviceNumber, std::shared_ptr<const mdx_super>> supers;
};

Action action_on(Machine& machine, Action::Kind kind, const std::string& array,
                 const std::vector<std::string>& paths) {
  Action out;
  out.kind = kind;
  out.uuid.fill(7);
  out.name.kernel = array;
  out.metadata = "1.2";
  for (const auto& path : paths) out.members.push_back(machine.blocks.disk(path).number);
  return out;
}

}  // namespace

TEST_CASE("executor: a member that is put back keeps write-mostly and failfast") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "--write-mostly", "--failfast",
                 "/dev/vdb"})
              .status == 0);
  m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"});
  m.kernel.array("md0").bitmap = true;
  Hands hands(m);
  REQUIRE(hands.executor.execute(action_on(m, Action::Kind::add, "md0", {"/dev/vdb"}), m.config));
  CHECK(m.kernel.added.back().state == (1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC |
                                        1 << MD_DISK_WRITEMOSTLY | 1 << MD_DISK_FAILFAST));
}

TEST_CASE("executor: an array that somebody else filled meanwhile stays his") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md5", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md5"}).status == 0);
  REQUIRE(m.run({"-C", "/dev/md127", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  Hands hands(m);
  const auto theirs = hands.map.find_array("md127");
  REQUIRE(theirs);
  auto action = action_on(m, Action::Kind::assemble, "md127", {"/dev/vdc", "/dev/vdd"});
  CHECK_FALSE(hands.executor.execute(action, m.config));
  CHECK(m.kernel.array("md127").state == "clean");
  CHECK(m.kernel.array("md127").members.size() == 2);
  REQUIRE(hands.map.find_array("md127"));
  CHECK(hands.map.find_array("md127")->uuid == theirs->uuid);
  action.name.kernel = "md126";
  REQUIRE(hands.executor.execute(action, m.config));
  CHECK(hands.map.find_array("md126")->uuid == action.uuid);
}

TEST_CASE("executor: what it could not start it takes down, with its name") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md5", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md5"}).status == 0);
  Error refusal(Code::kernel, "cannot start");
  m.kernel.refuse_run = &refusal;
  Hands hands(m);
  CHECK_FALSE(hands.executor.execute(
      action_on(m, Action::Kind::assemble, "md126", {"/dev/vdc", "/dev/vdd"}), m.config));
  CHECK(m.kernel.array("md126").state == "clear");
  CHECK_FALSE(hands.map.find_array("md126"));
}

TEST_CASE("firmware arrays are seen, without their members") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  m.kernel.array("md0").metadata = "external:imsm";
  auto arrays = read_arrays(m.kernel);
  REQUIRE(arrays.size() == 1);
  CHECK(arrays[0].name == "md0");
  CHECK_FALSE(arrays[0].clear());
  CHECK(arrays[0].members.empty());
}
