// SPDX-License-Identifier: GPL-2.0-only
// 0.90 field by field, at the offsets of a little-endian machine.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <vector>

#include "super_samples.hpp"

using namespace mdx_test;

namespace {

struct Change {
  const char* what;
  std::size_t offset;
  std::uint32_t value;
  mdx_sb_error expected;
};

Image changed(std::size_t offset, std::uint32_t value) {
  auto image = encode(*plain_super(MDX_SB_0_90));
  put_le(image, offset, value, 4);
  fix_checksum(MDX_SB_0_90, image);
  return image;
}

constexpr std::size_t state_at = 132;
constexpr std::size_t events_at = 156;
constexpr std::size_t cp_events_at = 164;
constexpr std::size_t checkpoint_at = 172;

// The decoded resync offset of a superblock with this state.
std::uint64_t resync_of(std::uint32_t state, std::uint64_t events, std::uint64_t cp_events,
                        std::uint32_t checkpoint) {
  auto image = encode(*plain_super(MDX_SB_0_90));
  put_le(image, state_at, state, 4);
  put_le(image, events_at, events, 8);
  put_le(image, cp_events_at, cp_events, 8);
  put_le(image, checkpoint_at, checkpoint, 4);
  fix_checksum(MDX_SB_0_90, image);
  const auto back = decode(MDX_SB_0_90, image);
  REQUIRE(back.error == MDX_SB_OK);
  return back.super->resync_offset;
}

}  // namespace

TEST_CASE("0.90 fields and what they are refused for") {
  const auto room = static_cast<std::uint32_t>(plain_super(MDX_SB_0_90)->data_size / 2);
  for (const auto& change :
       std::vector<Change>{{"magic", 0, 0xa92b4efd, MDX_SB_NO_MAGIC},
                           {"major", 4, 1, MDX_SB_BAD_VERSION},
                           {"minor 89", 8, 89, MDX_SB_BAD_VERSION},
                           {"minor 92", 8, 92, MDX_SB_BAD_VERSION},
                           {"level 7", 28, 7, MDX_SB_BAD_GEOMETRY},
                           {"level linear", 28, 0xffffffff, MDX_SB_OK},
                           {"size 0", 32, 0, MDX_SB_BAD_GEOMETRY},
                           {"size fits", 32, room, MDX_SB_OK},
                           {"size does not fit", 32, room + 1, MDX_SB_BAD_GEOMETRY},
                           {"size wild", 32, 0xffffffff, MDX_SB_BAD_GEOMETRY},
                           {"raid_disks 0", 40, 0, MDX_SB_BAD_GEOMETRY},
                           {"raid_disks 27", 40, 27, MDX_SB_OK},
                           {"raid_disks 28", 40, 28, MDX_SB_BAD_GEOMETRY},
                           {"raid_disks below own slot", 40, 0xffffffff, MDX_SB_BAD_GEOMETRY},
                           {"chunk no whole sectors", 260, 1000, MDX_SB_BAD_GEOMETRY},
                           {"chunk 64 KiB", 260, 65536, MDX_SB_OK},
                           {"own number outside the table", 3968, 27, MDX_SB_BAD_ROLE},
                           {"own number wild", 3968, 0xffffffff, MDX_SB_BAD_ROLE},
                           {"own slot too high", 512 + 12, 2, MDX_SB_BAD_ROLE},
                           {"own slot wild", 512 + 12, 0xffffffff, MDX_SB_BAD_ROLE},
                           {"other's slot wild", 512 + 128 + 12, 0xffffffff, MDX_SB_OK}}) {
    CAPTURE(change.what);
    const auto got = decode(MDX_SB_0_90, changed(change.offset, change.value)).error;
    CHECK_MESSAGE(got == change.expected, "got: ", mdx_sb_error_text(got));
  }
}

TEST_CASE("0.90: who a linear array is to grow by has the next slot, or the one after") {
  auto image = changed(28, 0xffffffff);
  for (std::uint32_t next : {2, 3}) {
    CAPTURE(next);
    put_le(image, 512 + 12, next, 4);
    fix_checksum(MDX_SB_0_90, image);
    CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_OK);
  }
  put_le(image, 512 + 12, 4, 4);
  fix_checksum(MDX_SB_0_90, image);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_BAD_ROLE);
}

TEST_CASE("0.90 striped levels need a chunk, and a reshape a possible one") {
  auto image = changed(28, 5);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_BAD_GEOMETRY);
  put_le(image, 260, 65536, 4);
  fix_checksum(MDX_SB_0_90, image);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_OK);
  put_le(image, 8, 91, 4);
  fix_checksum(MDX_SB_0_90, image);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_BAD_RESHAPE);
  put_le(image, 184, 5, 4);
  put_le(image, 196, 65536, 4);
  fix_checksum(MDX_SB_0_90, image);
  const auto back = decode(MDX_SB_0_90, image);
  REQUIRE(back.error == MDX_SB_OK);
  CHECK(back.super->feature_map == MD_FEATURE_RESHAPE_ACTIVE);
  CHECK(back.super->new_chunk_sectors == 128);
  put_le(image, 196, 65000, 4);
  fix_checksum(MDX_SB_0_90, image);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_BAD_RESHAPE);
}

TEST_CASE("0.90 clean bit, checkpoint and its events") {
  CHECK(resync_of(1, 9, 9, 0) == MDX_SECTOR_NONE);
  CHECK(resync_of(1, 9, 5, 4711) == MDX_SECTOR_NONE);
  CHECK(resync_of(0, 9, 9, 4711) == 4711);
  CHECK(resync_of(0, 9, 8, 4711) == 0);
  CHECK(resync_of(0, 9, 9, 0) == 0);
  CHECK(resync_of(0, 9, 9, 0xffffffff) == 0);
  CHECK(resync_of(0, 0x900000001, 0x900000001, 64) == 64);
  CHECK(resync_of(0, 0x900000001, 0x800000001, 64) == 0);
}

TEST_CASE("0.90 encodes a checkpoint so that md honours it") {
  auto sb = plain_super(MDX_SB_0_90);
  sb->events = 0x1234567890;
  sb->cp_events = 3;
  sb->resync_offset = 8192;
  auto image = encode(*sb);
  CHECK(get_le(image, events_at, 8) == 0x1234567890);
  CHECK(get_le(image, cp_events_at, 8) == 0x1234567890);
  CHECK(get_le(image, checkpoint_at, 4) == 8192);
  CHECK(get_le(image, state_at, 4) == 0);

  sb->resync_offset = 0;
  image = encode(*sb);
  CHECK(get_le(image, cp_events_at, 8) == 3);
  CHECK(get_le(image, checkpoint_at, 4) == 0);

  sb->resync_offset = std::uint64_t{1} << 33;
  CHECK(get_le(encode(*sb), checkpoint_at, 4) == 0xfffffffe);

  sb->resync_offset = MDX_SECTOR_NONE;
  sb->sb0_errors = true;
  sb->feature_map = MD_FEATURE_BITMAP_OFFSET;
  image = encode(*sb);
  CHECK(get_le(image, checkpoint_at, 4) == 0xffffffff);
  CHECK(get_le(image, state_at, 4) == 0x103);
}

TEST_CASE("0.90 uuid words are shown most significant byte first") {
  auto image = encode(*plain_super(MDX_SB_0_90));
  put_le(image, 20, 0x01020304, 4);
  put_le(image, 52, 0x05060708, 4);
  put_le(image, 56, 0x090a0b0c, 4);
  put_le(image, 60, 0x0d0e0f10, 4);
  fix_checksum(MDX_SB_0_90, image);
  const auto back = decode(MDX_SB_0_90, image);
  REQUIRE(back.error == MDX_SB_OK);
  for (std::uint8_t i = 0; i < 16; i++) CHECK(back.super->set_uuid[i] == i + 1);
  CHECK(encode(*back.super) == image);
}

TEST_CASE("0.90 checksum folded to 16 bits is taken too") {
  auto image = encode(*plain_super(MDX_SB_0_90));
  const auto sum = get_le(image, 152, 4);
  auto folded = (sum & 0xffff) + (sum >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  put_le(image, 152, folded, 4);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_OK);
  put_le(image, 152, folded ^ 1, 4);
  CHECK(decode(MDX_SB_0_90, image).error == MDX_SB_BAD_CHECKSUM);
}

TEST_CASE("0.90 member table and its counts") {
  constexpr auto missing = 1u << MD_DISK_REMOVED;
  constexpr auto faulty = 1u << MD_DISK_FAULTY;
  auto sb = plain_super(MDX_SB_0_90);
  sb->raid_disks = 4;
  sb->sb0_patch = 3;
  sb->sb0_disks[2] = {2, 0, 0, 2, missing | faulty};
  sb->sb0_disks[3] = {3, 0, 0, 3, missing};
  sb->sb0_disks[4] = {4, 8, 48, 4, 0};
  sb->sb0_disks[5] = {5, 8, 64, 5, faulty};
  const auto image = encode(*sb);
  CHECK(get_le(image, 12, 4) == 3);   // patch
  CHECK(get_le(image, 36, 4) == 4);   // nr_disks
  CHECK(get_le(image, 136, 4) == 2);  // active
  CHECK(get_le(image, 140, 4) == 3);  // working
  CHECK(get_le(image, 144, 4) == 1);  // failed
  CHECK(get_le(image, 148, 4) == 1);  // spare
  const auto back = decode(MDX_SB_0_90, image);
  REQUIRE(back.error == MDX_SB_OK);
  CHECK(back.super->sb0_patch == 3);
  CHECK(back.super->role == 0);
  CHECK(back.super->roles[1] == 1);
  CHECK(back.super->roles[2] == MDX_ROLE_FAULTY);
  CHECK(back.super->roles[3] == MDX_ROLE_FAULTY);
  CHECK(back.super->roles[4] == MDX_ROLE_SPARE);
  CHECK(back.super->roles[5] == MDX_ROLE_FAULTY);
}

TEST_CASE("0.90 knows no raid0 layout and sizes up to 4 TiB") {
  auto image = changed(28, 0);
  put_le(image, 256, 2, 4);
  put_le(image, 260, 65536, 4);
  fix_checksum(MDX_SB_0_90, image);
  const auto back = decode(MDX_SB_0_90, image);
  REQUIRE(back.error == MDX_SB_OK);
  CHECK(back.super->layout == 0);

  const std::uint64_t huge = std::uint64_t{1} << 36;
  const auto big = plain_super(MDX_SB_0_90, huge);
  big->size = 1 << 20;
  const auto decoded = decode(MDX_SB_0_90, encode(*big), huge);
  REQUIRE(decoded.error == MDX_SB_OK);
  CHECK(decoded.super->data_size == (std::uint64_t{2} << 32) - 2);
}
