// SPDX-License-Identifier: GPL-2.0-only
// --create, --assemble and --stop on a simulated machine.
#include <doctest/doctest.h>

#include "machine.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

bool has_super(Machine& machine, const std::string& path) {
  auto device = machine.blocks.open(path, kernel::Access::read);
  return system::load_superblock(**device).has_value();
}

}  // namespace

TEST_CASE("create: superblocks, calls in order, message") {
  Machine m;
  m.add_disks();
  auto out =
      m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "-x1", "/dev/vda", "/dev/vdb", "/dev/vdc"});
  CHECK(out.status == 0);
  CHECK(out.said.back() == "array /dev/md0 started.");
  CHECK(out.said_text("Defaulting to version 1.2 metadata"));
  CHECK(m.kernel.log == std::vector<std::string>{"md0 SET_ARRAY_INFO", "md0 ADD_NEW_DISK 254:0 0 0",
                                                 "md0 ADD_NEW_DISK 254:16 1 1",
                                                 "md0 ADD_NEW_DISK 254:32 2 -1", "md0 RUN_ARRAY"});
  const auto a = super_of(m, "/dev/vda"), c = super_of(m, "/dev/vdc");
  CHECK(std::string(a.set_name) == "box:0");
  CHECK(a.size == 79872);
  CHECK(a.role == 0);
  CHECK(c.role == MDX_ROLE_SPARE);
  CHECK(c.dev_number == 2);
  CHECK(mdx_sb_same_set(&a, &c));
}

TEST_CASE("create: a missing member keeps its slot and number") {
  Machine m;
  m.add_disks();
  CHECK(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "-x1", "/dev/vda", "missing", "/dev/vdb"})
            .status == 0);
  const auto b = super_of(m, "/dev/vdb");
  CHECK(b.dev_number == 2);
  CHECK(b.roles[1] == MDX_ROLE_SPARE);
}

TEST_CASE("create: nothing happens without consent") {
  Machine m;
  m.add_disks();
  m.blocks.disk("/dev/vdb").signatures = {{"ext4", "filesystem", "data", "", "size=1K"}};
  auto no = m.run({"-C", "/dev/md0", "-e1.2", "-l1", "-n2", "/dev/vda", "/dev/vdb"});
  CHECK(no.status == 1);
  CHECK(no.said[0] == "/dev/vdb appears to contain an ext2fs file system\n       size=1K");
  CHECK(no.said.back() == "create aborted.");
  CHECK(m.blocks.total_writes() == 0);
  CHECK(m.kernel.log.empty());
  m.answers = {true};
  CHECK(m.run({"-C", "/dev/md0", "-e1.2", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
}

TEST_CASE("create: a level the driver does not have is refused before the disks are touched") {
  Machine m;
  m.add_disks();
  CHECK(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(m.run({"-S", "/dev/md1"}).status == 0);
  const auto before = super_of(m, "/dev/vda");
  m.kernel.log.clear();
  Error missing(Code::unsupported, "it cannot run raid5");
  m.kernel.refuse_level = &missing;
  auto out = m.run({"-C", "/dev/md0", "-R", "-l5", "-n3", "/dev/vda", "/dev/vdb", "/dev/vdc"});
  CHECK(out.status == 1);
  CHECK(out.said_text("it cannot run raid5"));
  CHECK(m.kernel.log.empty());
  const auto after = super_of(m, "/dev/vda");
  CHECK(mdx_sb_same_set(&before, &after));
  CHECK_FALSE(has_super(m, "/dev/vdc"));
}

TEST_CASE("create: a member of another array is named") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  auto out = m.run({"-C", "/dev/md1", "-e1.2", "-l0", "-n2", "/dev/vda", "/dev/vdc"});
  CHECK(out.status == 1);
  CHECK(
      out.said_text("/dev/vda appears to be part of a raid array:\n       level=raid1 devices=2"));
}

TEST_CASE("create: refusals leave the disks alone") {
  Machine m;
  m.add_disks();
  m.blocks.add("/dev/tiny", 64);
  m.blocks.disk("/dev/vdc").read_only = true;
  m.blocks.disk("/dev/vdd").mounted = true;
  struct Row {
    std::vector<std::string> words;
    std::string text;
    int status;
  };
  for (const Row& row : std::vector<Row>{
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/vda"},
            "is on the command line twice",
            2},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdd"},
            "cannot open /dev/vdd",
            1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/nope"}, "No such file", 1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/tiny"}, "too small", 1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdc"},
            "/dev/vdc is read-only",
            1},
           {{"-C", "/dev/md0", "-R", "-l0", "-c16M", "-n2", "/dev/vda", "/dev/vdb"},
            "no room for a chunk of 16384K",
            1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "missing", "missing"},
            "can't be all missing",
            1},
           {{"-C", "/dev/md0", "-R", "-l0", "-n2", "/dev/vda", "missing"},
            "does not support missing",
            1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "/dev/vda"}, "haven't given enough devices", 1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n1", "/dev/vda"}, "unusual number of drives", 2},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "-z", "500M", "/dev/vda", "/dev/vdb"},
            "/dev/vda is smaller than given size. 39936K < 512000K + metadata",
            1},
           {{"-C", "/dev/md0", "-R", "-n2", "/dev/vda", "/dev/vdb"}, "a RAID level is needed", 1},
           {{"-C", "/dev/md0", "-R", "-l1", "/dev/vda", "/dev/vdb"},
            "no raid-devices specified.",
            1},
           {{"-C", "/dev/md0", "-R", "-l1", "-n2", "-b", "/a/file", "/dev/vda", "/dev/vdb"},
            "--bitmap=internal",
            1},
           {{"-C", "/dev/foo", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}, "/dev/foo", 1},
           {{"-C"}, "an md device must be given in this mode", 2}}) {
    auto out = m.run(row.words);
    CAPTURE(row.text);
    CHECK(out.said_text(row.text));
    CHECK(out.status == row.status);
    CHECK(m.blocks.total_writes() == 0);
  }
}

TEST_CASE("create: a driver that refuses leaves no array behind") {
  Machine m;
  m.add_disks();
  Error refusal(Code::kernel, "cannot start md0: Invalid argument");
  m.kernel.refuse_run = &refusal;
  auto out = m.run(kMirror);
  CHECK(out.status == 1);
  CHECK(out.said_text("dmesg"));
  CHECK(m.kernel.array("md0").state == "clear");
  CHECK(m.blocks.held.empty());
}

TEST_CASE("create: RAID0 of different sizes records its layout") {
  Machine m;
  m.blocks.add("/dev/vda", 81920);
  m.blocks.add("/dev/vdb", 163840);
  CHECK(m.run({"-C", "/dev/md0", "-R", "-l0", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  const auto a = super_of(m, "/dev/vda");
  CHECK(a.layout == 1);
  CHECK(a.chunk_sectors == 1024);
  CHECK(a.size == 0);
  m.run({"-S", "/dev/md0"});
  auto old = m.run({"-C", "/dev/md0", "-R", "-e0.90", "-l0", "-n2", "/dev/vda", "/dev/vdb"});
  CHECK(old.status == 1);
  CHECK(old.said_text("0.90 metadata does not support layouts for RAID0"));
}

TEST_CASE("dry run: the same steps, no write, no call") {
  Machine m;
  m.add_disks();
  m.blocks.disk("/dev/vda").signatures = {{"xfs", "filesystem", "", "", ""}};
  auto plan = m.run({"--dry-run", "-C", "/dev/md/home", "-l1", "-n2", "/dev/vda", "/dev/vdb"});
  CHECK(plan.status == 0);
  CHECK(m.blocks.total_writes() == 0);
  CHECK(m.kernel.log.empty());
  CHECK(!m.kernel.has("md127"));
  REQUIRE(plan.plan.size() == 9);
  CHECK(plan.plan[0].action == "make array object");
  CHECK(plan.plan[2].target == "/dev/vda");
  CHECK(plan.plan[2].action == "write superblock 1.2, 4096 bytes at 4096");
  CHECK(plan.plan[2].overwrites == "xfs");
  CHECK(plan.plan[3].overwrites.empty());
  CHECK(plan.plan[6].action == "start");
}

TEST_CASE("stop and assemble: back under the same name") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  auto stopped = m.run({"-S", "/dev/md0"});
  CHECK(stopped.status == 0);
  CHECK(stopped.said.back() == "stopped /dev/md0");
  auto up = m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"});
  CHECK(up.status == 0);
  CHECK(up.said.back() == "/dev/md0 has been started with 2 drives.");
}

TEST_CASE("assemble: one of two members waits for consent") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  m.run({"-S", "/dev/md0"});
  auto part = m.run({"-A", "/dev/md0", "/dev/vda"});
  CHECK(part.status == 1);
  CHECK(part.said.back() ==
        "/dev/md0 assembled from 1 drive - need all 2 to start it (use --run to insist).");
  auto run = m.run({"-A", "--run", "/dev/md0", "/dev/vda"});
  CHECK(run.status == 0);
  CHECK(run.said.back() == "/dev/md0 has been started with 1 drive (out of 2).");
}

TEST_CASE("assemble: what does not belong is refused") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vdc", "missing"}).status == 0);
  m.run({"-S", "/dev/md0"});
  m.run({"-S", "/dev/md1"});
  CHECK(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdd"})
            .said_text("/dev/vdd has no superblock - assembly aborted"));
  CHECK(m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdc"})
            .said_text("superblock on /dev/vdc doesn't match others"));
  auto name = m.run({"-A", "/dev/md0", "--name=nix", "/dev/vda"});
  CHECK(name.said[0] == "/dev/vda has wrong name.");
  CHECK(name.status == 2);
  CHECK(m.run({"-A", "/dev/md0", "--name=0", "/dev/vda", "/dev/vdb"}).status == 0);
}

TEST_CASE("assemble --scan: every array found, then nothing more") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md/home", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  REQUIRE(m.run({"-C", "/dev/md/srv", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  m.run({"-S", "/dev/md/home"});
  m.run({"-S", "/dev/md/srv"});
  auto up = m.run({"-A", "--scan"});
  CHECK(up.status == 0);
  CHECK(up.said_text("/dev/md/home has been started with 2 drives."));
  CHECK(up.said_text("/dev/md/srv has been started with 2 drives."));
  auto again = m.run({"-A", "--scan"});
  CHECK(again.status == 1);
  CHECK(again.said.back() == "No arrays found in config file or automatically");
}

TEST_CASE("assemble --update=name and uuid rewrite every member") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  m.run({"-S", "/dev/md0"});
  REQUIRE(m.run({"-A", "-U", "name", "--name=hello", "/dev/md0", "/dev/vda", "/dev/vdb"}).status ==
          0);
  CHECK(std::string(super_of(m, "/dev/vdb").set_name) == "box:hello");
  m.run({"-S", "/dev/md0"});
  REQUIRE(m.run({"-A", "-U", "uuid", "--uuid=01020304:05060708:090a0b0c:0d0e0f10", "/dev/md0",
                 "/dev/vda", "/dev/vdb"})
              .status == 0);
  CHECK(super_of(m, "/dev/vda").set_uuid[0] == 1);
  CHECK(super_of(m, "/dev/vdb").set_uuid[15] == 16);
  CHECK(m.run({"-A", "-U", "foo", "/dev/md0", "/dev/vda"}).status == 2);
}

TEST_CASE("assemble: a stale member is left out, --force takes it") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l0", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  m.run({"-S", "/dev/md0"});
  auto device = m.blocks.open("/dev/vda", kernel::Access::write);
  auto super = system::load_superblock(**device);
  (*super)->events += 10;
  REQUIRE(system::store_superblock(**device, **super));
  auto no = m.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb"});
  CHECK(no.status == 1);
  CHECK(no.said.back().find("not enough to start the array") != std::string::npos);
  CHECK(no.said.back().find("--force") != std::string::npos);
  auto forced = m.run({"-A", "--force", "/dev/md0", "/dev/vda", "/dev/vdb"});
  CHECK(forced.status == 0);
  CHECK(forced.said_text("forcing event count in /dev/vdb(1) from 0 up to 10"));
}

TEST_CASE("stop: an array in use stays") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  m.kernel.array("md0").state = "clean";
  CHECK(m.run({"-S", "/dev/md9"}).said.back() ==
        "error opening /dev/md9: No such file or directory");
  CHECK(m.run({"-S", "/dev/md9"}).status == 1);
  CHECK(m.run({"-S", "--scan"}).said.empty());
}

TEST_CASE("zero-superblock") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  auto busy = m.run({"--zero-superblock", "/dev/vda"});
  CHECK(busy.status == 2);
  CHECK(busy.said_text("md0 holds it"));
  m.run({"-S", "/dev/md0"});
  CHECK(m.run({"--zero-superblock", "/dev/vda"}).status == 0);
  CHECK(!has_super(m, "/dev/vda"));
  CHECK(m.run({"--zero-superblock", "/dev/vda"})
            .said_text("Unrecognised md component device - /dev/vda"));
}

TEST_CASE("a name that leads to a live array is refused before a disk is looked at") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md/home", "-R", "-l1", "-n2", "/dev/vda", "missing"}).status == 0);
  const unsigned before = m.blocks.total_writes();
  m.blocks.disk("/dev/vdb").fails_reads = true;
  m.kernel.log.clear();
  const std::string refusal = "array name /dev/md/home is in use already (md127)";
  const std::vector<std::string> create = {"-C",  "/dev/md/home", "-R",      "-l1",
                                           "-n2", "/dev/vdb",     "/dev/vdc"};
  auto out = m.run(create);
  CHECK(out.status == 1);
  REQUIRE(out.said.size() == 1);
  CHECK(out.said[0].rfind(refusal, 0) == 0);
  CHECK(m.run({"-B", "home", "-l1", "-n2", "/dev/vdb", "/dev/vdc"}).said_text(refusal));
  // The map knows it before udev made the link.
  m.blocks.nodes.erase("/dev/md/home");
  CHECK(m.run(create).said_text(refusal));
  m.kernel.array("md127").state = "inactive";
  CHECK(m.run(create).said_text(refusal));
  CHECK(m.kernel.log.empty());
  CHECK(m.blocks.total_writes() == before);
  CHECK_FALSE(m.kernel.has("md126"));
  CHECK(m.run({"-C", "/dev/md127", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"})
            .said_text("/dev/md127 is already in use."));
}

TEST_CASE("assemble: another array's name is refused, its own members are judged as ever") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md/srv", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md/srv"}).status == 0);
  REQUIRE(m.run({"-C", "/dev/md/home", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  m.kernel.log.clear();
  auto other = m.run({"-A", "/dev/md/home", "/dev/vdc", "/dev/vdd"});
  CHECK(other.status == 1);
  CHECK(other.said_text("array name /dev/md/home is in use already (md127)"));
  CHECK(m.kernel.log.empty());
  REQUIRE(m.run({"/dev/md/home", "--fail", "/dev/vdb", "--remove", "/dev/vdb"}).status == 0);
  CHECK(m.run({"-A", "/dev/md/home", "/dev/vdb"})
            .said_text("Found some drive for an array that is already active: /dev/md/home"));
}

TEST_CASE("create: with data early on a large device there is no bad-block log in it") {
  Machine m;
  m.blocks.add("/dev/vda", 250ULL << 21);
  m.blocks.add("/dev/vdb", 250ULL << 21);
  REQUIRE(
      m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "--data-offset=128K", "/dev/vda", "/dev/vdb"})
          .status == 0);
  REQUIRE(has_super(m, "/dev/vda"));
  CHECK(super_of(m, "/dev/vda").data_offset == 256);
  CHECK(super_of(m, "/dev/vda").bblog_size == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-l1", "-n2", "--data-offset=1M", "/dev/vda", "/dev/vdb"})
              .status == 0);
  CHECK(super_of(m, "/dev/vda").bblog_size == 8);
}

TEST_CASE("create: a driver that refuses finds none of our superblocks left") {
  Machine m;
  m.add_disks();
  Error refusal(Code::kernel, "cannot start md0: Invalid argument");
  m.kernel.refuse_run = &refusal;
  CHECK(m.run(kMirror).status == 1);
  CHECK_FALSE(has_super(m, "/dev/vda"));
  CHECK_FALSE(has_super(m, "/dev/vdb"));
}

TEST_CASE("a superblock nobody could read back is not written") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  auto bad = super_of(m, "/dev/vda");
  bad.bblog_offset = static_cast<__s32>(bad.data_offset);
  const unsigned before = m.blocks.total_writes();
  auto device = m.blocks.open("/dev/vda", kernel::Access::write);
  auto stored = system::store_superblock(**device, bad);
  REQUIRE_FALSE(stored.has_value());
  CHECK(stored.error().text().find("bad block log area does not fit the device") !=
        std::string::npos);
  CHECK(m.blocks.total_writes() == before);
}

TEST_CASE("create: what is asked about is told with -q too, and never asked of a program") {
  Machine m;
  m.add_disks();
  m.blocks.disk("/dev/vdb").signatures = {{"ext4", "filesystem", "data", "", "size=1K"}};
  const std::vector<std::string> words = {"-C",  "/dev/md0", "-e1.2",    "-l1",
                                          "-n2", "/dev/vda", "/dev/vdb", "-q"};
  auto quiet = m.run(words);
  CHECK(quiet.status == 1);
  CHECK(quiet.said_text("/dev/vdb appears to contain an ext2fs file system"));
  CHECK(quiet.questions.size() == 1);
  m.answers = {true};
  auto json = words;
  json.push_back("--json");
  auto program = m.run(json);
  CHECK(program.status == 1);
  CHECK(program.questions.empty());
  CHECK(program.said_text("is not asked with --json (--run creates it unasked)"));
  CHECK(m.blocks.total_writes() == 0);
  json.push_back("--run");
  CHECK(m.run(json).status == 0);
}

TEST_CASE("create: nobody waits for an answer, and consent is to what was seen") {
  Machine m;
  m.add_disks();
  m.blocks.disk("/dev/vdb").signatures = {{"ext4", "filesystem", "data", "", "size=1K"}};
  const std::vector<std::string> words = {"-C",  "/dev/md0", "-e1.2",   "-l1",
                                          "-n2", "/dev/vda", "/dev/vdb"};
  m.answers = {true};
  bool held = true;
  m.meanwhile = [&] {
    held = m.lock.held;
    m.blocks.disk("/dev/vda").signatures = {{"xfs", "filesystem", "", "", ""}};
  };
  auto changed = m.run(words);
  CHECK_FALSE(held);
  CHECK(m.lock.held);
  CHECK(changed.status == 1);
  CHECK(changed.said.back() == "the devices changed meanwhile, create aborted.");
  m.meanwhile = [&] { m.blocks.disk("/dev/vda").mounted = true; };
  CHECK(m.run(words).said_text("cannot open /dev/vda"));
  m.blocks.disk("/dev/vda").mounted = false;
  m.meanwhile = [&] {
    REQUIRE(m.kernel.create_array("md0"));
    m.kernel.array("md0").state = "inactive";
  };
  CHECK(m.run(words).said_text("/dev/md0 is already in use."));
  CHECK(m.blocks.total_writes() == 0);
  m.kernel.array("md0").state = "clear";
  m.meanwhile = nullptr;
  CHECK(m.run(words).status == 0);
}
