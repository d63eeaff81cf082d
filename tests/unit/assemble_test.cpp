// SPDX-License-Identifier: GPL-2.0-only
// --assemble and what it must not do, on a simulated machine.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cstring>
#include <filesystem>
#include <functional>

#include "machine.hpp"
#include "monitor/examine.hpp"
#include "system/map_file.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

TEST_CASE("0.90: a disk does not have its last partition's superblock") {
  Machine m;
  constexpr std::uint64_t start = 2048, sectors = 81920;
  m.blocks.add("/dev/vda", start + sectors);
  m.blocks.add("/dev/vda1", sectors);
  m.blocks.add("/dev/vdb", sectors);
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-e0.90", "-l1", "-n2", "/dev/vda1", "/dev/vdb"}).status ==
          0);
  // The same bytes, seen through the disk.
  for (const auto& [page, bytes] : m.blocks.disk("/dev/vda1").pages)
    m.blocks.disk("/dev/vda").pages[page + start / 8] = bytes;
  REQUIRE(m.run({"/dev/md0", "--fail", "/dev/vda1", "--remove", "/dev/vda1"}).status == 0);
  REQUIRE(system::load_superblock(**m.blocks.open("/dev/vda", kernel::Access::read)).has_value());

  SUBCASE("the partition is known") {
    m.blocks.disk("/dev/vda").partitions = {{start, sectors}};
    m.kernel.array("md0").bitmap = true;
    auto back = m.run({"/dev/md0", "--re-add", "missing"});
    CHECK(back.status == 0);
    CHECK(back.said == std::vector<std::string>{"re-added /dev/vda1"});
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"})
              .said_text("the superblock on /dev/vda belongs to one of its partitions"));
    CHECK(m.run({"-I", "/dev/vda"}).status == 1);
    CHECK(m.kernel.array("md0").members.empty());
    CHECK(*monitor::examine(m.blocks, "/dev/vda") == nullptr);
    CHECK(*monitor::examine(m.blocks, "/dev/vda1") != nullptr);
    REQUIRE(m.run({"-A", "--scan"}).status == 0);
    CHECK(m.kernel.holders(m.blocks.disk("/dev/vda").number).empty());
    CHECK(m.kernel.holders(m.blocks.disk("/dev/vda1").number).size() == 1);
  }
  SUBCASE("two devices for one member") {
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    m.kernel.log.clear();
    auto out = m.run({"-A", "--scan", "--run"});
    CHECK(out.status == 1);
    CHECK(out.said_text("/dev/vda and /dev/vda1 have the same 0.90 superblock, of member 0"));
    CHECK(m.kernel.log.empty());
    CHECK(m.run({"-A", "/dev/md0", "/dev/vda1", "/dev/vdb"}).status == 0);
  }
}
