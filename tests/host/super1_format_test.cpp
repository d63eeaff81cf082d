// SPDX-License-Identifier: GPL-2.0-only
// 1.x field by field: what each may hold and what it is refused for.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cstring>
#include <string>
#include <vector>

#include "super_samples.hpp"

using namespace mdx_test;

namespace {

// One change to a good image, at the offsets of the format's own table.
struct Change {
  const char* what;
  std::size_t offset;
  std::size_t bytes;
  std::uint64_t value;
  mdx_sb_error expected;
};

mdx_sb_error decode_changed(mdx_sb_version version, Image image, const Change& change) {
  put_le(image, change.offset, change.value, change.bytes);
  fix_checksum(version, image);
  return decode(version, image).error;
}

void check_changes(mdx_sb_version version, const Image& image, const std::vector<Change>& changes) {
  for (const auto& change : changes) {
    CAPTURE(version);
    CAPTURE(change.what);
    CAPTURE(change.value);
    const auto got = decode_changed(version, image, change);
    CHECK_MESSAGE(got == change.expected, "got: ", mdx_sb_error_text(got));
  }
}

SuperPtr level_super(std::int32_t level, std::uint32_t layout, std::uint32_t chunk) {
  auto sb = plain_super(MDX_SB_1_2);
  sb->level = sb->new_level = level;
  sb->layout = sb->new_layout = layout;
  sb->chunk_sectors = sb->new_chunk_sectors = chunk;
  sb->raid_disks = 4;
  return sb;
}

mdx_sb_error round_trip(const mdx_super& sb) {
  return decode(static_cast<mdx_sb_version>(sb.version), encode(sb)).error;
}

}  // namespace

TEST_CASE("1.x header fields") {
  for (auto version : {MDX_SB_1_0, MDX_SB_1_1, MDX_SB_1_2}) {
    const auto sb = plain_super(version);
    check_changes(version, encode(*sb),
                  {{"magic", 0, 4, 0xa92b4efd, MDX_SB_NO_MAGIC},
                   {"magic, other byte order", 0, 4, 0xfc4e2ba9, MDX_SB_NO_MAGIC},
                   {"major 0", 4, 4, 0, MDX_SB_BAD_VERSION},
                   {"major 2", 4, 4, 2, MDX_SB_BAD_VERSION},
                   {"unknown feature", 8, 4, 8192, MDX_SB_BAD_FEATURE},
                   {"highest feature bit", 8, 4, 0x80000000, MDX_SB_BAD_FEATURE},
                   {"pad0", 12, 4, 1, MDX_SB_BAD_PAD},
                   {"super_offset elsewhere", 144, 8, sb->super_offset + 8, MDX_SB_BAD_OFFSET},
                   {"super_offset wild", 144, 8, ~std::uint64_t{0}, MDX_SB_BAD_OFFSET},
                   {"pad behind the block size", 228, 1, 1, MDX_SB_BAD_PAD},
                   {"last pad byte", 255, 1, 1, MDX_SB_BAD_PAD},
                   {"block size 256", 224, 4, 256, MDX_SB_BAD_PAD},
                   {"block size 768", 224, 4, 768, MDX_SB_BAD_PAD},
                   {"block size 128 KiB", 224, 4, 131072, MDX_SB_BAD_PAD},
                   {"block size 512", 224, 4, 512, MDX_SB_OK},
                   {"block size 4096", 224, 4, 4096, MDX_SB_OK},
                   {"max_dev one too many", 220, 4, 1921, MDX_SB_BAD_ROLE},
                   {"max_dev wild", 220, 4, 0xffffffff, MDX_SB_BAD_ROLE},
                   {"dev_number beyond the table", 160, 4, 5000, MDX_SB_OK},
                   {"own slot not below raid_disks", 256, 2, 2, MDX_SB_BAD_ROLE},
                   {"own slot reserved", 256, 2, 0xff00, MDX_SB_BAD_ROLE},
                   {"own slot reserved, high", 256, 2, 0xfffc, MDX_SB_BAD_ROLE},
                   {"other's slot wild", 258, 2, 0xfffc, MDX_SB_OK}});
  }
}

TEST_CASE("1.x data area") {
  for (auto version : {MDX_SB_1_0, MDX_SB_1_1, MDX_SB_1_2}) {
    const auto sb = plain_super(version);
    const std::uint64_t end = version == MDX_SB_1_0 ? sb->super_offset : sample_dev_sectors;
    check_changes(version, encode(*sb),
                  {{"size behind the end", 136, 8, end - sb->data_offset + 1, MDX_SB_BAD_DATA},
                   {"size to the end", 136, 8, end - sb->data_offset, MDX_SB_OK},
                   {"size wraps", 136, 8, ~std::uint64_t{0}, MDX_SB_BAD_DATA},
                   {"size 9", 136, 8, 9, MDX_SB_BAD_DATA},
                   {"size 0", 136, 8, 0, MDX_SB_BAD_DATA},
                   {"offset wraps", 128, 8, ~std::uint64_t{0} - 4, MDX_SB_BAD_DATA},
                   {"offset at the end", 128, 8, end, MDX_SB_BAD_DATA},
                   {"used size 0", 80, 8, 0, MDX_SB_BAD_GEOMETRY},
                   {"used size over data", 80, 8, sb->data_size + 1, MDX_SB_BAD_GEOMETRY},
                   {"used size wild", 80, 8, ~std::uint64_t{0}, MDX_SB_BAD_GEOMETRY}});
  }
  // 256 + 2 * 128 bytes are one sector of superblock.
  check_changes(MDX_SB_1_2, encode(*plain_super(MDX_SB_1_2)),
                {{"data on the superblock", 128, 8, 8, MDX_SB_BAD_DATA},
                 {"data before the superblock", 128, 8, 0, MDX_SB_BAD_DATA},
                 {"data right behind it", 128, 8, 9, MDX_SB_OK}});
  check_changes(MDX_SB_1_1, encode(*plain_super(MDX_SB_1_1)),
                {{"data on the superblock", 128, 8, 0, MDX_SB_BAD_DATA},
                 {"data right behind it", 128, 8, 1, MDX_SB_OK}});
}

TEST_CASE("1.x: who a linear array is to grow by has the next slot, or the one after") {
  for (std::int32_t level : {-1, 0, 1}) {
    auto sb = level_super(level, 0, level ? 0 : 128);
    CAPTURE(level);
    for (std::uint32_t next : {0, 1}) {
      CAPTURE(next);
      sb->roles[sb->dev_number] = static_cast<std::uint16_t>(sb->raid_disks + next);
      CHECK(round_trip(*sb) == (level < 0 ? MDX_SB_OK : MDX_SB_BAD_ROLE));
    }
    sb->roles[sb->dev_number] = static_cast<std::uint16_t>(sb->raid_disks + 2);
    CHECK(round_trip(*sb) == MDX_SB_BAD_ROLE);
  }
}

TEST_CASE("1.x level, layout, chunk and number of members") {
  for (std::int32_t level = -200; level < 200; level++) {
    const bool known = level == -5 || level == -4 || level == -1 || level == 0 || level == 1 ||
                       (level >= 4 && level <= 6) || level == 10;
    const std::uint32_t layout = level == 10 ? 0x102 : 0;
    CAPTURE(level);
    CHECK(round_trip(*level_super(level, layout, 128)) ==
          (known ? MDX_SB_OK : MDX_SB_BAD_GEOMETRY));
  }
  for (std::int32_t level : {0, 4, 5, 6, 10}) {
    const std::uint32_t layout = level == 10 ? 0x102 : 0;
    CAPTURE(level);
    CHECK(round_trip(*level_super(level, layout, 0)) == MDX_SB_BAD_GEOMETRY);
    CHECK(round_trip(*level_super(level, layout, 24)) ==
          (level == 0 ? MDX_SB_OK : MDX_SB_BAD_GEOMETRY));
    CHECK(round_trip(*level_super(level, layout, 0x80000000)) == MDX_SB_BAD_GEOMETRY);
  }
  for (std::uint32_t layout = 0; layout < 32; layout++) {
    const bool raid6 =
        layout <= 5 || (layout >= 8 && layout <= 10) || (layout >= 16 && layout <= 20);
    CAPTURE(layout);
    CHECK((round_trip(*level_super(5, layout, 128)) == MDX_SB_OK) == (layout <= 5));
    CHECK((round_trip(*level_super(6, layout, 128)) == MDX_SB_OK) == raid6);
    CHECK(round_trip(*level_super(4, layout, 128)) == MDX_SB_OK);
  }
  for (std::uint32_t layout : {0x102u, 0x201u, 0x10201u, 0x202u, 0x40201u, 0x20201u})
    CHECK(round_trip(*level_super(10, layout, 128)) == MDX_SB_OK);
  for (std::uint32_t layout : {0u, 0x100u, 2u, 0x105u, 0x303u, 0x60201u, 0x80102u, 0xffffffffu})
    CHECK(round_trip(*level_super(10, layout, 128)) == MDX_SB_BAD_GEOMETRY);

  auto sb = plain_super(MDX_SB_1_2);
  for (auto [disks, good] : std::vector<std::pair<std::uint32_t, bool>>{
           {0, false}, {1, true}, {1920, true}, {1921, false}, {0xffffffff, false}}) {
    sb->raid_disks = disks;
    CAPTURE(disks);
    CHECK((round_trip(*sb) == MDX_SB_OK) == good);
  }
}

TEST_CASE("1.x raid0 layout counts only with its feature bit") {
  auto sb = level_super(0, 2, 128);
  sb->size = 0;
  CHECK(decode(MDX_SB_1_2, encode(*sb)).super->layout == 0);
  sb->feature_map = MD_FEATURE_RAID0_LAYOUT;
  CHECK(decode(MDX_SB_1_2, encode(*sb)).super->layout == 2);
  sb->layout = 77;
  CHECK(decode(MDX_SB_1_2, encode(*sb)).super->layout == 0);
}

TEST_CASE("1.x bitmap area") {
  struct Place {
    mdx_sb_version version;
    std::int32_t offset;
    bool good;
  };
  const auto end = static_cast<std::int32_t>(plain_super(MDX_SB_1_0)->super_offset);
  const std::int32_t data_end = end - 2048;
  for (auto [version, offset, good] : std::vector<Place>{{MDX_SB_1_2, 8, true},
                                                         {MDX_SB_1_2, 1, true},
                                                         {MDX_SB_1_2, 2, true},
                                                         {MDX_SB_1_2, 0, false},
                                                         {MDX_SB_1_2, 2039, true},
                                                         {MDX_SB_1_2, 2040, false},
                                                         {MDX_SB_1_2, -8, true},
                                                         {MDX_SB_1_2, -9, false},
                                                         {MDX_SB_1_2, 1 << 30, false},
                                                         {MDX_SB_1_1, -1, false},
                                                         {MDX_SB_1_1, 8, true},
                                                         {MDX_SB_1_0, -16, true},
                                                         {MDX_SB_1_0, 8, true},
                                                         {MDX_SB_1_0, 24, false},
                                                         {MDX_SB_1_0, data_end - end, true},
                                                         {MDX_SB_1_0, data_end - end - 1, false},
                                                         {MDX_SB_1_0, -0x7fffffff - 1, false}}) {
    auto sb = plain_super(version);
    sb->feature_map = MD_FEATURE_BITMAP_OFFSET;
    sb->bitmap_offset = offset;
    CAPTURE(version);
    CAPTURE(offset);
    CHECK(round_trip(*sb) == (good ? MDX_SB_OK : MDX_SB_BAD_BITMAP));
  }
}

TEST_CASE("the room of a bitmap ends at its neighbour") {
  auto sb = plain_super(MDX_SB_1_2);
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 0);
  sb->feature_map = MD_FEATURE_BITMAP_OFFSET;
  sb->bitmap_offset = 8;
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 2032);
  sb->bblog_offset = 16;
  sb->bblog_size = 8;
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 8);
  sb->bitmap_offset = 24;
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 2016);
  sb = plain_super(MDX_SB_1_0);
  sb->feature_map = MD_FEATURE_BITMAP_OFFSET;
  sb->bitmap_offset = -16;
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 16);
  sb = plain_super(MDX_SB_0_90);
  sb->feature_map = MD_FEATURE_BITMAP_OFFSET;
  sb->bitmap_offset = 8;
  CHECK(mdx_sb_bitmap_space(sb.get(), sample_dev_sectors) == 120);
}

TEST_CASE("1.x partial parity log shares the bitmap's field") {
  auto sb = level_super(5, 2, 128);
  sb->feature_map = MD_FEATURE_PPL;
  sb->bitmap_offset = 1024 << 16 | 8;
  CHECK(round_trip(*sb) == MDX_SB_OK);
  CHECK(decode(MDX_SB_1_2, encode(*sb)).super->bitmap_offset == (1024 << 16 | 8));
  sb->feature_map = MD_FEATURE_MULTIPLE_PPLS;
  CHECK(round_trip(*sb) == MDX_SB_OK);
  sb->bitmap_offset = 2048 << 16 | 8;
  CHECK(round_trip(*sb) == MDX_SB_BAD_BITMAP);
  sb->bitmap_offset = 8 << 16 | 0xfff0;
  CHECK(round_trip(*sb) == MDX_SB_BAD_BITMAP);
  sb->bitmap_offset = 8;
  sb->feature_map = MD_FEATURE_PPL | MD_FEATURE_BITMAP_OFFSET;
  CHECK(round_trip(*sb) == MDX_SB_BAD_FEATURE);
}

TEST_CASE("1.x bad-block log") {
  struct Log {
    std::int32_t offset;
    std::uint16_t size;
    std::uint8_t shift;
    bool good;
  };
  for (auto [offset, size, shift, good] : std::vector<Log>{{16, 8, 0, true},
                                                           {16, 8, 9, true},
                                                           {16, 8, 31, true},
                                                           {16, 8, 32, false},
                                                           {16, 9, 0, false},
                                                           {2032, 8, 0, true},
                                                           {2033, 8, 0, false},
                                                           {-8, 8, 0, true},
                                                           {-9, 8, 0, false},
                                                           {-7, 8, 0, false},
                                                           {1, 1, 0, true}}) {
    for (auto bit : {0, MD_FEATURE_BAD_BLOCKS}) {
      auto sb = plain_super(MDX_SB_1_2);
      sb->feature_map = static_cast<__u32>(bit);
      sb->bblog_offset = offset;
      sb->bblog_size = size;
      sb->bblog_shift = shift;
      CAPTURE(offset);
      CAPTURE(size);
      CHECK(round_trip(*sb) == (good ? MDX_SB_OK : MDX_SB_BAD_BBLOG));
    }
  }
  auto sb = plain_super(MDX_SB_1_2);
  sb->bblog_offset = 16;
  CHECK(decode(MDX_SB_1_2, encode(*sb)).super->bblog_offset == 0);
  sb->feature_map = MD_FEATURE_BAD_BLOCKS;
  CHECK(round_trip(*sb) == MDX_SB_BAD_BBLOG);
  sb->bblog_offset = 0;
  sb->bblog_size = 8;
  CHECK(round_trip(*sb) == MDX_SB_BAD_BBLOG);
}

TEST_CASE("1.x bad-block log nobody has room for or use of") {
  for (std::int32_t level : {-1, 0, 1}) {
    auto sb = level_super(level, 0, level ? 0 : 128);
    sb->bblog_offset = 2032;
    sb->bblog_size = 8;
    CAPTURE(level);
    CHECK(decode(MDX_SB_1_2, encode(*sb)).super->bblog_size == 8);
    sb->bblog_offset = 2033;
    const auto got = decode(MDX_SB_1_2, encode(*sb));
    CHECK(got.error == (level <= 0 ? MDX_SB_OK : MDX_SB_BAD_BBLOG));
    if (got.super) CHECK(got.super->bblog_size == 0);
    sb->feature_map = MD_FEATURE_BAD_BLOCKS;
    CHECK(round_trip(*sb) == MDX_SB_BAD_BBLOG);
  }
}

TEST_CASE("1.x reshape") {
  auto sb = level_super(5, 2, 128);
  sb->feature_map = MD_FEATURE_RESHAPE_ACTIVE;
  sb->reshape_position = 0;
  sb->delta_disks = 1;
  CHECK(round_trip(*sb) == MDX_SB_OK);
  for (std::int32_t delta : {4, -4, 1000, -0x7fffffff - 1}) {
    sb->delta_disks = delta;
    CAPTURE(delta);
    CHECK(round_trip(*sb) == MDX_SB_BAD_RESHAPE);
  }
  sb->delta_disks = -3;
  CHECK(round_trip(*sb) == MDX_SB_OK);
  sb->new_level = 7;
  CHECK(round_trip(*sb) == MDX_SB_BAD_RESHAPE);
  sb->new_level = 5;
  sb->new_chunk_sectors = 0;
  CHECK(round_trip(*sb) == MDX_SB_BAD_RESHAPE);
  sb->new_chunk_sectors = 128;
  sb->reshape_position = ~std::uint64_t{0};
  CHECK(round_trip(*sb) == MDX_SB_BAD_RESHAPE);
  sb->reshape_position = 128;
  sb->feature_map |= MD_FEATURE_NEW_OFFSET;
  for (auto [offset, good] : std::vector<std::pair<std::int32_t, bool>>{
           {0, true}, {-2039, true}, {-2040, false}, {1 << 30, false}, {-0x7fffffff - 1, false}}) {
    sb->new_offset = offset;
    CAPTURE(offset);
    CHECK(round_trip(*sb) == (good ? MDX_SB_OK : MDX_SB_BAD_RESHAPE));
  }
}

TEST_CASE("1.x journal device may be smaller than the members") {
  auto sb = level_super(5, 2, 128);
  sb->feature_map = MD_FEATURE_JOURNAL;
  sb->dev_number = 4;
  sb->roles[4] = MDX_ROLE_JOURNAL;
  sb->role = MDX_ROLE_JOURNAL;
  sb->data_size = 4096;
  sb->recovery_offset = 512;
  const auto back = decode(MDX_SB_1_2, encode(*sb));
  REQUIRE(back.error == MDX_SB_OK);
  CHECK(back.super->role == MDX_ROLE_JOURNAL);
  CHECK(back.super->recovery_offset == 512);
}

TEST_CASE("1.x name of full length is terminated") {
  auto sb = plain_super(MDX_SB_1_2);
  std::memset(sb->set_name, 'x', 32);
  const auto back = decode(MDX_SB_1_2, encode(*sb));
  REQUIRE(back.error == MDX_SB_OK);
  CHECK(std::string(back.super->set_name) == std::string(32, 'x'));
}

TEST_CASE("1.x writes no more than its table needs") {
  auto sb = plain_super(MDX_SB_1_2);
  for (auto [devs, bytes] :
       std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 256}, {1, 258}, {1920, 4096}}) {
    sb->max_dev = devs;
    CHECK(mdx_sb_used_bytes(sb.get()) == bytes);
    const auto image = encode(*sb);
    for (std::size_t i = bytes; i < image.size(); i++) CHECK(image[i] == 0);
  }
}
