// SPDX-License-Identifier: GPL-2.0-only
// SYSFS lines of the configuration, whichever way an array comes up.
#include <doctest/doctest.h>

#include <algorithm>

#include "config/parser.hpp"
#include "machine.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

constexpr const char* kUuid = "01020304:05060708:090a0b0c:0d0e0f10";
constexpr const char* kWritten = "md0 sync_speed_max=4711";

unsigned times_written(Machine& m) {
  const auto out = std::count(m.kernel.log.begin(), m.kernel.log.end(), kWritten);
  m.kernel.log.clear();
  return static_cast<unsigned>(out);
}

}  // namespace

TEST_CASE("SYSFS lines hold after create, assemble and incremental, by any of an array's names") {
  for (const std::string& identity : {std::string("uuid=") + kUuid, std::string("name=box:0"),
                                      std::string("name=/dev/md0"), std::string("name=md0")}) {
    INFO(identity);
    Machine m;
    m.add_disks();
    config::parse_config("SYSFS " + identity +
                             " sync_speed_max=4711 nonsense=1\n"
                             "SYSFS name=other sync_speed_max=1\n",
                         "test", m.config);
    REQUIRE(m.config.problems.empty());
    auto line = kMirror;
    line.push_back(std::string("--uuid=") + kUuid);
    auto made = m.run(line);
    CHECK(made.status == 0);
    CHECK(made.said_text("SYSFS nonsense=1: "));
    CHECK(times_written(m) == 1);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
    CHECK(times_written(m) == 1);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"-I", "/dev/vda"}).status == 0);
    CHECK(times_written(m) == 0);
    CHECK(m.run({"-I", "/dev/vdb"}).status == 0);
    CHECK(times_written(m) == 1);
    REQUIRE(m.kernel.ensure_node("/dev/md0", "md0", std::chrono::milliseconds(0)).has_value());
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"-I", "/dev/vda"}).status == 0);
    CHECK(m.run({"-I", "-R", "-s"}).status == 0);
    CHECK(times_written(m) == 1);
  }
}
