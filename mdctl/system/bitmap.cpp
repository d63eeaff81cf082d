// SPDX-License-Identifier: GPL-2.0-only
#include "system/bitmap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace mdctl::system {
namespace {

using Block = std::array<std::byte, 512>;

constexpr std::size_t kPiece = 64 * 1024;

std::uint64_t count_bits(std::span<const std::byte> bytes) {
  std::uint64_t out = 0;
  for (std::byte byte : bytes)
    out += static_cast<unsigned>(std::popcount(std::to_integer<unsigned char>(byte)));
  return out;
}

// Those of the first @chunks bits that are set; the last byte may have some that mean nothing.
Result<std::uint64_t> count_dirty(kernel::BlockDevice& device, std::uint64_t start,
                                  std::uint64_t chunks) {
  std::uint64_t out = 0;
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t done = 0, bytes = (chunks + 7) / 8; done < bytes; done += kPiece) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, bytes - done));
    const std::span<std::byte> part(piece.data(), now);
    MDCTL_CHECK(device.read(start + done, part));
    if (done + now == bytes && chunks % 8)
      part.back() &= static_cast<std::byte>((1u << chunks % 8) - 1);
    out += count_bits(part);
  }
  return out;
}

}  // namespace

Result<BitmapContent> load_bitmap_super(kernel::BlockDevice& device, const mdx_super& super) {
  const std::uint64_t sector = mdx_bitmap_sector(&super);
  if (sector == MDX_SECTOR_NONE)
    return fail(Code::not_found, "{} has no write-intent bitmap", device.path());
  Block block;
  MDCTL_CHECK(device.read(sector * 512, block));
  BitmapContent out;
  out.error = mdx_bitmap_decode(block.data(), &out.super);
  return out;
}

Result<BitmapContent> load_bitmap(kernel::BlockDevice& device, const mdx_super& super) {
  MDCTL_TRY(BitmapContent out, load_bitmap_super(device, super));
  if (out.error != MDX_BITMAP_OK) return out;
  mdx_bitmap_shape shape{};
  out.error = mdx_bitmap_lay_out(out.super.sync_size, out.super.chunk_bytes, &shape);
  out.chunks = shape.chunks;
  if (out.error != MDX_BITMAP_OK) return out;
  if (shape.bytes > mdx_sb_bitmap_space(&super, device.sectors()) * 512) {
    out.error = MDX_BITMAP_NO_ROOM;
    return out;
  }
  const std::uint64_t start = mdx_bitmap_sector(&super) * 512 + MDX_BITMAP_SB_BYTES;
  MDCTL_TRY(out.dirty, count_dirty(device, start, out.chunks));
  return out;
}

std::uint64_t bitmap_sectors(kernel::BlockDevice& device, const mdx_super& super) {
  const auto content = load_bitmap_super(device, super);
  mdx_bitmap_shape shape{};
  if (!content || content->error != MDX_BITMAP_OK || !content->super.sync_size ||
      mdx_bitmap_lay_out(content->super.sync_size, content->super.chunk_bytes, &shape) !=
          MDX_BITMAP_OK)
    return 0;
  return mdx_bitmap_area(&shape);
}

Result<> store_bitmap(kernel::BlockDevice& device, const mdx_super& super,
                      const mdx_bitmap_super& bitmap) {
  mdx_bitmap_shape shape{};
  mdx_bitmap_error error = mdx_bitmap_lay_out(bitmap.sync_size, bitmap.chunk_bytes, &shape);
  if (error == MDX_BITMAP_OK &&
      mdx_bitmap_area(&shape) > mdx_sb_bitmap_space(&super, device.sectors()))
    error = MDX_BITMAP_NO_ROOM;
  if (error != MDX_BITMAP_OK)
    return fail(Code::refused, "{}: {}", device.path(), mdx_bitmap_error_text(error));
  std::vector<std::byte> image(mdx_bitmap_area(&shape) * 512, std::byte{0xff});
  mdx_bitmap_encode(&bitmap, image.data());
  return device.write(mdx_bitmap_sector(&super) * 512, image, "write-intent bitmap");
}

Result<> rename_bitmap(kernel::BlockDevice& device, const mdx_super& super) {
  const std::uint64_t sector = mdx_bitmap_sector(&super);
  if (sector == MDX_SECTOR_NONE) return {};
  Block block;
  MDCTL_CHECK(device.read(sector * 512, block));
  mdx_bitmap_super bitmap{};
  if (const auto error = mdx_bitmap_decode(block.data(), &bitmap); error != MDX_BITMAP_OK)
    return fail(Code::corrupt, "{}: {}", device.path(), mdx_bitmap_error_text(error));
  mdx_bitmap_uuid(&super, bitmap.uuid);
  mdx_bitmap_encode(&bitmap, block.data());
  return device.write(sector * 512, block, "bitmap superblock");
}

}  // namespace mdctl::system
