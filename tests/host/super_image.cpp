// SPDX-License-Identifier: GPL-2.0-only
// Images of superblocks: bytes in, bytes out, checksums by a second hand.
#include <cstring>

#include "super_samples.hpp"

namespace mdx_test {

namespace {

constexpr std::size_t checksum_offset_0 = 152;
constexpr std::size_t checksum_offset_1 = 216;
constexpr std::size_t max_dev_offset = 220;
constexpr std::size_t header_bytes = 256;

// 64-bit sum of little-endian words, high half folded into the low one.
std::uint32_t word_sum(const Image& image, std::size_t bytes) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes; at += 4) sum += get_le(image, at, 4);
  if (at < bytes) sum += get_le(image, at, 2);
  return static_cast<std::uint32_t>((sum & 0xffffffffu) + (sum >> 32));
}

}  // namespace

void put_le(Image& image, std::size_t offset, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i++)
    image.at(offset + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t get_le(const Image& image, std::size_t offset, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; i++)
    value |= static_cast<std::uint64_t>(image.at(offset + i)) << (8 * i);
  return value;
}

void fix_checksum(mdx_sb_version version, Image& image) {
  if (version == MDX_SB_0_90) {
    put_le(image, checksum_offset_0, 0, 4);
    put_le(image, checksum_offset_0, word_sum(image, image.size()), 4);
    return;
  }
  const std::uint64_t max_dev = get_le(image, max_dev_offset, 4);
  std::size_t bytes = header_bytes;
  if (max_dev <= MDX_SB1_MAX_DEVS) bytes += 2 * static_cast<std::size_t>(max_dev);
  put_le(image, checksum_offset_1, 0, 4);
  put_le(image, checksum_offset_1, word_sum(image, bytes), 4);
}

SuperPtr new_super() {
  auto sb = std::make_unique<mdx_super>();
  std::memset(sb.get(), 0, sizeof(mdx_super));
  return sb;
}

bool same_super(const mdx_super& a, const mdx_super& b) {
  return std::memcmp(&a, &b, sizeof(mdx_super)) == 0;
}

Image encode(const mdx_super& sb) {
  Image image;
  image.fill(0xa5);
  mdx_sb_encode(&sb, image.data());
  return image;
}

Decoded decode(mdx_sb_version version, const Image& image, std::uint64_t dev_sectors) {
  Decoded result;
  auto sb = new_super();
  result.error = mdx_sb_decode(version, image.data(), dev_sectors, sb.get());
  if (result.error == MDX_SB_OK) result.super = std::move(sb);
  return result;
}

}  // namespace mdx_test
