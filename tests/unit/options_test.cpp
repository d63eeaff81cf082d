// SPDX-License-Identifier: GPL-2.0-only
// Options of mdadm's that would change what is done: they do, or are refused or warned of by name.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <algorithm>

#include "machine.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

TEST_CASE("clusters are refused by name") {
  Machine m;
  m.add_disks();
  for (const char* option : {"--nodes=2", "--home-cluster=c"}) {
    INFO(option);
    auto line = kMirror;
    line.push_back(option);
    auto out = m.run(line);
    CHECK(out.status == 1);
    CHECK(out.said_text("clustered arrays"));
    CHECK(m.run({"-A", option, "/dev/md0", "/dev/vda"}).said_text("clustered arrays"));
  }
  CHECK(m.blocks.total_writes() == 0);
  CHECK(m.run({"-D", "--home-cluster=c", "--scan"}).status == 2);
}

TEST_CASE("what is said of a bitmap stands where there can be one") {
  Machine m;
  m.add_disks();
  CHECK(m.run({"-A", "--bitmap-chunk=4", "/dev/md0", "/dev/vda"}).status == 2);
  CHECK(m.run({"-B", "/dev/md1", "--write-behind=3", "-l1", "-n2", "/dev/vdc", "/dev/vdd"})
            .said_text("write-behind mode requires a bitmap."));
}

TEST_CASE("detail --prefer: names below a directory") {
  Machine m;
  m.add_disks();
  m.blocks.disk("/dev/vda").links = {"/dev/disk/by-id/virtio-longer-a", "/dev/disk/by-id/virtio-a",
                                     "/dev/disk/by-path/pci-1"};
  REQUIRE(m.run(kMirror).status == 0);
  auto out = m.run({"-D", "--prefer=by-id", "/dev/md0"}).out;
  CHECK(out.find("active sync   /dev/disk/by-id/virtio-a\n") != std::string::npos);
  CHECK(out.find("active sync   /dev/vdb\n") != std::string::npos);
  CHECK(m.run({"-D", "/dev/md0"}).out.find("by-id") == std::string::npos);
}

TEST_CASE("manage: --update only where it would do something, --data-offset not at all") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"}).status == 0);
  m.kernel.array("md0").bitmap = true;
  m.kernel.log.clear();
  CHECK(m.run({"/dev/md0", "--re-add", "--update=foo", "/dev/vdb"}).status == 2);
  CHECK(m.run({"/dev/md0", "--add", "--update=bbl", "/dev/vdc"})
            .said_text("--update in Manage mode only allowed with --re-add."));
  CHECK(m.run({"/dev/md0", "--add", "--data-offset=4M", "/dev/vdc"}).status == 2);
  CHECK(m.kernel.log.empty());
}

TEST_CASE("assemble: a reshape's backup is not left aside") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  // Nothing is reshaped: then there is nothing to restore.
  REQUIRE(m.run({"-A", "--backup-file=x", "/dev/md0", "/dev/vda", "/dev/vdb"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md0"}).status == 0);
  for (const char* path : {"/dev/vda", "/dev/vdb"}) {
    auto super = super_of(m, path);
    super.feature_map |= MD_FEATURE_RESHAPE_ACTIVE;
    super.reshape_position = 0;
    auto device = m.blocks.open(path, kernel::Access::write);
    REQUIRE(system::store_superblock(**device, super));
  }
  m.kernel.log.clear();
  for (const char* option : {"--backup-file=x", "--invalid-backup"}) {
    auto out = m.run({"-A", option, "/dev/md0", "/dev/vda", "/dev/vdb"});
    CHECK(out.status == 1);
    CHECK(out.said_text("restoring a backup"));
  }
  CHECK(m.kernel.log.empty());
}

TEST_CASE("incremental --path is taken from udev, and told only to who wants to know") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run(kMirror).status == 0);
  auto out = m.run({"-If", "--path=pci-1", "vdb"});
  CHECK(out.status == 0);
  CHECK_FALSE(out.said_text("--path"));
  CHECK(m.run({"-If", "-v", "--path=pci-1", "vdc"}).said_text("--path is not recorded"));
}
