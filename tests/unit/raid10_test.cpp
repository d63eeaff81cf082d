// SPDX-License-Identifier: GPL-2.0-only
// RAID10: layouts, members that stand for each other, and what is made of the words on the line.
#include "model/raid10.hpp"

#include <doctest/doctest.h>

#include "machine.hpp"
#include "model/level.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

std::vector<std::string> create_line(std::vector<std::string> more) {
  std::vector<std::string> out{"-C", "/dev/md0", "-R", "-l10", "--assume-clean"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

const std::vector<std::string> kFour{"/dev/vda", "/dev/vdb", "/dev/vdc", "/dev/vdd"};

std::vector<std::string> with(std::vector<std::string> front,
                              const std::vector<std::string>& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

}  // namespace

TEST_CASE("layouts have mdadm's names and numbers") {
  struct Row {
    const char* word;
    std::uint32_t number;
    const char* shown;
  };
  for (const Row& row : {Row{"n2", 0x102, "near=2"}, Row{"n3", 0x103, "near=3"},
                         Row{"f2", 0x201, "far=2"}, Row{"f3", 0x301, "far=3"},
                         Row{"o2", 0x10201, "offset=2"}, Row{"o3", 0x10301, "offset=3"}}) {
    CHECK(model::parse_layout(10, row.word) == row.number);
    CHECK(model::layout_name(10, row.number) == row.shown);
  }
  CHECK(model::layout_name(10, 0x202) == "near=2, far=2");
  CHECK(model::default_layout(10) == 0x102);
  for (const char* word : {"", "n", "2", "n0", "n256", "x2", "n2f2", "near=2", "n-2", "n 2"})
    CHECK(!model::parse_layout(10, word));
}

// Members of 63488 KiB in chunks of 512 KiB: what md 6.1 has of them.
TEST_CASE("sizes of arrays are md's") {
  struct Row {
    std::uint32_t layout;
    unsigned disks;
    std::uint64_t kib;
  };
  for (const Row& row :
       {Row{0x102, 4, 126976}, Row{0x102, 3, 95232}, Row{0x102, 5, 158720}, Row{0x103, 4, 84480},
        Row{0x103, 5, 105472}, Row{0x201, 3, 95232}, Row{0x301, 4, 83968}, Row{0x10201, 3, 95232},
        Row{0x10301, 5, 104960}, Row{0x102, 2, 63488}}) {
    CAPTURE(row.layout);
    CAPTURE(row.disks);
    CHECK(model::raid10_sectors(row.layout, row.disks, 1024, 126976) == row.kib * 2);
  }
}

TEST_CASE("what is whole without some members") {
  auto whole = [](std::uint32_t layout, const char* slots) {
    std::vector<bool> filled;
    for (const char* slot = slots; *slot; slot++) filled.push_back(*slot == 'U');
    return model::raid10_is_whole(layout, filled);
  };
  CHECK(whole(0x102, "UUUU"));
  CHECK(whole(0x102, "_U_U"));
  CHECK(whole(0x102, "U__U"));
  CHECK_FALSE(whole(0x102, "__UU"));
  CHECK_FALSE(whole(0x102, "UU__"));
  // Three members: each pair of neighbours has a chunk of its own.
  CHECK(whole(0x102, "_UU"));
  CHECK_FALSE(whole(0x102, "U__"));
  CHECK_FALSE(whole(0x102, "_U_"));
  CHECK_FALSE(whole(0x103, "__U_"));
  CHECK(whole(0x103, "_UU_"));
  CHECK(whole(0x103, "__U"));
  CHECK_FALSE(whole(0x103, "___U"));
  CHECK(whole(0x201, "_UUU"));
  CHECK_FALSE(whole(0x201, "_U_U"));
  CHECK(whole(0x301, "_UU_"));
  CHECK_FALSE(whole(0x10201, "_UU_"));
}

TEST_CASE("sets are where copies divide the members") {
  CHECK(model::raid10_set(0x102, 4, 2) == 0u);
  CHECK(model::raid10_set(0x102, 4, 3) == 1u);
  CHECK(model::raid10_set(0x103, 6, 5) == 2u);
  CHECK(!model::raid10_set(0x102, 3, 0));
  CHECK(model::raid10_set(0x201, 4, 3) == 1u);
  CHECK(!model::raid10_set(0x10201, 3, 0));
  CHECK(!model::raid10_set(256 + 27, 27, 0));
}

TEST_CASE("created with its defaults") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(with(create_line({"-n4"}), kFour)).status == 0);
  const mdx_super super = super_of(machine, "/dev/vdb");
  CHECK(super.level == 10);
  CHECK(super.layout == 0x102);
  CHECK(super.chunk_sectors == 1024);
  CHECK(super.raid_disks == 4);
  CHECK(super.size % 1024 == 0);
  CHECK(super.role == 1);
  const auto detail = machine.run({"-D", "/dev/md0"});
  CHECK(detail.out.find("            Layout : near=2\n        Chunk Size : 512K\n") !=
        std::string::npos);
  CHECK(detail.out.find("active sync set-A   /dev/vda\n") != std::string::npos);
  CHECK(detail.out.find("active sync set-B   /dev/vdd\n") != std::string::npos);
  CHECK(detail.json[0]["layout_name"] == "near=2");
  CHECK(detail.json[0]["members"][1]["set"] == "set-B");
  const auto examine = machine.run({"-E", "/dev/vda"});
  CHECK(examine.out.find("         Layout : near=2\n     Chunk Size : 512K\n") !=
        std::string::npos);
}

TEST_CASE("sizes are whole chunks of what is asked for") {
  Machine machine;
  machine.add_disks();
  CHECK(
      machine
          .run(create_line({"-n3", "-pf2", "-c64", "-z10000", "/dev/vda", "/dev/vdb", "/dev/vdc"}))
          .status == 0);
  CHECK(super_of(machine, "/dev/vda").size == 9984 * 2);
  CHECK(super_of(machine, "/dev/vda").layout == 0x201);
  // Unlike the driver's, the superblock's array size is not cut to chunks: it is mdadm's.
  CHECK(machine.run({"-E", "/dev/vda"}).out.find("Array Size : 14976 KiB") != std::string::npos);
}

TEST_CASE("members can be missing while a copy of everything is there") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(create_line({"-n4", "missing", "/dev/vda", "missing", "/dev/vdb"})).status ==
        0);
  const auto detail = machine.run({"-D", "/dev/md0"});
  CHECK(detail.out.find("clean, degraded") != std::string::npos);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);

  const unsigned writes = machine.blocks.total_writes();
  const auto lost = machine.run(create_line({"-n4", "missing", "missing", "/dev/vda", "/dev/vdb"}));
  CHECK(lost.status == 1);
  CHECK(lost.said_text("part of the data would have no copy"));
  CHECK(machine.blocks.total_writes() == writes);
}

TEST_CASE("what makes no sense is refused before anything is written") {
  struct Row {
    std::vector<std::string> words;
    int status;
    const char* text;
  };
  const Row rows[] = {
      {{"-n4", "-pn5"}, 1, "that layout requires at least 5 devices"},
      {{"-n4", "-pf5"}, 1, "that layout requires at least 5 devices"},
      {{"-n4", "-pn1"}, 1, "layout n1 keeps one copy of the data"},
      {{"-n4", "-po1"}, 1, "layout o1 keeps one copy of the data"},
      {{"-n4", "-px2"},
       2,
       "layout for raid10 must be 'nNN', 'oNN' or 'fNN' where NN is a number, "
       "not x2"},
      {{"-n5", "-px2"}, 2, "layout for raid10 must be"},  // before devices are counted
      {{"-n4", "-c24"}, 1, "chunk size 24K is not a power of 2"},
      {{"-n4", "-c64", "-z30"}, 1, "Size cannot be smaller than chunk."},
  };
  for (const Row& row : rows) {
    Machine machine;
    machine.add_disks();
    const auto refused = machine.run(with(create_line(row.words), kFour));
    CHECK(refused.status == row.status);
    CHECK(refused.said_text(row.text));
    CHECK(machine.blocks.total_writes() == 0);
  }
  Machine machine;
  machine.add_disks();
  const auto one = machine.run(create_line({"--force", "-n1", "/dev/vda"}));
  CHECK(one.status == 1);
  CHECK(one.said_text("at least 2 raid-devices needed for level 10"));
}

TEST_CASE("built without superblocks") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(with({"-B", "/dev/md0", "-l10", "-n4"}, kFour)).status == 0);
  CHECK(machine.kernel.array("md0").info.layout == 0x102);
  CHECK(machine.kernel.array("md0").info.chunk_size == 64 * 1024);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine.run({"-B", "/dev/md0", "-l10", "-n3", "-po2", "/dev/vda", "missing", "/dev/vdc"})
            .status == 0);
  CHECK(machine.kernel.array("md0").info.layout == 0x10201);
  CHECK(machine.blocks.total_writes() == 0);
}
