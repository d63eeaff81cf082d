// SPDX-License-Identifier: GPL-2.0-only
// Pure rules: where things go on a new member, what mdstat says, how sizes are spelled. Numbers are
// those of mdadm 4.2 on devices of the same size.
#include <doctest/doctest.h>

#include "model/create_plan.hpp"
#include "model/level.hpp"
#include "model/mdstat.hpp"
#include "model/progress.hpp"
#include "util/size.hpp"

using namespace mdctl;
using namespace mdctl::model;

namespace {

constexpr std::uint64_t kMib = 2048, kGib = kMib << 10;

MemberSpace space(mdx_sb_version version, int level, std::uint64_t sectors,
                  std::uint32_t chunk_kib = 0) {
  SpaceRequest request;
  request.version = version;
  request.level = level;
  request.chunk_kib = chunk_kib;
  auto out = member_space(request, sectors);
  REQUIRE(out.has_value());
  return *out;
}

}  // namespace

TEST_CASE("1.2: data offset and bad-block log as mdadm places them") {
  struct Row {
    std::uint64_t sectors, offset, size;
    int bblog;
  };
  for (const Row& row :
       {Row{10 * kMib, 2048, 18432, 16}, Row{65 * kMib, 2048, 131072, 16},
        Row{kGib, 4096, 2093056, 16}, Row{9 * kGib, 18432, 18855936, 136},
        Row{300 * kGib, 264192, 628881408, 264}, Row{3072 * kGib, 264192, 6442186752, 264}}) {
    CAPTURE(row.sectors);
    auto s = space(MDX_SB_1_2, 1, row.sectors);
    CHECK(s.super_offset == 8);
    CHECK(s.data_offset == row.offset);
    CHECK(s.data_size == row.size);
    CHECK(s.bblog_offset == row.bblog);
    CHECK(s.bblog_size == 8);
  }
}

TEST_CASE("1.2 with chunks: room for two chunks, no bitmap where there can be none") {
  auto s = space(MDX_SB_1_2, 0, 10 * kMib, 512);
  CHECK(s.data_offset == 4096);
  CHECK(s.data_size == 16384);
  CHECK(s.bblog_offset == 8);
  CHECK(space(MDX_SB_1_2, 0, 10 * kMib, 64).data_offset == 2048);
  CHECK(space(MDX_SB_1_1, 0, 9 * kGib, 512).data_offset == 18432);
}

TEST_CASE("1.0: everything at the end") {
  struct Row {
    std::uint64_t sectors;
    int level;
    std::uint64_t super, size;
  };
  for (const Row& row : {Row{10 * kMib, 1, 20464, 20448}, Row{9 * kGib, 1, 18874352, 18874216},
                         Row{300 * kGib, 1, 629145584, 629145320}, Row{10 * kMib, 0, 20464, 20456},
                         Row{9 * kGib, 0, 18874352, 18874344}}) {
    CAPTURE(row.sectors);
    auto s = space(MDX_SB_1_0, row.level, row.sectors, row.level ? 0 : 512);
    CHECK(s.super_offset == row.super);
    CHECK(s.data_offset == 0);
    CHECK(s.data_size == row.size);
    CHECK(s.bblog_offset == -8);
  }
}

TEST_CASE("mirrors are cut to 64 KiB, 0.90 leaves its reserved end") {
  CHECK(used_size(1, 0, 20448) == 20352);
  CHECK(used_size(1, 0, 133088) == 132992);
  CHECK(used_size(5, 512, 79872) == 79872);
  CHECK(used_size(0, 512, 79872) == 0);
  CHECK(space(MDX_SB_0_90, 1, 10 * kMib).data_size == 2 * 10176);
  CHECK(space(MDX_SB_0_90, 1, 9 * kGib).data_size == 2 * 9437120ULL);
}

TEST_CASE("too small is refused, never wrapped around") {
  for (auto version : {MDX_SB_0_90, MDX_SB_1_0, MDX_SB_1_1, MDX_SB_1_2})
    for (std::uint64_t sectors = 0; sectors < 64; sectors++) {
      SpaceRequest request;
      request.version = version;
      auto s = member_space(request, sectors);
      if (s) CHECK(s->data_offset + s->data_size <= sectors);
    }
  SpaceRequest request;
  CHECK(!member_space(request, 2048).has_value());
}

TEST_CASE("a new superblock survives the driver's decoder") {
  for (auto version : {MDX_SB_0_90, MDX_SB_1_0, MDX_SB_1_1, MDX_SB_1_2}) {
    CAPTURE(version);
    NewArray array;
    array.version = version;
    array.name = "box:home";
    array.ctime = 1700000000;
    array.raid_disks = 2;
    for (std::uint32_t i = 0; i < 3; i++) {
      NewMember member;
      member.kind = i < 2 ? MemberKind::active : MemberKind::spare;
      member.number = i;
      member.slot = i;
      member.major = 254;
      member.minor = 16 * i;
      member.space = space(version, 1, 81920);
      array.members.push_back(member);
    }
    array.size = used_size(1, 0, array.members[0].space.data_size);
    for (const auto& member : array.members) {
      const mdx_super sb = new_superblock(array, member);
      unsigned char image[MDX_SB_BYTES];
      mdx_sb_encode(&sb, image);
      mdx_super back;
      REQUIRE(mdx_sb_decode(version, image, 81920, &back) == MDX_SB_OK);
      CHECK(back.dev_number == member.number);
      CHECK(back.role == (member.kind == MemberKind::active ? member.slot : MDX_ROLE_SPARE));
      CHECK(back.size == array.size);
      CHECK(back.resync_offset == 0);
    }
  }
}

TEST_CASE("mdstat: what md prints") {
  const auto stat = parse_mdstat(
      "Personalities : [raid1] [raid6] [raid5] [raid4] \n"
      "md0 : active raid1 vdc[2](S) vdb[1](F) vda[0](W)\n"
      "      39936 blocks super 1.2 [2/1] [U_]\n"
      "      [===========>.........]  recovery = 56.9% (23040/39936) finish=0.5min "
      "speed=2304K/sec\n"
      "      bitmap: 1/1 pages [4KB], 65536KB chunk\n"
      "\n"
      "md5 : active (auto-read-only) raid5 ram0[0] ram2[2] ram1[1]\n"
      "      77824 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]\n"
      "        \tresync=PENDING\n"
      "      \n"
      "md_home : inactive ram0[0](S)\n"
      "      38912 blocks super 1.2\n"
      "       \n"
      "unused devices: <none>\n");
  CHECK(stat.personalities.size() == 4);
  REQUIRE(stat.arrays.size() == 3);
  const auto& a = stat.arrays[0];
  CHECK(a.level == "raid1");
  REQUIRE(a.members.size() == 3);
  CHECK(a.members[1].flags == "F");
  CHECK(a.members[2].flags == "W");
  CHECK(a.metadata == "1.2");
  CHECK(a.raid_disks == 2);
  CHECK(a.working == 1);
  CHECK(a.pattern == "U_");
  CHECK(a.bitmap);
  REQUIRE(a.sync.has_value());
  CHECK(a.sync->action == "recovery");
  CHECK(a.sync->percent == doctest::Approx(56.9));
  CHECK(a.sync->speed_kib == 2304);
  CHECK(stat.arrays[1].read_only == "auto-read-only");
  CHECK(stat.arrays[1].sync->phase == SyncPhase::pending);
  CHECK(stat.arrays[1].pattern == "UUU");
  CHECK(!stat.arrays[2].active);
  CHECK(stat.find("md_home") == &stat.arrays[2]);
  CHECK(stat.find("md1") == nullptr);
}

TEST_CASE("mdstat: garbage is skipped") {
  CHECK(parse_mdstat("").arrays.empty());
  CHECK(parse_mdstat("md0\nmdx : \n     [=\n").arrays.empty());
  CHECK(parse_mdstat("md0 : active raid1 a[\n  x blocks [2/\n").arrays.size() == 1);
}

TEST_CASE("a progress line fits and counts") {
  SyncStatus sync;
  sync.action = "resync";
  sync.percent = 50;
  sync.speed_kib = 10240;
  sync.finish_minutes = 2.1;
  const auto line = progress_line("md0", sync, 80);
  CHECK(line.size() <= 80);
  CHECK(line.find("50.0%  10.0 MiB/s  2:06 left") != std::string::npos);
  sync.percent = 100;
  CHECK(progress_line("md0", sync, 10).find('>') == std::string::npos);
  sync.phase = SyncPhase::delayed;
  CHECK(progress_line("md0", sync) == "md0  resync waits for another array");
  CHECK(duration_text(61.5) == "1:01:30");
}

TEST_CASE("sizes") {
  CHECK(human_size(39936 * 1024ULL) == " (39.00 MiB 40.89 MB)");
  CHECK(human_size(4999 * 1024ULL).empty());
  CHECK(human_size(3ULL << 40) == " (3.00 TiB 3.30 TB)");
  // Eighths, by mdadm 4.2; and no 64 bits are too few.
  CHECK(human_size(14976 * 1024ULL) == " (14.63 MiB 15.34 MB)");
  CHECK(human_size(15232 * 1024ULL) == " (14.88 MiB 15.60 MB)");
  CHECK(human_size(15488 * 1024ULL) == " (15.13 MiB 15.86 MB)");
  CHECK(brief_binary_size(14976 * 1024ULL) == "14.63MiB");
  CHECK(human_size(~0ULL) == " (16777216.00 TiB 18446744.07 TB)");
  CHECK(brief_decimal_size(39936 * 1024ULL) == "40.89MB");
  CHECK(*parse_size_sectors("1s") == 1);
  CHECK(*parse_size_sectors("1") == 2);
  CHECK(!parse_size_sectors("1X"));
  CHECK(!parse_size_sectors(""));
}

TEST_CASE("levels and layouts") {
  CHECK(*parse_level("stripe") == 0);
  CHECK(*parse_level("linear") == -1);
  CHECK(!parse_level("17"));
  CHECK(*level_name(10) == "raid10");
  CHECK(*parse_layout(0, "alternate") == 2);
  CHECK(*parse_layout(10, "f2") == 0x201);
  CHECK(!parse_layout(10, "x2"));
  CHECK(layout_name(0, 0) == "-unknown-");
  CHECK(layout_name(10, 0x102) == "near=2");
  CHECK(members_needed(1, 3) == 1);
  CHECK(members_needed(0, 3) == 3);
}
