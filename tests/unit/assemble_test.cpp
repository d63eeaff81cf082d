// SPDX-License-Identifier: GPL-2.0-only
// --assemble and what it must not do, on a simulated machine.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/raid/md_p.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>

#include "config/parser.hpp"
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

// A stopped mirror of vda and vdb, md0, and a stopped stripe of vdc and vdd, md1.
void mirror_and_stripe(Machine& m) {
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l0", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md1"}).status == 0);
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

TEST_CASE("0.90 is 0.9 and 00.90 as well") {
  for (const char* spelled : {"0.9", "0.90", "00.90", "0"}) {
    INFO(spelled);
    const std::string metadata = std::string("--metadata=") + spelled;
    Machine m;
    m.add_disks();
    REQUIRE(
        m.run({"-C", "/dev/md0", "-R", metadata, "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status ==
        0);
    CHECK(super_of(m, "/dev/vda").version == MDX_SB_0_90);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"-E", metadata, "/dev/vda"}).out.find("0.90.00") != std::string::npos);
    REQUIRE(m.run({"-A", metadata, "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    config::parse_config(std::string("DEVICE /dev/vd*\nCREATE metadata=") + spelled +
                             "\nARRAY /dev/md0 metadata=" + spelled +
                             " devices=/dev/vda,/dev/vdb\n",
                         "test", m.config);
    CHECK(m.config.problems.empty());
    REQUIRE(m.run({"-A", "--scan"}).status == 0);
    REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
    CHECK(super_of(m, "/dev/vdc").version == MDX_SB_0_90);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    CHECK(m.run({"--zero-superblock", metadata, "/dev/vda"}).status == 0);
  }
}

TEST_CASE("assemble --scan ARRAY: a configuration line that goes on in the next") {
  struct Case {
    const char* create;
    const char* tags;
  };
  for (const auto& [create, tags] :
       {Case{"1.2",
             "metadata=1.2\n  metadata=0.90 devices="
             "/dev/vda,/dev/vdb,/dev/vdc\n"},
        Case{"0.90",
             "metadata=0.90\n  metadata=1 devices="
             "/dev/vda,/dev/vdb,/dev/vdc\n"},
        Case{"0.90", "\n  metadata=0.90 devices=/dev/vd[a-c]\n"},
        Case{"1.2", "\n\tdevices=/dev/vd* name=2\n"}, Case{"1.2", "name=box:2 name=other\n"}}) {
    INFO(create << " " << tags);
    Machine m;
    m.add_disks();
    REQUIRE(m.run({"-C", "/dev/md2", "-R", "-e", create, "-l0", "-n3", "/dev/vda", "/dev/vdb",
                   "/dev/vdc"})
                .status == 0);
    REQUIRE(m.run({"-S", "/dev/md2"}).status == 0);
    config::parse_config(std::string("DEVICE /dev/vd*\nARRAY /dev/md2 ") + tags, "test", m.config);
    REQUIRE(m.run({"--assemble", "--scan", "/dev/md2"}).status == 0);
    CHECK(m.kernel.array("md2").members.size() == 3);
  }
}

TEST_CASE("assemble --scan: arrays of arrays, one beside a disk, come up in one go") {
  for (const char* level : {"-l0", "-l1"}) {
    INFO(level);
    Machine m;
    // First, so that the upper array's free member is seen before the lower array's.
    m.blocks.add("/dev/vdx", 81920);
    m.add_disks();
    m.blocks.add("/dev/md1", 79872).number = {9, 1};
    m.blocks.present = [&](const Disk& disk) {
      return disk.path != "/dev/md1" || (m.kernel.has("md1") && m.kernel.array("md1").active());
    };
    REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
    REQUIRE(m.run({"-C", "/dev/md0", "-R", level, "-n2", "/dev/md1", "/dev/vdx"}).status == 0);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    REQUIRE(m.run({"-S", "/dev/md1"}).status == 0);
    auto out = m.run({"-A", "--scan"});
    for (const auto& line : out.said) INFO(line);
    CHECK(out.status == 0);
    REQUIRE(m.kernel.array("md1").active());
    REQUIRE(m.kernel.array("md0").active());
    CHECK(m.kernel.array("md0").members.size() == 2);
    CHECK(out.said.size() == 2);
  }
}

TEST_CASE("assemble --scan: what stays incomplete is started last, or refused once") {
  Machine m;
  mirror_and_stripe(m);
  m.blocks.present = [&](const Disk& disk) {
    return disk.path != "/dev/vda" && disk.path != "/dev/vdc";
  };
  auto out = m.run({"-A", "--scan"});
  CHECK(out.status == 1);
  REQUIRE(out.said.size() == 2);
  CHECK(out.said[0].find("has been started with 1 drive (out of 2)") != std::string::npos);
  CHECK(out.said[1].find("not enough to start the array") != std::string::npos);
}

TEST_CASE("assemble --scan: a listed array that was not assembled is told, by status 2 as well") {
  Machine m;
  mirror_and_stripe(m);
  auto configure = [&](const std::string& text) {
    m.config.arrays.clear();
    config::parse_config(text, "test", m.config);
    REQUIRE(m.config.problems.empty());
  };
  const std::string mirror = "ARRAY /dev/md0 name=box:0\n", stripe = "ARRAY /dev/md1 name=box:1\n",
                    nobody = "ARRAY /dev/md9 name=box:9\n";
  configure(mirror + nobody + "ARRAY <ignore> name=box:1\n");
  auto some = m.run({"-A", "--scan"});
  CHECK(some.status == 2);
  REQUIRE(some.said.size() == 2);
  CHECK(some.said[0].find("/dev/md0 has been started") != std::string::npos);
  CHECK(some.said[1].find("/dev/md9 is not assembled") != std::string::npos);

  configure(mirror);
  auto running = m.run({"-A", "--scan"});
  CHECK(running.status == 2);
  CHECK(running.said_text("/dev/md0 is not assembled: it is active already"));

  configure(mirror + stripe);
  m.blocks.disk("/dev/vdd").mounted = true;
  auto refused = m.run({"-A", "--scan"});
  CHECK(refused.status == 3);
  CHECK(refused.said_text("not enough to start the array"));
  CHECK_FALSE(refused.said_text("/dev/md1 is not assembled"));
  m.blocks.disk("/dev/vdd").mounted = false;
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  CHECK(m.run({"-A", "--scan"}).status == 0);

  configure("ARRAY <ignore> name=box:0\n");
  CHECK(m.run({"-A", "--scan"}).status == 1);
}

TEST_CASE("assemble: devices that are all in use are no devices") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  m.kernel.log.clear();
  auto out = m.run({"-A", "/dev/md1", "/dev/vda", "/dev/vdb"});
  CHECK(out.status == 2);
  CHECK(out.said_text("/dev/vda is busy - skipping"));
  CHECK(out.said_text("/dev/vdb is busy - skipping"));
  CHECK(out.said_text("no devices found for /dev/md1"));
  CHECK(m.kernel.log.empty());
  // Not so what is no member at all.
  CHECK(m.run({"-A", "/dev/md1", "/dev/vda", "/dev/vdc"}).status == 1);
}
