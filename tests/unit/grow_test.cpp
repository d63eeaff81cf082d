// SPDX-License-Identifier: GPL-2.0-only
// --grow on a simulated machine.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <algorithm>

#include "machine.hpp"
#include "system/bitmap.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

void make_mirror(Machine& machine, std::vector<std::string> more = {}) {
  machine.add_disks();
  std::vector<std::string> line{"-C", "/dev/md0", "-R", "-l1", "-n2", "--assume-clean"};
  line.insert(line.end(), more.begin(), more.end());
  line.insert(line.end(), {"/dev/vda", "/dev/vdb"});
  REQUIRE(machine.run(line).status == 0);
  machine.kernel.log.clear();
}

bool logged(Machine& machine, const std::string& line) {
  const auto& log = machine.kernel.log;
  return std::find(log.begin(), log.end(), line) != log.end();
}

using Log = std::vector<std::string>;

}  // namespace

TEST_CASE("grow: a bitmap comes, by the driver's hand, and goes") {
  Machine machine;
  make_mirror(machine);
  CHECK(machine.run({"-G", "/dev/md0", "--bitmap=internal"}).status == 0);
  CHECK(machine.kernel.log ==
        Log{"md0 bitmap/chunksize=67108864", "md0 bitmap/time_base=5", "md0 bitmap/location=+8"});
  const auto again = machine.run({"-G", "/dev/md0", "--bitmap=internal"});
  CHECK(again.status == 1);
  CHECK(again.said_text("bitmap already present on /dev/md0"));
  CHECK(machine.run({"-G", "/dev/md0", "--bitmap=none"}).status == 0);
  CHECK(machine.kernel.log.back() == "md0 bitmap/location=none");
  const auto none = machine.run({"-G", "/dev/md0", "--bitmap=none"});
  CHECK(none.status == 1);
  CHECK(none.said_text("no bitmap found on /dev/md0"));
}

TEST_CASE("grow: a bitmap as asked for, in front of a superblock at the end") {
  Machine machine;
  make_mirror(machine, {"-e1.0"});
  CHECK(machine
            .run({"-G", "/dev/md0", "-binternal", "--bitmap-chunk=128K", "--delay=7",
                  "--write-behind=30"})
            .status == 0);
  CHECK(machine.kernel.log == Log{"md0 bitmap/chunksize=131072", "md0 bitmap/time_base=7",
                                  "md0 bitmap/backlog=30", "md0 bitmap/location=-16"});
}

TEST_CASE("grow: what md finds at a bitmap's place is the bitmap that was asked for") {
  for (const char* version : {"-e0.90", "-e1.0", "-e1.2"}) {
    CAPTURE(version);
    Machine machine;
    make_mirror(machine, {version});
    REQUIRE(machine
                .run({"-G", "/dev/md0", "-binternal", "--bitmap-chunk=64K", "--delay=1",
                      "--write-behind=30"})
                .status == 0);
    for (const char* path : {"/dev/vda", "/dev/vdb"}) {
      mdx_super super = super_of(machine, path);
      CHECK(mdx_bitmap_sector(&super) == MDX_SECTOR_NONE);  // the driver's to say
      super.feature_map |= MD_FEATURE_BITMAP_OFFSET;
      super.bitmap_offset = std::stoi(machine.kernel.array("md0").attributes["bitmap/location"]);
      auto device = machine.blocks.open(path, kernel::Access::read);
      const auto bitmap = system::load_bitmap(**device, super);
      REQUIRE(bitmap.has_value());
      CHECK(bitmap->error == MDX_BITMAP_OK);
      CHECK(bitmap->super.chunk_bytes == 65536);
      CHECK(bitmap->super.daemon_sleep == 1);
      CHECK(bitmap->super.write_behind == 30);
      CHECK(bitmap->super.sync_size == super.size);
      CHECK(bitmap->dirty == bitmap->chunks);
      std::uint8_t uuid[16];
      mdx_bitmap_uuid(&super, uuid);
      CHECK(std::equal(uuid, uuid + 16, bitmap->super.uuid));
    }
  }
}

TEST_CASE("grow: where a bitmap cannot be") {
  Machine machine;
  make_mirror(machine);
  CHECK(machine.run({"-G", "/dev/md0", "-binternal", "--bitmap-chunk=1K"}).status == 1);
  CHECK(machine.kernel.log.empty());
  Machine stripe;
  stripe.add_disks();
  REQUIRE(stripe.run({"-C", "/dev/md0", "-R", "-l0", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(stripe.run({"-G", "/dev/md0", "-binternal"})
            .said_text("Bitmaps not meaningful with level raid0"));
  Machine plain;
  plain.add_disks();
  REQUIRE(plain.run({"-B", "/dev/md0", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(plain.run({"-G", "/dev/md0", "-binternal"}).status == 1);
}

TEST_CASE("grow: a mirror gets slots, and members for them") {
  Machine machine;
  make_mirror(machine);
  const auto grown = machine.run({"-G", "/dev/md0", "-n3", "--add", "/dev/vdc"});
  CHECK(grown.status == 0);
  CHECK(grown.out == "raid_disks for /dev/md0 set to 3\n");
  CHECK(machine.kernel.log == Log{"md0 sync_action=frozen", "md0 ADD_NEW_DISK 254:32 2 -1",
                                  "md0 raid_disks=3", "md0 sync_action=idle"});
  CHECK(machine.kernel.array("md0").raid_disks == 3);
  CHECK(machine.run({"-G", "/dev/md0", "-n2"}).status == 0);
  const auto full = machine.run({"-G", "/dev/md0", "-n1", "--force"});
  CHECK(full.status == 1);
  CHECK(full.said_text("failed to set raid disks"));
}

TEST_CASE("grow: not to more than there are devices for") {
  Machine machine;
  make_mirror(machine);
  const auto refused = machine.run({"-G", "/dev/md0", "-n4"});
  CHECK(refused.status == 1);
  CHECK(refused.said_text("Need 2 spares to avoid degraded array, and only have 0."));
  CHECK(machine.run({"-G", "/dev/md0", "-n2000"}).said_text("beyond 1920"));
  CHECK(machine.run({"-G", "/dev/md0", "-n1"}).status == 2);
  CHECK(machine.run({"-G", "/dev/md0", "-n3", "/dev/vdc"}).status == 2);
  CHECK(machine.run({"-G", "/dev/md0", "-x1"}).status == 2);
  CHECK(machine.kernel.log.empty());
  CHECK(machine.run({"-G", "/dev/md0", "-n4", "--force"}).status == 0);
  CHECK(machine.run({"-G", "/dev/md0", "-n4"}).said_text("no change requested"));
}

TEST_CASE("grow: component size") {
  Machine machine;
  make_mirror(machine, {"-z10000"});
  CHECK(machine.run({"-G", "/dev/md0", "-z20000"}).status == 0);
  CHECK(machine.kernel.log ==
        Log{"md0 sync_action=frozen", "md0 component_size=20000", "md0 sync_action=idle"});
  CHECK(machine.run({"-G", "/dev/md0", "-z20000"}).said_text("no change requested"));
  machine.kernel.log.clear();
  CHECK(machine.run({"-G", "/dev/md0", "--size=max", "--assume-clean"}).status == 0);
  CHECK(logged(machine, "md0 dev-vda/size=0"));
  CHECK(logged(machine, "md0 component_size=39936"));
  CHECK(logged(machine, "md0 resync_start=none"));
  CHECK(machine.kernel.log.back() == "md0 sync_action=idle");
  CHECK(machine.run({"-G", "/dev/md0", "-zmax"}).said_text("unchanged at 39936K"));
  const auto large = machine.run({"-G", "/dev/md0", "-z80000"});
  CHECK(large.status == 1);
  CHECK(large.said_text("No space left on device (vda has 39936K)"));
  CHECK(machine.kernel.log.back() == "md0 sync_action=idle");
}

TEST_CASE("grow: not while a sync runs") {
  Machine machine;
  make_mirror(machine, {"-z10000"});
  machine.kernel.array("md0").sync_action = "resync";
  const auto busy = machine.run({"-G", "/dev/md0", "-z20000"});
  CHECK(busy.status == 1);
  CHECK(busy.said_text("is performing resync/recovery and cannot be reshaped"));
  CHECK(machine.kernel.log.empty());
}

TEST_CASE("grow: the size shown of the array") {
  Machine machine;
  make_mirror(machine);
  CHECK(machine.run({"-G", "/dev/md0", "--array-size=20M"}).status == 0);
  CHECK(machine.run({"-G", "/dev/md0", "-Zmax"}).status == 0);
  CHECK(machine.kernel.log == Log{"md0 array_size=20480", "md0 array_size=default"});
  CHECK(machine.run({"-G", "/dev/md0", "-Z10000", "-n3"}).status == 1);
  CHECK(machine.run({"-G", "/dev/md0", "-Z0"}).status == 2);
  CHECK(machine.kernel.log.size() == 2);
}

TEST_CASE("grow: a linear array gets longer by a device") {
  Machine machine;
  machine.add_disks();
  REQUIRE(machine.run({"-C", "/dev/md0", "-R", "-llinear", "-n2", "/dev/vda", "/dev/vdb"}).status ==
          0);
  CHECK(machine.run({"-G", "/dev/md0", "--add", "/dev/vdc"}).status == 0);
  CHECK(machine.kernel.log.back() == "md0 ADD_NEW_DISK 254:32 2 2");
  CHECK(machine.kernel.array("md0").raid_disks == 3);
  const mdx_super super = super_of(machine, "/dev/vdc");
  CHECK(super.role == 2);
  CHECK(super.dev_number == 2);
  for (const char* path : {"/dev/vda", "/dev/vdb", "/dev/vdc"}) {
    CAPTURE(path);
    const mdx_super told = super_of(machine, path);
    CHECK(told.raid_disks == 3);
    for (unsigned number = 0; number < 3; number++) CHECK(told.roles[number] == number);
  }

  Error refusal = Error::from_errno(5, "cannot add");
  machine.kernel.refuse_add = &refusal;
  CHECK(machine.run({"-G", "/dev/md0", "--add", "/dev/vdd"}).status == 1);
  CHECK(machine.run({"-E", "/dev/vdd"}).status == 1);  // nothing is left of it
}

TEST_CASE("grow: a linear array gets longer by one device after the other, with 0.90 too") {
  for (const char* version : {"-e0.90", "-e1.0", "-e1.2"}) {
    CAPTURE(version);
    Machine machine;
    machine.add_disks(5);
    REQUIRE(
        machine.run({"-C", "/dev/md0", "-R", version, "-llinear", "-n2", "/dev/vda", "/dev/vdb"})
            .status == 0);
    REQUIRE(machine.run({"-G", "/dev/md0", "--add", "/dev/vdc"}).status == 0);
    REQUIRE(machine.run({"-G", "/dev/md0", "--add", "/dev/vdd", "/dev/vde"}).status == 0);
    for (const char* path : {"/dev/vda", "/dev/vdc", "/dev/vde"}) {
      const mdx_super told = super_of(machine, path);
      CHECK(told.raid_disks == 5);
      CHECK(told.sb0_disks[4].minor == (told.version == MDX_SB_0_90 ? 64 : 0));
    }
    REQUIRE(machine.run({"-S", "/dev/md0"}).status == 0);
    CHECK(
        machine.run({"-A", "/dev/md0", "/dev/vda", "/dev/vdb", "/dev/vdc", "/dev/vdd", "/dev/vde"})
            .status == 0);
    CHECK(machine.kernel.array("md0").raid_disks == 5);
  }
}

TEST_CASE("grow: mdx tells the members of a linear array itself") {
  Machine machine;
  machine.add_disks();
  machine.kernel.kind = kernel::Driver::Kind::mdx;
  REQUIRE(machine.run({"-C", "/dev/md0", "-R", "-llinear", "-n2", "/dev/vda", "/dev/vdb"}).status ==
          0);
  const unsigned writes = machine.blocks.disk("/dev/vda").writes;
  CHECK(machine.run({"-G", "/dev/md0", "--add", "/dev/vdc"}).status == 0);
  CHECK(machine.blocks.disk("/dev/vda").writes == writes);
}

TEST_CASE("grow: only linear arrays get longer, and by what nobody asked for they do not") {
  Machine machine;
  make_mirror(machine);
  const auto refused = machine.run({"-G", "/dev/md0", "--add", "/dev/vdc"});
  CHECK(refused.status == 1);
  CHECK(refused.said_text("can only add devices to linear arrays"));
}

TEST_CASE("grow: reshapes are refused by name") {
  struct Row {
    std::vector<std::string> words;
    const char* text;
  };
  const Row rows[] = {{{"-l5"}, "another level"},
                      {{"-c64"}, "another chunk size"},
                      {{"-pn2"}, "another layout"},
                      {{"--data-offset=4M"}, "data offset"},
                      {{"--continue"}, "to be continued"},
                      {{"-n3", "-z9000"}, "Change size first"},
                      {{"-binternal", "-n3"}, "--bitmap changes cannot be used"},
                      {{"--consistency-policy=ppl"}, "cannot be changed to"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Machine machine;
    make_mirror(machine);
    std::vector<std::string> line{"-G", "/dev/md0"};
    line.insert(line.end(), row.words.begin(), row.words.end());
    const auto refused = machine.run(line);
    CHECK(refused.status == 1);
    CHECK(refused.said_text(row.text));
    CHECK(machine.kernel.log.empty());
  }
  Machine ten;
  ten.add_disks();
  REQUIRE(ten.run({"-C", "/dev/md0", "-R", "-l10", "-n2", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(ten.run({"-G", "/dev/md0", "-n3"}).said_text("is a reshape"));
}

TEST_CASE("grow: a dry run tells the steps and takes none") {
  Machine machine;
  make_mirror(machine, {"-z10000"});
  const unsigned writes = machine.blocks.total_writes();
  const std::vector<std::vector<std::string>> lines{
      {"-n3", "--add", "/dev/vdc"}, {"--size=max"}, {"--bitmap=internal"}, {"--array-size=5000"}};
  for (const auto& words : lines) {
    std::vector<std::string> line{"--dry-run", "-G", "/dev/md0"};
    line.insert(line.end(), words.begin(), words.end());
    const auto planned = machine.run(line);
    CHECK(planned.status == 0);
    CHECK(!planned.plan.empty());
  }
  CHECK(machine.kernel.log.empty());
  CHECK(machine.blocks.total_writes() == writes);
}
