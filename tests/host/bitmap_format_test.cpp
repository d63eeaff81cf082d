// SPDX-License-Identifier: GPL-2.0-only
// The write-intent bitmap on a member: fields, shape, place.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <array>
#include <cstring>
#include <vector>

#include "bitmap_format.h"
#include "super_samples.hpp"

using namespace mdx_test;

namespace {

using Area = std::array<std::uint8_t, MDX_BITMAP_SB_BYTES>;

constexpr std::uint64_t sample_size = 2093056;

mdx_bitmap_super plain_bitmap() {
  std::array<std::uint8_t, 16> uuid;
  for (std::size_t i = 0; i < uuid.size(); i++) uuid[i] = static_cast<std::uint8_t>(0xa0 + i);
  mdx_bitmap_super sb;
  mdx_bitmap_init(&sb, uuid.data(), sample_size, MDX_BITMAP_CHUNK_DEFAULT);
  sb.events = 17;
  sb.events_cleared = 16;
  return sb;
}

Area encode(const mdx_bitmap_super& sb) {
  Area area;
  area.fill(0xee);
  mdx_bitmap_encode(&sb, area.data());
  return area;
}

mdx_bitmap_error decode_with(std::size_t offset, std::uint64_t value, std::size_t bytes) {
  auto area = encode(plain_bitmap());
  for (std::size_t i = 0; i < bytes; i++)
    area.at(offset + i) = static_cast<std::uint8_t>(value >> (8 * i));
  mdx_bitmap_super sb;
  return mdx_bitmap_decode(area.data(), &sb);
}

mdx_bitmap_error check(const mdx_bitmap_super& sb, std::uint64_t size, std::uint64_t space) {
  mdx_bitmap_shape shape;
  return mdx_bitmap_check(&sb, plain_bitmap().uuid, size, space, &shape);
}

// As mdadm lays out a member of that version, the log of bad blocks with it.
SuperPtr member(mdx_sb_version version, std::uint64_t dev_sectors, std::uint64_t data_offset) {
  auto sb = plain_super(version, dev_sectors);
  sb->super_offset = mdx_sb_sector(version, dev_sectors);
  sb->data_offset = data_offset;
  if (version == MDX_SB_0_90) return sb;
  sb->bblog_size = 8;
  sb->bblog_offset = version == MDX_SB_1_0 ? -8 : 16;
  sb->data_size = version == MDX_SB_1_0 ? sb->super_offset - 96 : dev_sectors - data_offset;
  return sb;
}

}  // namespace

TEST_CASE("every field of a bitmap's superblock has its place") {
  auto sb = plain_bitmap();
  sb.version = MDX_BITMAP_CLUSTERED;
  sb.sync_size = 0x1122334455667788;
  sb.state = MDX_BITMAP_STALE;
  sb.daemon_sleep = 7;
  sb.write_behind = 256;
  sb.sectors_reserved = 8;
  sb.nodes = 3;
  std::strcpy(sb.cluster_name, "north");
  const auto area = encode(sb);
  const std::vector<std::uint8_t> head(area.begin(), area.begin() + 80);
  CHECK(head == std::vector<std::uint8_t>{
                    0x62, 0x69, 0x74, 0x6d, 5,    0,    0,    0,    0xa0, 0xa1, 0xa2, 0xa3,
                    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
                    17,   0,    0,    0,    0,    0,    0,    0,    16,   0,    0,    0,
                    0,    0,    0,    0,    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
                    2,    0,    0,    0,    0,    0,    0,    4,    7,    0,    0,    0,
                    0,    1,    0,    0,    8,    0,    0,    0,    3,    0,    0,    0,
                    'n',  'o',  'r',  't',  'h',  0,    0,    0});
  for (std::size_t i = 80; i < area.size(); i++) CHECK(area[i] == 0);

  mdx_bitmap_super back;
  CHECK(mdx_bitmap_decode(area.data(), &back) == MDX_BITMAP_IS_CLUSTERED);
  CHECK(encode(back) == area);
}

TEST_CASE("what a bitmap's fields may hold") {
  CHECK(decode_with(0, MDX_BITMAP_MAGIC, 4) == MDX_BITMAP_OK);
  CHECK(decode_with(0, 0, 4) == MDX_BITMAP_NO_MAGIC);
  CHECK(decode_with(0, 0x6269746d, 4) == MDX_BITMAP_NO_MAGIC);
  CHECK(decode_with(4, 3, 4) == MDX_BITMAP_OK);
  CHECK(decode_with(4, 5, 4) == MDX_BITMAP_IS_CLUSTERED);
  CHECK(decode_with(4, 6, 4) == MDX_BITMAP_IS_LOCKLESS);
  for (std::uint64_t version : {0ull, 1ull, 2ull, 7ull, 0x04000000ull, 0xffffffffull})
    CHECK(decode_with(4, version, 4) == MDX_BITMAP_BAD_VERSION);
  for (std::uint64_t chunk : {512ull, 4096ull, 1ull << 31})
    CHECK(decode_with(52, chunk, 4) == MDX_BITMAP_OK);
  for (std::uint64_t chunk : {0ull, 1ull, 256ull, 513ull, 3ull << 20, 0xffffffffull})
    CHECK(decode_with(52, chunk, 4) == MDX_BITMAP_BAD_CHUNK);
  for (std::uint64_t sleep : {1ull, 0x7fffffffull})
    CHECK(decode_with(56, sleep, 4) == MDX_BITMAP_OK);
  for (std::uint64_t sleep : {0ull, 0x80000000ull, 0xffffffffull})
    CHECK(decode_with(56, sleep, 4) == MDX_BITMAP_BAD_SLEEP);
  CHECK(decode_with(60, 16383, 4) == MDX_BITMAP_OK);
  CHECK(decode_with(60, 16384, 4) == MDX_BITMAP_BAD_BEHIND);
  // States, events and a cluster's words are taken as they are.
  CHECK(decode_with(48, 0xffffffff, 4) == MDX_BITMAP_OK);
  CHECK(decode_with(24, ~0ull, 8) == MDX_BITMAP_OK);
  CHECK(decode_with(72, ~0ull, 8) == MDX_BITMAP_OK);
}

TEST_CASE("a bitmap and its array") {
  const auto good = plain_bitmap();
  CHECK(check(good, sample_size, 8) == MDX_BITMAP_OK);
  CHECK(check(good, sample_size, 1) == MDX_BITMAP_OK);
  CHECK(check(good, sample_size, 0) == MDX_BITMAP_NO_ROOM);
  CHECK(check(good, sample_size + 1, 8) == MDX_BITMAP_BAD_SIZE);
  CHECK(check(good, 0, 8) == MDX_BITMAP_BAD_SIZE);

  auto other = good;
  other.uuid[15] ^= 1;
  CHECK(check(other, sample_size, 8) == MDX_BITMAP_WRONG_UUID);

  auto tight = good;
  tight.sectors_reserved = 8;
  CHECK(check(tight, sample_size, 8) == MDX_BITMAP_OK);
  CHECK(check(tight, sample_size, 7) == MDX_BITMAP_BAD_RESERVED);
  tight.chunk_bytes = 512;
  CHECK(check(tight, sample_size, 1000) == MDX_BITMAP_NO_ROOM);
  tight.sectors_reserved = 0;
  CHECK(check(tight, sample_size, 1000) == MDX_BITMAP_OK);

  // As many as a disk may claim: refused for the room, and with all the room there is for their
  // number.
  auto huge = good;
  huge.chunk_bytes = 512;
  huge.sync_size = ~0ull;
  CHECK(check(huge, ~0ull, 1u << 20) == MDX_BITMAP_NO_ROOM);
  CHECK(check(huge, ~0ull, ~0ull) == MDX_BITMAP_TOO_MANY);
}

TEST_CASE("shapes") {
  mdx_bitmap_shape shape;
  CHECK(mdx_bitmap_lay_out(1, 512, &shape) == MDX_BITMAP_OK);
  CHECK(shape.chunks == 1);
  CHECK(shape.bytes == 257);
  CHECK(shape.pages == 1);
  CHECK(shape.chunk_shift == 0);

  CHECK(mdx_bitmap_lay_out(sample_size, MDX_BITMAP_CHUNK_DEFAULT, &shape) == MDX_BITMAP_OK);
  CHECK(shape.chunks == 16);
  CHECK(shape.bytes == 258);
  CHECK(shape.chunk_shift == 17);

  // The last chunk may be a part of one.
  CHECK(mdx_bitmap_lay_out(9, 4096, &shape) == MDX_BITMAP_OK);
  CHECK(shape.chunks == 2);

  // One page of bits, less the superblock's.
  CHECK(mdx_bitmap_lay_out((4096 - 256) * 8, 512, &shape) == MDX_BITMAP_OK);
  CHECK(shape.pages == 1);
  CHECK(mdx_bitmap_lay_out((4096 - 256) * 8 + 1, 512, &shape) == MDX_BITMAP_OK);
  CHECK(shape.pages == 2);

  CHECK(mdx_bitmap_lay_out(MDX_BITMAP_CHUNKS_MAX, 512, &shape) == MDX_BITMAP_OK);
  CHECK(shape.chunks == MDX_BITMAP_CHUNKS_MAX);
  CHECK(mdx_bitmap_lay_out(MDX_BITMAP_CHUNKS_MAX + 1ull, 512, &shape) == MDX_BITMAP_TOO_MANY);
  CHECK(mdx_bitmap_lay_out(~0ull, 1u << 31, &shape) == MDX_BITMAP_TOO_MANY);
}

TEST_CASE("bits") {
  CHECK(mdx_bitmap_byte(MDX_BITMAP_VERSION, 0) == 256);
  CHECK(mdx_bitmap_byte(MDX_BITMAP_VERSION, 7) == 256);
  CHECK(mdx_bitmap_byte(MDX_BITMAP_VERSION, 8) == 257);
  CHECK(mdx_bitmap_byte(MDX_BITMAP_HOST_ENDIAN, 9) == 257);
  CHECK(mdx_bitmap_mask(0) == 1);
  CHECK(mdx_bitmap_mask(15) == 128);
}

TEST_CASE("a bitmap's identity is the member's superblock's, byte by byte") {
  for (auto version : all_versions) {
    const auto sb = plain_super(version);
    const auto image = encode(*sb);
    std::array<std::uint8_t, 16> uuid;
    mdx_bitmap_uuid(sb.get(), uuid.data());
    if (version != MDX_SB_0_90) {
      CHECK(std::memcmp(uuid.data(), image.data() + 16, 16) == 0);
      continue;
    }
    CHECK(std::memcmp(uuid.data(), image.data() + offsetof(mdp_super_t, set_uuid0), 4) == 0);
    CHECK(std::memcmp(uuid.data() + 4, image.data() + offsetof(mdp_super_t, set_uuid1), 12) == 0);
  }
}

TEST_CASE("where mdadm puts a bitmap") {
  mdx_bitmap_place place;

  // 1 GiB, as mdadm 4.2 makes them.
  auto sb = member(MDX_SB_1_2, 2097152, 4096);
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 2093056, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == 8);
  CHECK(place.space == 8);
  CHECK(place.chunk_bytes == MDX_BITMAP_CHUNK_DEFAULT);
  CHECK(place.shape.chunks == 16);

  sb = member(MDX_SB_1_1, 2097152, 4096);
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 2093056, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == 8);
  CHECK(place.space == 8);

  sb = member(MDX_SB_1_0, 2097152, 0);
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 2097024, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == -16);
  CHECK(place.space == 8);
  sb->bblog_size = 0;
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 2097024, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == -8);

  sb = member(MDX_SB_0_90, 2097152, 0);
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 2097024, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == 8);
  CHECK(place.space == 120);

  // 10 TiB: several pages.
  sb = member(MDX_SB_1_0, 21474836480, 0);
  sb->data_size = 21474836408 - 200;
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 21474836096, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.offset == -56);
  CHECK(place.shape.chunks == 163840);
  CHECK(place.space == 48);

  // Chunks grow until the bits fit, unless they are given.
  sb = member(MDX_SB_1_2, 21474836480, 264192);
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 21474572288, 0, &place) == MDX_BITMAP_OK);
  CHECK(place.chunk_bytes == 512u << 20);
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 21474572288, 64u << 20, &place) ==
        MDX_BITMAP_NO_ROOM);

  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 0, 0, &place) == MDX_BITMAP_BAD_SIZE);
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 1000, 1000, &place) == MDX_BITMAP_BAD_CHUNK);
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 1000, 256, &place) == MDX_BITMAP_BAD_CHUNK);
  sb->data_offset = 16;
  CHECK(mdx_bitmap_plan(sb.get(), 21474836480, 1000, 0, &place) == MDX_BITMAP_NO_ROOM);
  sb = member(MDX_SB_1_0, 2097152, 0);
  sb->data_size = sb->super_offset - 8;
  CHECK(mdx_bitmap_plan(sb.get(), 2097152, 1000, 0, &place) == MDX_BITMAP_NO_ROOM);
}

TEST_CASE("a planned bitmap is accepted where it was planned") {
  Rng rng(4711);
  unsigned planned = 0;
  for (int round = 0; round < 2000; round++) {
    const auto version = all_versions.at(static_cast<std::size_t>(round) % all_versions.size());
    auto sb = random_super(rng, version, sample_dev_sectors);
    sb->feature_map &=
        ~static_cast<__u32>(MD_FEATURE_BITMAP_OFFSET | MD_FEATURE_PPL | MD_FEATURE_MULTIPLE_PPLS);
    sb->bitmap_offset = 0;
    mdx_bitmap_place place;
    if (!sb->size || mdx_bitmap_plan(sb.get(), sample_dev_sectors, sb->size, 0, &place)) continue;
    planned++;
    sb->feature_map |= MD_FEATURE_BITMAP_OFFSET;
    sb->bitmap_offset = place.offset;
    const auto back = decode(version, mdx_test::encode(*sb));
    REQUIRE(back.error == MDX_SB_OK);
    const auto space = mdx_sb_bitmap_space(back.super.get(), sample_dev_sectors);
    CHECK(space >= place.space);
    CHECK(mdx_bitmap_sector(back.super.get()) + place.space <= sample_dev_sectors);
    std::array<std::uint8_t, 16> uuid;
    mdx_bitmap_uuid(back.super.get(), uuid.data());
    mdx_bitmap_super bitmap;
    mdx_bitmap_shape shape;
    mdx_bitmap_init(&bitmap, uuid.data(), sb->size, place.chunk_bytes);
    CHECK(mdx_bitmap_check(&bitmap, uuid.data(), sb->size, space, &shape) == MDX_BITMAP_OK);
  }
  CHECK(planned > 500);
}

TEST_CASE("verdicts have words") {
  for (unsigned err = 0; err < MDX_BITMAP_ERRORS; err++)
    CHECK(std::string(mdx_bitmap_error_text(static_cast<mdx_bitmap_error>(err))).size() > 8);
  CHECK(std::string(mdx_bitmap_error_text(MDX_BITMAP_ERRORS)) == "unknown verdict");
}
