// SPDX-License-Identifier: GPL-2.0-only
// --examine of members, word for word mdadm's, and of what is no member; --query of the latter.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "machine.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

void partition(Disk& disk, unsigned number, unsigned char type, std::uint32_t start,
               std::uint32_t sectors) {
  std::array<unsigned char, 16> entry{};
  entry[4] = type;
  for (unsigned i = 0; i < 4; i++) {
    entry[8 + i] = static_cast<unsigned char>(start >> 8 * i);
    entry[12 + i] = static_cast<unsigned char>(sectors >> 8 * i);
  }
  disk.write(446 + 16 * number, std::as_bytes(std::span(entry)));
  const std::array<unsigned char, 2> magic{0x55, 0xaa};
  disk.write(510, std::as_bytes(std::span(magic)));
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in, path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

template <class T>
T word_at(const std::string& image, std::size_t at) {
  T out;
  std::memcpy(&out, image.data() + at, sizeof out);
  return out;
}

// The superblock of a bitmap for 65536 sectors in chunks of 64 MiB, where @image says one is.
void add_bitmap(Disk& disk, bool old, std::uint64_t place, const std::string& image) {
  const auto state = word_at<std::uint32_t>(image, old ? 132 : 8);
  if (!(state & (old ? 1u << 8 : 1u))) return;
  const std::int64_t offset = old ? 8 : word_at<std::int32_t>(image, 96);
  std::array<std::byte, 512> bitmap{};
  auto put = [&](std::size_t at, auto value) {
    std::memcpy(bitmap.data() + at, &value, sizeof value);
  };
  put(0, std::uint32_t{0x6d746962});
  put(4, std::uint32_t{4});
  put(40, std::uint64_t{65536});
  put(52, std::uint32_t{64 << 20});
  put(56, std::uint32_t{5});
  disk.write((place + static_cast<std::uint64_t>(offset)) * 512, bitmap);
}

void add_member(Machine& m, const std::filesystem::path& about) {
  const auto facts = nlohmann::json::parse(content_of(about));
  const auto image = content_of(std::filesystem::path(about).replace_extension(".sb"));
  const auto version = system::parse_version(facts["version"].get<std::string>());
  REQUIRE(version);
  const std::uint64_t sectors = facts["dev_sectors"];
  const std::uint64_t place = mdx_sb_sector(*version, sectors);
  Disk& disk = m.blocks.add("member", sectors);
  disk.write(place * 512, std::as_bytes(std::span(image)));
  add_bitmap(disk, *version == MDX_SB_0_90, place, image);
  for (unsigned i = 0; i < 8; i++) m.blocks.add("/dev/loop" + std::to_string(i), 8).number = {7, i};
}

}  // namespace

// What mdadm 4.2 says: tests/data/superblocks/make-examine.
TEST_CASE("examine: every golden superblock, in every form") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::filesystem::path data = SUPERBLOCKS;
  unsigned seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data / "good")) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path().stem());
    Machine m;
    add_member(m, entry.path());
    std::string all;
    for (const auto& form :
         {std::vector<std::string>{"-E"}, {"-E", "-Y"}, {"-E", "-b"}, {"-E", "-b", "-v"}}) {
      std::string head = "#";
      for (const auto& word : form) head += " " + word;
      auto line = form;
      line.insert(line.end(), {"--homehost=vm", "member"});
      all += head + "\n" + m.run(line).out;
    }
    CHECK(all == content_of(data / "examine" / entry.path().stem()));
    seen++;
  }
  CHECK(seen > 100);
}

TEST_CASE("examine: what an array is becoming") {
  struct Case {
    const char* name;
    int delta;
    int level;
    unsigned layout, chunk;
    const char* text;
  };
  for (const Case& c : {Case{"raid5-reshape-1.2-0", 0, 5, 0, 64,
                             "  Reshape pos'n : 12480 (12.19 MiB 12.78 MB)\n"
                             "     New Layout : left-asymmetric\n"
                             "  New Chunksize : 32K\n\n"},
                        Case{"raid5-reshape-1.2-0", 1, 4, 2, 1024,
                             "  Reshape pos'n : 12480 (12.19 MiB 12.78 MB)\n"
                             "  Delta Devices : 1 (3->4)\n"
                             "      New Level : raid4\n"
                             "  New Chunksize : 512K\n\n"},
                        Case{"raid5-reshape-0.90-0", 0, 5, 0, 64,
                             "  Reshape pos'n : 8448 (8.25 MiB 8.65 MB)\n"
                             "     New Layout : left-asymmetric\n"
                             "  New Chunksize : 32768\n\n"},
                        Case{"raid5-reshape-1.2-0", -1, 5, 2, 128,
                             "  Reshape pos'n : 12480 (12.19 MiB 12.78 MB)\n"
                             "  Delta Devices : -1 (5->4)\n\n"}}) {
    INFO(c.text);
    Machine m;
    add_member(m, std::filesystem::path(SUPERBLOCKS) / "good" / (std::string(c.name) + ".json"));
    auto super = super_of(m, "member");
    super.delta_disks = c.delta;
    super.new_level = c.level;
    super.new_layout = c.layout;
    super.new_chunk_sectors = c.chunk;
    auto device = m.blocks.open("member", kernel::Access::write);
    REQUIRE(system::store_superblock(**device, super));
    const auto out = m.run({"-E", "member"}).out;
    CHECK_MESSAGE(out.find(c.text) != std::string::npos, out);
    if (c.delta < 0) CHECK(out.find("Array State : AAAA. ") != std::string::npos);
  }
}

TEST_CASE("examine: a disk with partitions, in mdadm's words") {
  Machine m;
  m.add_disks();
  Disk& disk = m.blocks.disk("/dev/vda");
  partition(disk, 0, 0x83, 2048, 4096);
  partition(disk, 2, 0xfd, 8192, 2048);
  auto out = m.run({"-E", "/dev/vda"});
  CHECK(out.status == 0);
  CHECK(out.said.empty());
  CHECK(out.out ==
        "/dev/vda:\n"
        "   MBR Magic : aa55\n"
        "Partition[0] :         4096 sectors at         2048 (type 83)\n"
        "Partition[2] :         2048 sectors at         8192 (type fd)\n");
  CHECK(out.json[0]["partitions"][1]["start"] == 8192);
  CHECK(m.run({"-E", "-Y", "/dev/vda"}).status == 0);
  CHECK(m.run({"-E", "-Y", "/dev/vda"}).out.empty());
  CHECK(m.run({"-E", "-b", "/dev/vda"}).out.empty());
  CHECK(m.run({"-E", "-e", "1.2", "/dev/vda"}).out.empty());
  CHECK(m.run({"-E", "/dev/vda", "/dev/vdb"}).status == 1);
  // A member's superblock goes before the table.
  REQUIRE(m.run(kMirror).status == 0);
  partition(disk, 1, 0x83, 2048, 4096);
  CHECK(m.run({"-E", "/dev/vda"}).out.find("a92b4efc") != std::string::npos);
}

TEST_CASE("examine-badblocks: a log that is used, empty, not there") {
  Machine m;
  add_member(m, std::filesystem::path(SUPERBLOCKS) / "good" / "raid1-badblocks-1.2-1.json");
  auto super = super_of(m, "member");
  const auto place = (super.super_offset + static_cast<unsigned>(super.bblog_offset)) * 512;
  // Full to its last entry, and something that is not the log's behind it.
  std::vector<std::uint64_t> entries(super.bblog_size * 512 / 8 + 1, 5u << 10 | 1);
  entries[0] = std::uint64_t{4096} << 10 | 8;
  entries[1] = ~std::uint64_t{0} << 10;
  Disk& disk = m.blocks.disk("member");
  disk.write(place, std::as_bytes(std::span(entries)));
  auto full = m.run({"--examine-badblocks", "member"});
  CHECK(full.status == 0);
  CHECK(full.json[0]["bad_blocks"].size() == super.bblog_size * 512u / 8);

  entries[2] = ~std::uint64_t{0};
  disk.write(place, std::as_bytes(std::span(entries)));
  auto used = m.run({"--examine-badblocks", "member"});
  CHECK(used.status == 0);
  CHECK(used.said.empty());
  CHECK(used.out ==
        "Bad-blocks on member:\n"
        "                4096 for 8 sectors\n"
        "   18014398509481983 for 0 sectors\n");
  CHECK(used.json[0]["bad_blocks"][0]["sector"] == 4096);

  auto store = [&] {
    auto device = m.blocks.open("member", kernel::Access::write);
    REQUIRE(system::store_superblock(**device, super));
  };
  super.bblog_shift = 3;
  store();
  CHECK(m.run({"--examine-badblocks", "member"}).json[0]["bad_blocks"][0]["sectors"] == 64);
  disk.bad_pages = {place / 4096};
  auto unreadable = m.run({"--examine-badblocks", "member"});
  CHECK(unreadable.status == 1);
  CHECK(unreadable.said_text("Cannot read bad-blocks list"));
  CHECK(unreadable.out.empty());
  disk.bad_pages.clear();

  super.feature_map &= ~static_cast<unsigned>(MD_FEATURE_BAD_BLOCKS);
  store();
  auto empty = m.run({"--examine-badblocks", "member"});
  CHECK(empty.status == 0);
  CHECK(empty.out == "Bad-blocks list is empty in member\n");
  super.bblog_size = 0;
  super.bblog_offset = 0;
  store();
  auto none = m.run({"--examine-badblocks", "member"});
  CHECK(none.status == 0);
  CHECK(none.out == "No bad-blocks list configured on member\n");
  CHECK(none.json[0]["has_log"] == false);
}

TEST_CASE("examine-badblocks: of what has no log to look for") {
  Machine m;
  m.add_disks();
  REQUIRE(m.run({"-C", "/dev/md0", "-R", "-e0.90", "-l1", "-n2", "/dev/vda", "/dev/vdb"}).status ==
          0);
  auto old = m.run({"--examine-badblocks", "/dev/vda"});
  CHECK(old.status == 1);
  CHECK(old.out.empty());
  CHECK(old.said_text("0.90 metadata does not support badblocks"));
  CHECK(m.run({"--examine-badblocks", "/dev/vdc"}).said_text("No md superblock detected"));
  CHECK(m.run({"--examine-badblocks", "/dev/nope"}).status == 1);
  CHECK(m.run({"--examine-badblocks"}).status == 2);
}

TEST_CASE("query: what is no block device is no array, and that is an answer") {
  Machine m;
  m.add_disks();
  m.blocks.add("image", 20480).image = true;
  m.blocks.others = {"/dev/null"};
  for (const char* path : {"image", "/dev/null", "/dev/vda"})
    for (const auto& line : {std::vector<std::string>{"-Q", path}, {path}}) {
      auto out = m.run(line);
      INFO(path);
      CHECK(out.status == 0);
      CHECK(out.said.empty());
      CHECK(out.out == std::string(path) + ": is not an md array\n");
    }
  CHECK(m.run({"-Q", "/dev/nope"}).status == 1);
}
