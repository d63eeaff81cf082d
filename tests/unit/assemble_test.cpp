// SPDX-License-Identifier: GPL-2.0-only
// --assemble and what it must not do, on a simulated machine.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/raid/md_p.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>

#include "machine.hpp"
#include "monitor/examine.hpp"
#include "system/map_file.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

void change(Machine& machine, const std::string& path,
            const std::function<void(mdx_super&)>& edit) {
  auto super = super_of(machine, path);
  edit(super);
  auto device = machine.blocks.open(path, kernel::Access::write);
  REQUIRE(system::store_superblock(**device, super));
}

// Of the first @members disks.
void stopped_raid5(Machine& machine, unsigned members) {
  std::vector<std::string> line = {"-C",      "/dev/md0", "-R",
                                   "--force", "-l5",      fmt::format("-n{}", members)};
  for (unsigned i = 0; i < members; i++)
    line.push_back(std::string("/dev/vd") + static_cast<char>('a' + i));
  REQUIRE(machine.run(line).status == 0);
  REQUIRE(machine.run({"-S", "/dev/md0"}).status == 0);
}

Uuid uuid_of(const mdx_super& super) {
  Uuid out;
  std::memcpy(out.data(), super.set_uuid, out.size());
  return out;
}

}  // namespace

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

TEST_CASE("assemble: an array that runs is known without the map") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"}).status == 0);
  std::filesystem::remove(m.map_directory + "/map");
  m.kernel.log.clear();
  auto out = m.run({"-A", "--run", "/dev/md1", "/dev/vdb"});
  CHECK(out.status == 1);
  CHECK(out.said_text("Found some drive for an array that is already active: /dev/md0"));
  CHECK(m.run({"-A", "--scan", "--run"}).status == 1);
  CHECK(m.kernel.log.empty());
}

TEST_CASE("assemble: a map that says what is not so is not believed") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  const auto uuid = uuid_of(super_of(m, "/dev/vdc"));
  REQUIRE(m.run({"-S", "/dev/md1"}).status == 0);
  REQUIRE(m.run(kMirror).status == 0);
  system::MapFile map(m.map_directory);
  REQUIRE(map.put({"md0", "1.2", uuid, "/dev/md0"}));
  CHECK(m.run({"-A", "/dev/md1", "/dev/vdc", "/dev/vdd"}).status == 0);
}

TEST_CASE("assemble --force: a member that was being rebuilt is not taken for a whole one") {
  Machine m;
  m.add_disks();
  stopped_raid5(m, 3);
  change(m, "/dev/vda", [](mdx_super& sb) { sb.events = 20; });
  change(m, "/dev/vdb", [](mdx_super& sb) {
    sb.events = 15;
    sb.feature_map |= MD_FEATURE_RECOVERY_OFFSET;
    sb.recovery_offset = 1024;
  });
  change(m, "/dev/vdc", [](mdx_super& sb) { sb.events = 10; });
  auto forced = m.run({"-A", "--force", "--run", "/dev/md0", "/dev/vda", "/dev/vdb", "/dev/vdc"});
  CHECK(forced.status == 0);
  CHECK(forced.said_text("forcing event count in /dev/vdc(2) from 10 up to 20"));
  CHECK_FALSE(forced.said_text("forcing event count in /dev/vdb"));
  CHECK(super_of(m, "/dev/vdb").events == 15);
}

TEST_CASE("assemble --force: nothing is written when it would not be enough") {
  Machine m;
  m.add_disks();
  stopped_raid5(m, 4);
  change(m, "/dev/vda", [](mdx_super& sb) { sb.events = 20; });
  const unsigned before = m.blocks.total_writes();
  auto out = m.run({"-A", "--force", "--run", "/dev/md0", "/dev/vda", "/dev/vdb"});
  CHECK(out.status == 1);
  CHECK(out.said.back().find("not enough to start the array") != std::string::npos);
  CHECK_FALSE(out.said_text("forcing event count"));
  CHECK(m.blocks.total_writes() == before);
}

TEST_CASE("assemble --force: a slot that is held needs nobody raised") {
  Machine m;
  m.add_disks();
  stopped_raid5(m, 3);
  // vdd once had the slot that vda has now; vdb is stale and the one that is needed.
  change(m, "/dev/vda", [](mdx_super& sb) { sb.events = 20; });
  auto copy = super_of(m, "/dev/vda");
  copy.events = 18;
  copy.dev_number = 3;
  copy.roles[3] = 0;
  copy.roles[0] = MDX_ROLE_FAULTY;
  copy.device_uuid[0] ^= 1;
  {
    auto device = m.blocks.open("/dev/vdd", kernel::Access::write);
    REQUIRE(system::store_superblock(**device, copy));
  }
  auto forced = m.run({"-A", "--force", "--run", "/dev/md0", "/dev/vdd", "/dev/vda", "/dev/vdb"});
  CHECK(forced.status == 0);
  CHECK(forced.said_text("forcing event count in /dev/vdb(1) from 0 up to 20"));
  CHECK_FALSE(forced.said_text("forcing event count in /dev/vdd"));
  CHECK(super_of(m, "/dev/vdd").events == 18);
}

TEST_CASE("assemble --force: a raised member does not bring its old view of the others") {
  Machine m;
  m.add_disks();
  stopped_raid5(m, 3);
  change(m, "/dev/vdc", [](mdx_super& sb) {
    sb.events = 20;
    sb.roles[0] = MDX_ROLE_FAULTY;
    sb.roles[1] = MDX_ROLE_FAULTY;
  });
  change(m, "/dev/vdb", [](mdx_super& sb) {
    sb.events = 15;
    sb.roles[0] = MDX_ROLE_FAULTY;
    sb.resync_offset = MDX_SECTOR_NONE;
  });
  auto forced = m.run({"-A", "--force", "--run", "/dev/md0", "/dev/vda", "/dev/vdb", "/dev/vdc"});
  CHECK(forced.status == 0);
  CHECK(forced.said_text("forcing event count in /dev/vdb(1) from 15 up to 20"));
  CHECK_FALSE(forced.said_text("forcing event count in /dev/vda"));
  for (const char* path : {"/dev/vdb", "/dev/vdc"}) {
    const auto sb = super_of(m, path);
    CHECK(sb.events == 20);
    CHECK(sb.roles[0] == MDX_ROLE_FAULTY);
    CHECK(sb.roles[1] == 1);
    CHECK(sb.roles[2] == 2);
  }
}

TEST_CASE("patterns of the configuration match links") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md/home", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  REQUIRE(m.run({"-C", "/dev/md/srv", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md/home"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md/srv"}).status == 0);
  m.blocks.disk("/dev/vda").links = {"/dev/disk/by-id/good-1"};
  m.blocks.disk("/dev/vdb").links = {"/dev/disk/by-path/x", "/dev/disk/by-id/good-2"};
  m.blocks.disk("/dev/vdc").links = {"/dev/disk/by-id/bad-1"};

  SUBCASE("DEVICE") {
    m.config.device_patterns = {"/dev/disk/by-id/good-*"};
    const auto examined = m.run({"-Es"}).out;
    CHECK(examined.find("home") != std::string::npos);
    CHECK(examined.find("srv") == std::string::npos);
    CHECK(m.run({"-I", "/dev/vdc"}).said_text("not permitted by the DEVICE lines"));
    CHECK(m.run({"-I", "/dev/vda"}).status == 0);
    // What udev does when the array is announced.
    REQUIRE(m.kernel.ensure_node("/dev/md127", "md127", std::chrono::milliseconds(0)));
    REQUIRE(m.run({"-S", "/dev/md127"}).status == 0);
    auto up = m.run({"-A", "--scan"});
    CHECK(up.said_text("/dev/md/home has been started with 2 drives."));
    CHECK_FALSE(up.said_text("srv"));
  }
  SUBCASE("devices=") {
    model::ArrayConfig line;
    line.device = "/dev/md/data";
    line.devices = {"/dev/disk/by-id/good-*"};
    m.config.arrays = {line};
    CHECK(m.run({"-A", "/dev/md/data"}).status == 0);
    REQUIRE(m.run({"-S", "/dev/md/data"}).status == 0);
    CHECK(m.run({"-I", "/dev/vda"}).said_text("/dev/vda attached to /dev/md/data"));
  }
}

TEST_CASE("assemble --scan: another host's array waits for all, and for the first write") {
  Machine m;
  m.add_disks();
  REQUIRE(
      m.run({"-C", "/dev/md/home", "-R", "--homehost=other", "-l1", "-n2", "/dev/vda", "/dev/vdb"})
          .status == 0);
  REQUIRE(m.run({"-S", "/dev/md/home"}).status == 0);
  m.blocks.disk("/dev/vdb").mounted = true;
  m.kernel.log.clear();
  auto part = m.run({"-A", "--scan"});
  CHECK(part.status == 1);
  CHECK(part.said_text("need all 2 to start it"));
  CHECK(m.kernel.log.empty());
  m.blocks.disk("/dev/vdb").mounted = false;
  auto whole = m.run({"-A", "--scan"});
  CHECK(whole.status == 0);
  CHECK(m.kernel.array("md127").state == "read-auto");
  // Ours is started as it is.
  REQUIRE(m.run({"-C", "/dev/md/srv", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md/srv"}).status == 0);
  m.blocks.disk("/dev/vdd").mounted = true;
  CHECK(m.run({"-A", "--scan"}).status == 0);
  CHECK(m.kernel.array("md126").state == "clean");
}
