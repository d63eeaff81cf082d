// SPDX-License-Identifier: GPL-2.0-only
// Bitmaps from anywhere: what is accepted fits where it is, and is the same
// after another trip through the encoder.
//
// Input: the 256-byte image, then up to eight bytes of the array's size and up
// to four of the room there is.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bitmap_format.h"

namespace {

using Image = std::array<std::uint8_t, MDX_BITMAP_SB_BYTES>;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bitmap: %s\n", what);
  std::abort();
}

void must(bool holds, const char* what) {
  if (!holds) fail(what);
}

// What the driver does with what has been accepted.
void use(const mdx_bitmap_super& sb, const mdx_bitmap_shape& shape, std::uint64_t sync_size,
         std::uint64_t space) {
  must(shape.chunks && shape.chunks <= MDX_BITMAP_CHUNKS_MAX, "number of chunks");
  must(((sync_size - 1) >> shape.chunk_shift) + 1 == shape.chunks, "last sector's chunk");
  must((std::uint64_t{512} << shape.chunk_shift) == sb.chunk_bytes, "chunk size");
  must(shape.bytes <= space * 512, "bits beyond the area");
  must(mdx_bitmap_byte(sb.version, shape.chunks - 1) < shape.bytes + sizeof(long), "last bit");
  must(std::uint64_t{shape.pages} * MDX_BITMAP_PAGE_BYTES >= shape.bytes, "pages");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Image image{};
  std::copy_n(data, std::min(size, image.size()), image.begin());
  mdx_bitmap_super first;
  if (mdx_bitmap_decode(image.data(), &first) != MDX_BITMAP_OK) return 0;

  Image again;
  mdx_bitmap_super second;
  mdx_bitmap_encode(&first, again.data());
  must(mdx_bitmap_decode(again.data(), &second) == MDX_BITMAP_OK, "own encoding is refused");
  Image third;
  mdx_bitmap_encode(&second, third.data());
  must(again == third, "own encoding is not stable");

  std::uint64_t sync_size = first.sync_size;
  std::uint64_t space = first.sectors_reserved ? first.sectors_reserved : 8;
  if (size > image.size()) {
    const auto bytes = std::min<std::size_t>(size - image.size(), 8);
    std::memcpy(&sync_size, data + image.size(), bytes);
  }
  if (size > image.size() + 8) {
    space = 0;
    std::memcpy(&space, data + image.size() + 8, std::min<std::size_t>(size - image.size() - 8, 4));
  }
  mdx_bitmap_shape shape;
  if (mdx_bitmap_check(&first, first.uuid, sync_size, space, &shape) == MDX_BITMAP_OK)
    use(first, shape, sync_size, space);

  mdx_super sb{};
  sb.version = image[4] & 3;
  sb.super_offset = mdx_sb_sector(static_cast<mdx_sb_version>(sb.version), 81920);
  sb.data_offset = first.events & 0xffff;
  sb.data_size = first.events_cleared & 0xffff;
  sb.bblog_size = first.state & 15;
  sb.bblog_offset = static_cast<std::int16_t>(first.state >> 16);
  mdx_bitmap_place place;
  if (mdx_bitmap_plan(&sb, 81920, sync_size, 0, &place) == MDX_BITMAP_OK) {
    must(mdx_is_pow2(place.chunk_bytes), "planned chunk");
    must(place.shape.bytes <= place.space * 512, "planned room");
    must(sb.super_offset + place.offset + place.space <= 81920, "planned beyond the device");
  }
  return 0;
}
