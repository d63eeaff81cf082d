// SPDX-License-Identifier: GPL-2.0-only
// Superblocks for tests: valid ones to start from, and what must hold for any
// that a decoder lets through.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "super_format.h"

namespace mdx_test {

using Rng = std::mt19937_64;
using Image = std::array<std::uint8_t, MDX_SB_BYTES>;
using SuperPtr = std::unique_ptr<mdx_super>;

constexpr std::array<mdx_sb_version, 4> all_versions = {MDX_SB_0_90, MDX_SB_1_0, MDX_SB_1_1,
                                                        MDX_SB_1_2};

// 1 GiB and a little, so that no rounding is hidden.
constexpr std::uint64_t sample_dev_sectors = 2097152 + 77;

// All bytes zero, padding included: two of them compare with memcmp.
SuperPtr new_super();

// Equal in every byte a decoder fills.
bool same_super(const mdx_super& a, const mdx_super& b);

// A clean two-member RAID1 as member 0 of it sees it, without any feature.
SuperPtr plain_super(mdx_sb_version version, std::uint64_t dev_sectors = sample_dev_sectors);

// Any superblock that md could have written for a device of this size.
SuperPtr random_super(Rng& rng, mdx_sb_version version, std::uint64_t dev_sectors);

Image encode(const mdx_super& sb);

// Verdict and structure; the structure is empty on anything but MDX_SB_OK.
struct Decoded {
  mdx_sb_error error = MDX_SB_OK;
  SuperPtr super;
};
Decoded decode(mdx_sb_version version, const Image& image,
               std::uint64_t dev_sectors = sample_dev_sectors);

// Little-endian stores, and the checksums written anew after a change. They
// are computed here a second time, so that the tests do not lean on the code.
void put_le(Image& image, std::size_t offset, std::uint64_t value, std::size_t bytes);
std::uint64_t get_le(const Image& image, std::size_t offset, std::size_t bytes);
void fix_checksum(mdx_sb_version version, Image& image);

// What every accepted superblock promises its user (I9). Empty: all is well;
// otherwise the sentence that does not hold.
std::string broken_promise(const mdx_super& sb, std::uint64_t dev_sectors);

}  // namespace mdx_test
