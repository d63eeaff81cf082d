// SPDX-License-Identifier: GPL-2.0-only
// What a driver may rely on once a superblock was accepted.
#include <linux/raid/md_p.h>

#include <cstring>

#include "super_samples.hpp"

namespace mdx_test {

namespace {

// 128 bits: the promises are checked in arithmetic that cannot wrap.
__extension__ using Wide = __int128;

struct Area {
  Wide start;
  Wide length;
  bool meets(const Area& other) const {
    return length > 0 && other.length > 0 && start < other.start + other.length &&
           other.start < start + length;
  }
  bool inside(Wide end) const { return start >= 0 && length >= 0 && start + length <= end; }
};

std::string broken_area(const mdx_super& sb, std::uint64_t dev_sectors) {
  const Wide end = dev_sectors;
  const Area super{sb.super_offset, (mdx_sb_used_bytes(&sb) + 511) / 512};
  const Area data{sb.data_offset, sb.data_size};
  if (!super.inside(end)) return "the superblock lies on the device";
  if (!data.inside(end)) return "the data area lies on the device";
  if (data.meets(super)) return "data and superblock are apart";

  if (sb.feature_map & MD_FEATURE_BITMAP_OFFSET) {
    const Area bitmap{Wide{sb.super_offset} + sb.bitmap_offset,
                      Wide{mdx_sb_bitmap_space(&sb, dev_sectors)}};
    if (bitmap.length < 1) return "a bitmap has room for its superblock";
    if (!bitmap.inside(end)) return "the bitmap lies on the device";
    if (bitmap.meets(data)) return "bitmap and data are apart";
    if (bitmap.meets(super)) return "bitmap and superblock are apart";
  }
  if (sb.feature_map & MD_FEATURE_BAD_BLOCKS && !sb.bblog_size)
    return "recorded bad blocks have a log";
  if (sb.bblog_size) {
    const Area log{Wide{sb.super_offset} + sb.bblog_offset, sb.bblog_size};
    if (!log.inside(end)) return "the bad-block log lies on the device";
    if (log.meets(data)) return "bad-block log and data are apart";
    if (log.meets(super)) return "bad-block log and superblock are apart";
    if (sb.bblog_size > 8) return "the bad-block log fits a page";
  }
  return {};
}

std::string broken_shape(const mdx_super& sb) {
  if (sb.raid_disks < 1 || sb.raid_disks > MDX_SB1_MAX_DEVS) return "raid_disks is in range";
  if (sb.max_dev > MDX_SB1_MAX_DEVS) return "max_dev is in range";
  const auto slots = sb.raid_disks + (sb.level == MDX_LEVEL_LINEAR ? 2 : 0);
  if (sb.level != MDX_LEVEL_MULTIPATH && sb.role >= slots && sb.role != MDX_ROLE_SPARE &&
      sb.role != MDX_ROLE_FAULTY && sb.role != MDX_ROLE_JOURNAL)
    return "a role is a slot, one of the next two of a linear array, or a special one";
  if (sb.level >= 1 && sb.role != MDX_ROLE_JOURNAL && (sb.size == 0 || sb.size > sb.data_size))
    return "the used size is not zero and fits the data area";
  const bool striped = sb.level == 0 || sb.level >= 4;
  if (striped && sb.chunk_sectors == 0) return "striped levels have a chunk";
  if (sb.chunk_sectors > 0x3fffff) return "a chunk in bytes fits 31 bits";
  if (std::memchr(sb.set_name, 0, sizeof(sb.set_name)) == nullptr) return "the name ends";
  if (!(sb.feature_map & MD_FEATURE_RESHAPE_ACTIVE) &&
      (sb.reshape_position != MDX_SECTOR_NONE || sb.delta_disks != 0 || sb.new_level != sb.level ||
       sb.new_layout != sb.layout || sb.new_chunk_sectors != sb.chunk_sectors))
    return "without a reshape the new shape is the old one";
  return {};
}

}  // namespace

std::string broken_promise(const mdx_super& sb, std::uint64_t dev_sectors) {
  std::string broken = broken_area(sb, dev_sectors);
  if (broken.empty()) broken = broken_shape(sb);
  return broken;
}

}  // namespace mdx_test
