// SPDX-License-Identifier: GPL-2.0-only
// Manage and incremental mode, and what is shown, on a simulated machine.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "config/parser.hpp"
#include "machine.hpp"
#include "monitor/examine.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

constexpr const char* kUuid = "01020304:05060708:090a0b0c:0d0e0f10";

void make_mirror(Machine& m) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", std::string("--uuid=") + kUuid, "/dev/vda",
                 "/dev/vdb"})
              .status == 0);
}

}  // namespace

TEST_CASE("fail, remove and add in one command") {
  Machine m;
  make_mirror(m);
  auto out = m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb", "--add", "/dev/vdc"});
  CHECK(out.status == 0);
  CHECK(out.said == std::vector<std::string>{"set /dev/vdb faulty in /dev/md0",
                                             "hot removed /dev/vdb from /dev/md0",
                                             "added /dev/vdc"});
  CHECK(m.kernel.log.back() == "md0 ADD_NEW_DISK 254:32 2 -1");
}

TEST_CASE("manage refuses what md would, in mdadm's words") {
  Machine m;
  make_mirror(m);
  auto active = m.run({"/dev/md0", "--remove", "/dev/vda"});
  CHECK(active.status == 1);
  CHECK(active.said[0].rfind("hot remove failed for /dev/vda: Device or resource busy", 0) == 0);
  CHECK(active.said[0].find("--fail it first") != std::string::npos);
  CHECK(m.run({"/dev/md0", "--fail", "/dev/vdb"}).status == 0);
  auto last = m.run({"/dev/md0", "--fail", "/dev/vda"});
  CHECK(last.status == 2);
  CHECK(last.said[0].rfind("set device faulty failed for /dev/vda:  Device or resource busy", 0) ==
        0);
  CHECK(m.run({"/dev/md0", "--fail", "/dev/nope"}).said[0] ==
        "stat failed for /dev/nope: No such file or directory");
  CHECK(m.run({"/dev/md0", "--add", "/dev/vda"}).said[0].rfind("Cannot open /dev/vda: ", 0) == 0);
  CHECK(m.run({"/dev/md0", "--re-add", "/dev/vdd"})
            .said[0]
            .rfind("--re-add for /dev/vdd to /dev/md0 is not possible", 0) == 0);
}

TEST_CASE("a dry run refuses to remove what is active, and not what it would have failed") {
  Machine m;
  make_mirror(m);
  auto active = m.run({"--dry-run", "/dev/md0", "--remove", "/dev/vda"});
  CHECK(active.status == 1);
  CHECK(active.said_text("hot remove failed for /dev/vda: Device or resource busy"));
  CHECK(m.run({"--dry-run", "/dev/md0", "--fail", "/dev/vda", "--remove", "/dev/vda"}).status == 0);
  m.run({"/dev/md0", "--fail", "/dev/vda"});
  CHECK(m.run({"--dry-run", "/dev/md0", "--remove", "/dev/vda"}).status == 0);
}

TEST_CASE("remove failed takes all of them and none is no failure") {
  Machine m;
  make_mirror(m);
  m.run({"/dev/md0", "--fail", "/dev/vdb"});
  CHECK(m.run({"/dev/md0", "--remove", "failed"}).said.back() ==
        "hot removed 254:16 from /dev/md0");
  CHECK(m.run({"/dev/md0", "--remove", "failed"}).status == 0);
  CHECK(m.run({"-t", "/dev/md0", "--remove", "failed"}).status == 2);
}

TEST_CASE("add asks before it overwrites") {
  Machine m;
  make_mirror(m);
  m.blocks.disk("/dev/vdc").signatures = {{"ext4", "filesystem", "", "", ""}};
  const unsigned before = m.blocks.disk("/dev/vdc").writes;
  auto no = m.run({"/dev/md0", "--add", "/dev/vdc"});
  CHECK(no.status == 1);
  CHECK(no.said_text("--force adds it"));
  CHECK(m.blocks.disk("/dev/vdc").writes == before);
  CHECK(m.run({"/dev/md0", "--force", "--add", "/dev/vdc"}).status == 0);
}

TEST_CASE("add: too small is refused") {
  Machine m;
  make_mirror(m);
  m.blocks.add("/dev/small", 20480);
  CHECK(m.run({"/dev/md0", "--add", "/dev/small"}).said[0] ==
        "/dev/small not large enough to join array");
}

TEST_CASE("incremental: unsafe first, started when complete") {
  Machine m;
  make_mirror(m);
  m.run({"-S", "/dev/md0"});
  auto first = m.run({"-I", "--export", "/dev/vda"});
  CHECK(first.status == 0);
  CHECK(first.out == "MD_DEVICE=md0\nMD_DEVNAME=0\nMD_FOREIGN=no\nMD_STARTED=unsafe\n");
  CHECK(first.said.empty());  // udev reads this
  auto second = m.run({"-I", "--export", "/dev/vdb"});
  CHECK(second.out == "MD_DEVICE=md0\nMD_DEVNAME=0\nMD_FOREIGN=no\nMD_STARTED=yes\n");
  CHECK(m.kernel.array("md0").state == "read-auto");
  // What udev does when the array is announced.
  REQUIRE(m.kernel.ensure_node("/dev/md0", "md0", std::chrono::milliseconds(0)).has_value());
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  const auto unsafe = m.run({"-I", "/dev/vda"});
  INFO((unsafe.said.empty() ? std::string("silent") : unsafe.said.back()));
  CHECK(unsafe.said_text("/dev/vda attached to /dev/md/0, not enough to start safely."));
  const auto started = m.run({"-I", "/dev/vdb"});
  INFO((started.said.empty() ? std::string("silent") : started.said.back()));
  CHECK(started.said_text("attached to /dev/md/0, which has been started."));
  CHECK(m.run({"-I", "/dev/vdc"}).said[0] == "no recognisable superblock on /dev/vdc.");
  CHECK(m.run({"-If", "vdb"}).said.size() == 2);
  CHECK(m.kernel.array("md0").members.size() == 1);
  CHECK(m.run({"-If", "/dev/vda"}).status == 1);
}

TEST_CASE("detail: mdadm's text, column by column") {
  Machine m;
  make_mirror(m);
  m.run({"/dev/md0", "--fail", "/dev/vdb"});
  auto out = m.run({"-D", "/dev/md0"});
  CHECK(out.status == 0);
  const std::string head =
      "/dev/md0:\n"
      "           Version : 1.2\n"
      "        Raid Level : raid1\n"
      "        Array Size : 39936 (39.00 MiB 40.89 MB)\n"
      "     Used Dev Size : 39936 (39.00 MiB 40.89 MB)\n"
      "      Raid Devices : 2\n"
      "     Total Devices : 2\n"
      "       Persistence : Superblock is persistent\n"
      "\n";
  CHECK(out.out.substr(0, head.size()) == head);
  const std::string tail =
      "             State : clean, degraded \n"
      "    Active Devices : 1\n"
      "   Working Devices : 1\n"
      "    Failed Devices : 1\n"
      "     Spare Devices : 0\n"
      "\n"
      "Consistency Policy : resync\n"
      "\n"
      "              Name : box:0  (local to host box)\n"
      "              UUID : 01020304:05060708:090a0b0c:0d0e0f10\n"
      "            Events : 0\n"
      "\n"
      "    Number   Major   Minor   RaidDevice State\n"
      "       0     254        0        0      active sync   /dev/vda\n"
      "       -       0        0        1      removed\n"
      "\n"
      "       1     254       16        -      faulty   /dev/vdb\n";
  REQUIRE(out.out.size() > tail.size());
  CHECK(out.out.substr(out.out.size() - tail.size()) == tail);
  CHECK(m.run({"-D", "-t", "/dev/md0"}).status == 1);
  CHECK(m.run({"-D", "-t", "/dev/md7"}).status == 4);
}

TEST_CASE("detail: brief, export and JSON") {
  Machine m;
  make_mirror(m);
  CHECK(m.run({"-Db", "/dev/md0"}).out ==
        std::string("ARRAY /dev/md0 metadata=1.2 name=box:0 UUID=") + kUuid + "\n");
  CHECK(m.run({"-Dsv"}).out ==
        std::string("ARRAY /dev/md0 level=raid1 num-devices=2 metadata=1.2 name=box:0 UUID=") +
            kUuid + "\n   devices=/dev/vda,/dev/vdb\n");
  CHECK(m.run({"-D", "--export", "/dev/md0"}).out ==
        std::string("MD_LEVEL=raid1\nMD_DEVICES=2\nMD_METADATA=1.2\nMD_UUID=") + kUuid +
            "\nMD_NAME=box:0\nMD_DEVICE_dev_vda_ROLE=0\nMD_DEVICE_dev_vda_DEV=/dev/vda\n"
            "MD_DEVICE_dev_vdb_ROLE=1\nMD_DEVICE_dev_vdb_DEV=/dev/vdb\n");
  CHECK(m.run({"-D", "--export", "--no-devices", "/dev/md0"}).out.find("DEVICE_") ==
        std::string::npos);
  auto json = m.run({"-D", "/dev/md0"}).json[0];
  CHECK(json["array"] == "md0");
  CHECK(json["health"] == "ok");
  CHECK(json["members"].size() == 2);
  CHECK(json["members"][1]["state"] == "active sync");
  CHECK(json["sync"].is_null());
}

TEST_CASE("examine: mdadm's text") {
  Machine m;
  make_mirror(m);
  auto text = m.run({"-E", "/dev/vda"}).out;
  const std::string head =
      "/dev/vda:\n"
      "          Magic : a92b4efc\n"
      "        Version : 1.2\n"
      "    Feature Map : 0x0\n"
      "     Array UUID : 01020304:05060708:090a0b0c:0d0e0f10\n"
      "           Name : box:0  (local to host box)\n"
      "  Creation Time : Tue Nov 14 22:13:20 2023\n"
      "     Raid Level : raid1\n"
      "   Raid Devices : 2\n"
      "\n"
      " Avail Dev Size : 79872 sectors (39.00 MiB 40.89 MB)\n"
      "     Array Size : 39936 KiB (39.00 MiB 40.89 MB)\n"
      "    Data Offset : 2048 sectors\n"
      "   Super Offset : 8 sectors\n"
      "   Unused Space : before=1968 sectors, after=0 sectors\n"
      "          State : active\n";
  CHECK(text.substr(0, head.size()) == head);
  CHECK(text.find("\n  Bad Block Log : 512 entries available at offset 16 sectors\n") !=
        std::string::npos);
  CHECK(text.find("         Events : 0\n\n\n   Device Role : Active device 0\n"
                  "   Array State : AA ('A' == active, '.' == missing, 'R' == replacing)\n") !=
        std::string::npos);
  CHECK(m.run({"-E", "/dev/vdc"}).said.back() == "No md superblock detected on /dev/vdc.");
  CHECK(m.run({"-E", "/dev/vdc"}).status == 1);
  CHECK(m.run({"-Es"}).out ==
        std::string("ARRAY /dev/md/0  metadata=1.2 UUID=") + kUuid + " name=box:0\n");
  CHECK(m.run({"-E", "-Y", "/dev/vda"}).out.find("MD_ARRAY_SIZE=40.89MB\n") != std::string::npos);
}

TEST_CASE("query") {
  Machine m;
  make_mirror(m);
  CHECK(m.run({"-Q", "/dev/md0"}).out ==
        "/dev/md0: 39.00MiB raid1 2 devices, 0 spares. Use mdadm --detail for more detail.\n");
  CHECK(m.run({"/dev/vda"}).out ==
        "/dev/vda: is not an md array\n"
        "/dev/vda: device 0 in 2 device active raid1 /dev/md0.  Use mdadm --examine for more "
        "detail.\n");
  CHECK(m.run({"-Q", "/dev/vdd"}).out == "/dev/vdd: is not an md array\n");
}

TEST_CASE("query: a member's own number, and what it is to the array of its superblock") {
  Machine m;
  make_mirror(m);
  auto said = [&](const char* path, const std::string& text) {
    const auto out = m.run({"-Q", path}).out;
    return out == fmt::format(
                      "{0}: is not an md array\n{0}: {1}.  Use mdadm --examine for more "
                      "detail.\n",
                      path, text);
  };
  REQUIRE(m.run({"/dev/md0", "--add", "/dev/vdc"}).status == 0);
  CHECK(said("/dev/vdc", "device 2 in 2 device active raid1 /dev/md0"));
  CHECK(m.run({"-Q", "/dev/vdc"}).json[0]["member"]["role"] == "spare");
  CHECK(m.run({"-Q", "/dev/vdc"}).json[0]["member"]["number"] == 2);
  // Known by its array's identity, with the map and without: nobody holds it any more.
  REQUIRE(m.run({"/dev/md0", "--fail", "/dev/vda", "--remove", "/dev/vda"}).status == 0);
  CHECK(said("/dev/vda", "device 0 in 2 device mismatch raid1 /dev/md0"));
  std::filesystem::remove(m.map_directory + "/map");
  CHECK(said("/dev/vda", "device 0 in 2 device mismatch raid1 /dev/md0"));
  const auto json = m.run({"-Q", "/dev/vda"}).json[0]["member"];
  CHECK(json["state"] == "mismatch");
  CHECK(json["of"] == "/dev/md0");
  CHECK(json["active"] == false);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  CHECK(said("/dev/vdb", "device 1 in 2 device inactive raid1 array"));
  CHECK(m.run({"-Q", "/dev/vdb"}).json[0]["member"]["of"].is_null());
  REQUIRE(m.run({"-I", "/dev/vdb"}).status == 0);
  const auto half = m.run({"-Q", "/dev/vdb"});
  CHECK(half.json[0]["member"]["state"] == "undetected");
  CHECK(half.out.find("device 1 in 2 device undetected raid1 /dev/md") != std::string::npos);
}

TEST_CASE("wait: 0 if there was something to wait for, 1 if not") {
  Machine m;
  make_mirror(m);
  CHECK(m.run({"--wait", "/dev/md0"}).status == 1);
  m.kernel.mdstat_override =
      "md0 : active raid1 vdb[1] vda[0]\n      39936 blocks super 1.2 [2/2] [UU]\n"
      "      [=>...................]  resync =  5.0% (2000/39936) finish=0.5min speed=1024K/sec\n";
  auto waited = m.run({"--wait", "/dev/md0"});
  CHECK(waited.status == 0);
  CHECK(waited.said_text("1.0 MiB/s  0:30 left"));
}

TEST_CASE("readonly and readwrite say when there is nothing to do") {
  Machine m;
  make_mirror(m);
  CHECK(m.run({"--readonly", "/dev/md0"}).status == 0);
  CHECK(m.run({"-o", "/dev/md0"}).said_text("read-only already"));
  CHECK(m.run({"-w", "/dev/md0"}).status == 0);
  CHECK(m.run({"-w", "/dev/md0"}).status == 1);
}

TEST_CASE("later modes are refused by name") {
  Machine m;
  m.add_disks();
  CHECK(m.run({"--monitor", "/dev/md0"}).said_text("--monitor is not part of this release"));
  CHECK(m.run({"--dump=/tmp", "/dev/vda"}).said_text("--dump is not part of this release"));
}

TEST_CASE("add to an array without superblocks asks before data is overwritten") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-B", "/dev/md0", "-l1", "-n2", "/dev/vda", "missing"}).status == 0);
  m.blocks.disk("/dev/vdb").signatures = {{"ext4", "filesystem", "", "", ""}};
  m.kernel.log.clear();
  auto no = m.run({"/dev/md0", "--add", "/dev/vdb"});
  CHECK(no.status == 1);
  CHECK(no.said_text("/dev/vdb appears to contain an ext2fs file system"));
  CHECK(no.said_text("--force adds it"));
  CHECK(m.kernel.log.empty());
  m.answers = {true};
  CHECK(m.run({"/dev/md0", "--add", "/dev/vdb"}).status == 0);
  m.blocks.disk("/dev/vdc").signatures = {{"ext4", "filesystem", "", "", ""}};
  m.answers = {};
  CHECK(m.run({"/dev/md0", "--force", "--add", "/dev/vdc"}).status == 0);
  CHECK(m.run({"/dev/md0", "--add", "/dev/vdd"}).status == 0);
}

TEST_CASE("add to an array of firmware RAID is refused") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-B", "/dev/md0", "-l1", "-n2", "/dev/vda", "missing"}).status == 0);
  m.kernel.log.clear();
  m.kernel.array("md0").metadata = "external:/md127/0";
  auto member = m.run({"/dev/md0", "--force", "--add", "/dev/vdb"});
  CHECK(member.status == 1);
  CHECK(member.said_text(
      "Cannot add disks to a 'member' array, perform this operation on the parent container"));
  m.kernel.array("md0").metadata = "external:imsm";
  CHECK(m.run({"/dev/md0", "--force", "--add", "/dev/vdb"}).said_text("firmware RAID"));
  CHECK(m.kernel.log.empty());
}

TEST_CASE("one unreadable place does not hide the superblock at another") {
  Machine m;
  make_mirror(m);
  m.run({"-S", "/dev/md0"});
  m.blocks.disk("/dev/vda").bad_pages = {0};                                           // of 1.1
  m.blocks.disk("/dev/vdb").bad_pages = {m.blocks.disk("/dev/vdb").sectors / 8 - 16};  // of 0.90
  CHECK(m.run({"-Es"}).out ==
        std::string("ARRAY /dev/md/0  metadata=1.2 UUID=") + kUuid + " name=box:0\n");
  CHECK(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
  m.blocks.disk("/dev/vdc").bad_pages = {0};
  auto nothing = m.run({"-E", "/dev/vdc"});
  CHECK(nothing.status == 1);
  CHECK(nothing.said_text("cannot read /dev/vdc"));
  auto known = monitor::examine(m.blocks, "/dev/vda");
  REQUIRE(known.has_value());
  CHECK(*known);
  CHECK_FALSE(monitor::examine(m.blocks, "/dev/vdc").has_value());
  auto bare = monitor::examine(m.blocks, "/dev/vdd");
  REQUIRE(bare.has_value());
  CHECK_FALSE(*bare);
}

TEST_CASE("names from disk cannot add lines to what udev or a configuration reads") {
  Machine m;
  make_mirror(m);
  auto rename = [&](const std::string& name) {
    for (const char* path : {"/dev/vda", "/dev/vdb"}) {
      auto device = m.blocks.open(path, kernel::Access::write);
      auto super = system::load_superblock(**device);
      std::memset((*super)->set_name, 0, sizeof(*super)->set_name);
      name.copy((*super)->set_name, sizeof(*super)->set_name - 1);
      REQUIRE(system::store_superblock(**device, **super));
    }
  };
  auto config_of = [](const std::string& text) {
    model::Config out;
    config::parse_config(text, "t.conf", out);
    CHECK_MESSAGE(out.problems.empty(), text);
    REQUIRE(out.arrays.size() == 1);
    return out.arrays[0];
  };
  m.run({"-S", "/dev/md0"});
  rename("box:a\nMD_LEVEL=x");
  CHECK(m.run({"-E", "--export", "/dev/vda"}).out.find("\nMD_NAME=box:a\n") != std::string::npos);
  CHECK(m.run({"-E", "--export", "/dev/vda"}).out.find("=x") == std::string::npos);
  CHECK(config_of(m.run({"-Es"}).out).name.empty());
  CHECK(config_of(m.run({"-Es"}).out).device == "/dev/md/a-MD_LEVEL=x");
  REQUIRE(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(m.run({"-D", "--export", "/dev/md0"}).out.find("\nMD_NAME=box:a\nMD_DEVICE_") !=
        std::string::npos);
  CHECK(config_of(m.run({"-Db", "/dev/md0"}).out).name.empty());
  CHECK(to_string(*config_of(m.run({"-Db", "/dev/md0"}).out).uuid) == kUuid);
  for (const std::string name :
       {"box:my home", "box:#1", "box:it's", "box:\"q\" it's", "box:a\tb"}) {
    CAPTURE(name);
    REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
    rename(name);
    CHECK(config_of(m.run({"-Es"}).out).name == (name.find('\t') == name.npos ? name : ""));
    REQUIRE(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
    CHECK(config_of(m.run({"-Db", "/dev/md0"}).out).name ==
          (name.find('\t') == name.npos ? name : ""));
  }
}

TEST_CASE("a re-add the driver cannot do now is an error, not a rebuild") {
  Machine m;
  make_mirror(m);
  m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"});
  const unsigned before = m.blocks.total_writes();
  m.kernel.log.clear();
  for (int err : {EROFS, ENOMEM, EBUSY}) {
    Error refusal = Error::from_errno(err, "cannot add a member to md0");
    m.kernel.refuse_add = &refusal;
    for (const char* how : {"--add", "--re-add"}) {
      auto out = m.run({"/dev/md0", how, "/dev/vdb"});
      CHECK(out.status == 1);
      CHECK(out.said_text(std::generic_category().message(err)));
    }
  }
  CHECK(m.kernel.log.size() == 6);
  CHECK(m.blocks.total_writes() == before);
  m.kernel.refuse_add = nullptr;
  CHECK(m.run({"/dev/md0", "--add", "/dev/vdb"}).said.back() == "added /dev/vdb");
}

TEST_CASE("a member that comes back keeps write-mostly and failfast unless told otherwise") {
  constexpr auto write_mostly = 1 << MD_DISK_WRITEMOSTLY, failfast = 1 << MD_DISK_FAILFAST;
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "--write-mostly", "--failfast",
                 "/dev/vdb"})
              .status == 0);
  m.kernel.array("md0").bitmap = true;
  auto back = [&](std::vector<std::string> words) {
    m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"});
    words.insert(words.begin(), "/dev/md0");
    auto out = m.run(words);
    CHECK(out.said.back() == "re-added /dev/vdb");
    return m.kernel.added.back().state & (write_mostly | failfast);
  };
  CHECK(back({"--re-add", "/dev/vdb"}) == (write_mostly | failfast));
  CHECK(back({"--add", "/dev/vdb"}) == (write_mostly | failfast));
  CHECK(back({"--re-add", "--readwrite", "/dev/vdb"}) == failfast);
  CHECK(back({"--re-add", "--nofailfast", "/dev/vdb"}) == write_mostly);
}

TEST_CASE("add to an array that has failed is refused before anything is written") {
  Machine m;
  m.add_disks();
  REQUIRE(
      m.run({"-C", "/dev/md0", "-R", "--force", "-l5", "-n3", "/dev/vda", "/dev/vdb", "/dev/vdc"})
          .status == 0);
  m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb", "--fail", "/dev/vdc"});
  const unsigned before = m.blocks.total_writes();
  for (const char* path : {"/dev/vdb", "/dev/vdd"}) {
    auto out = m.run({"/dev/md0", "--force", "--add", path});
    CHECK(out.status == 1);
    CHECK(out.said_text(
        std::string("/dev/md0 has failed so using --add cannot work and might destroy data on ") +
        path));
  }
  CHECK(m.blocks.total_writes() == before);
}

TEST_CASE("add: nobody waits for an answer, and consent is to what was seen") {
  Machine m;
  make_mirror(m);
  m.blocks.disk("/dev/vdc").signatures = {{"ext4", "filesystem", "", "", ""}};
  const unsigned before = m.blocks.total_writes();
  m.answers = {true};
  bool held = true;
  m.meanwhile = [&] {
    held = m.lock.held;
    m.blocks.disk("/dev/vdc").signatures = {{"xfs", "filesystem", "", "", ""}};
  };
  CHECK(m.run({"/dev/md0", "-q", "--add", "/dev/vdc"})
            .said_text("/dev/vdc not added: it or the array changed meanwhile"));
  CHECK_FALSE(held);
  CHECK(m.lock.held);
  CHECK(m.run({"/dev/md0", "-q", "--add", "/dev/vdc"}).status == 0);
  m.blocks.disk("/dev/vdd").signatures = {{"ext4", "filesystem", "", "", ""}};
  auto program = m.run({"/dev/md0", "--json", "--add", "/dev/vdd"});
  CHECK(program.status == 1);
  CHECK(program.questions.empty());
  CHECK(program.said_text("appears to contain"));
  CHECK(m.blocks.disk("/dev/vdd").writes == 0);
  CHECK(m.blocks.total_writes() > before);
}
