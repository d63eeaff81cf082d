// SPDX-License-Identifier: GPL-2.0-only
// Both superblock formats: place, round trip, damage.
#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

#include "super_samples.hpp"

using namespace mdx_test;

TEST_CASE("a superblock's place is md's, and too small a device has none") {
  CHECK(mdx_sb_sector(MDX_SB_0_90, 255) == MDX_SECTOR_NONE);
  CHECK(mdx_sb_sector(MDX_SB_0_90, 256) == 128);
  CHECK(mdx_sb_sector(MDX_SB_0_90, 383) == 128);
  CHECK(mdx_sb_sector(MDX_SB_0_90, 81920) == 81792);
  CHECK(mdx_sb_sector(MDX_SB_1_0, 81920) == 81904);
  CHECK(mdx_sb_sector(MDX_SB_1_0, 81927) == 81904);
  CHECK(mdx_sb_sector(MDX_SB_1_1, 81920) == 0);
  CHECK(mdx_sb_sector(MDX_SB_1_2, 81920) == 8);
  for (auto version : {MDX_SB_1_0, MDX_SB_1_1, MDX_SB_1_2}) {
    CHECK(mdx_sb_sector(version, 0) == MDX_SECTOR_NONE);
    CHECK(mdx_sb_sector(version, 23) == MDX_SECTOR_NONE);
    CHECK(mdx_sb_sector(version, 24) != MDX_SECTOR_NONE);
  }
  CHECK(mdx_sb_sector(MDX_SB_VERSIONS, 81920) == MDX_SECTOR_NONE);
  CHECK(mdx_sb_sector(MDX_SB_0_90, ~std::uint64_t{0}) < ~std::uint64_t{0} - 127);
}

TEST_CASE("the superblock always lies on the device") {
  for (auto version : all_versions) {
    for (std::uint64_t size = 0; size < 3000; size++) {
      const auto sector = mdx_sb_sector(version, size);
      if (sector == MDX_SECTOR_NONE) continue;
      CAPTURE(version);
      CAPTURE(size);
      CHECK(sector + MDX_SB_SECTORS <= size);
    }
  }
}

TEST_CASE("random superblocks survive encode and decode unchanged") {
  for (auto version : all_versions) {
    Rng rng(4711 + version);
    for (int round = 0; round < 3000; round++) {
      CAPTURE(version);
      CAPTURE(round);
      const std::uint64_t dev_sectors = 262144 + rng() % (std::uint64_t{1} << 32);
      const auto sb = random_super(rng, version, dev_sectors);
      REQUIRE(broken_promise(*sb, dev_sectors) == "");
      const auto image = encode(*sb);
      const auto back = decode(version, image, dev_sectors);
      CAPTURE(mdx_sb_error_text(back.error));
      REQUIRE(back.error == MDX_SB_OK);
      CHECK(same_super(*back.super, *sb));
      CHECK(encode(*back.super) == image);
      auto checked = image;
      fix_checksum(version, checked);
      CHECK(checked == image);
    }
  }
}

TEST_CASE("any alignment of the buffer will do") {
  for (auto version : all_versions) {
    const auto sb = plain_super(version);
    std::array<std::uint8_t, MDX_SB_BYTES + 1> shifted{};
    mdx_sb_encode(sb.get(), shifted.data() + 1);
    auto back = new_super();
    REQUIRE(mdx_sb_decode(version, shifted.data() + 1, sample_dev_sectors, back.get()) ==
            MDX_SB_OK);
    CHECK(same_super(*back, *sb));
  }
}

TEST_CASE("no flipped bit under the checksum goes unnoticed") {
  for (auto version : all_versions) {
    const auto sb = plain_super(version);
    const auto image = encode(*sb);
    for (std::size_t bit = 0; bit < mdx_sb_used_bytes(sb.get()) * std::size_t{8}; bit++) {
      auto damaged = image;
      damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      CAPTURE(version);
      CAPTURE(bit);
      CHECK(decode(version, damaged).error != MDX_SB_OK);
    }
  }
}

TEST_CASE("damage with a good checksum is refused or harmless") {
  for (auto version : all_versions) {
    Rng rng(99 + version);
    for (int round = 0; round < 20000; round++) {
      auto image = encode(*random_super(rng, version, sample_dev_sectors));
      const std::size_t header = version == MDX_SB_0_90 ? 1024 : 320;
      for (auto changes = rng() % 3 + 1; changes; changes--) {
        const std::uint64_t extremes[] = {0, 1, 0x7fffffff, 0x80000000, ~std::uint64_t{0}, rng()};
        put_le(image, rng() % (header / 4) * 4, extremes[rng() % 6], rng() % 2 ? 4 : 8);
      }
      fix_checksum(version, image);
      const auto back = decode(version, image);
      if (back.error != MDX_SB_OK) continue;
      CAPTURE(version);
      CAPTURE(round);
      CHECK(broken_promise(*back.super, sample_dev_sectors) == "");
      const auto again = decode(version, encode(*back.super));
      REQUIRE(again.error == MDX_SB_OK);
      CHECK(same_super(*again.super, *back.super));
    }
  }
}

TEST_CASE("the same bytes on a smaller device are refused") {
  for (auto version : {MDX_SB_1_1, MDX_SB_1_2}) {
    const auto image = encode(*plain_super(version));
    CHECK(decode(version, image, sample_dev_sectors + 1000000).error == MDX_SB_OK);
    CHECK(decode(version, image, sample_dev_sectors - 1).error == MDX_SB_BAD_DATA);
    CHECK(decode(version, image, 2048).error == MDX_SB_BAD_DATA);
    CHECK(decode(version, image, 20).error == MDX_SB_TOO_SMALL);
  }
  CHECK(decode(MDX_SB_1_0, encode(*plain_super(MDX_SB_1_0)), sample_dev_sectors - 64).error ==
        MDX_SB_BAD_OFFSET);
  CHECK(decode(MDX_SB_0_90, encode(*plain_super(MDX_SB_0_90)), 4096).error == MDX_SB_BAD_GEOMETRY);
}

TEST_CASE("zeroes, ones and the other format's superblock are not ours") {
  Image zeroes{};
  Image ones;
  ones.fill(0xff);
  for (auto version : all_versions) {
    CHECK(decode(version, zeroes).error == MDX_SB_NO_MAGIC);
    CHECK(decode(version, ones).error == MDX_SB_NO_MAGIC);
  }
  CHECK(decode(MDX_SB_0_90, encode(*plain_super(MDX_SB_1_0))).error == MDX_SB_BAD_VERSION);
  CHECK(decode(MDX_SB_1_0, encode(*plain_super(MDX_SB_0_90))).error == MDX_SB_BAD_VERSION);
  CHECK(decode(MDX_SB_1_1, encode(*plain_super(MDX_SB_1_2))).error == MDX_SB_BAD_OFFSET);
}

TEST_CASE("identity is the set's uuid within one family of formats") {
  const auto a = plain_super(MDX_SB_1_2);
  const auto b = plain_super(MDX_SB_1_0);
  CHECK(mdx_sb_same_set(a.get(), b.get()));
  b->level = 5;
  CHECK(mdx_sb_same_set(a.get(), b.get()));
  CHECK_FALSE(mdx_sb_same_set(a.get(), plain_super(MDX_SB_0_90).get()));
  b->set_uuid[15] ^= 1;
  CHECK_FALSE(mdx_sb_same_set(a.get(), b.get()));
}

TEST_CASE("every verdict and version has its own text") {
  std::set<std::string> texts;
  for (int err = 0; err < MDX_SB_ERRORS; err++)
    texts.insert(mdx_sb_error_text(static_cast<mdx_sb_error>(err)));
  CHECK(texts.size() == MDX_SB_ERRORS);
  CHECK(texts.count("unknown verdict") == 0);
  CHECK(std::string(mdx_sb_error_text(MDX_SB_ERRORS)) == "unknown verdict");
  CHECK(std::string(mdx_sb_version_text(MDX_SB_0_90)) == "0.90");
  CHECK(std::string(mdx_sb_version_text(MDX_SB_1_2)) == "1.2");
  CHECK(std::string(mdx_sb_version_text(MDX_SB_VERSIONS)) == "unknown");
}
