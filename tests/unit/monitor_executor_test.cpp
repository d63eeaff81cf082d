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
