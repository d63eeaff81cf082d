// SPDX-License-Identifier: GPL-2.0-only
#include "model/create_plan.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstring>

#include "model/raid10.hpp"

namespace mdctl::model {
namespace {

constexpr std::uint64_t kGib = 1ULL << 21;       // in sectors
constexpr std::uint64_t kHeadroom = 1ULL << 18;  // 128 MiB
constexpr std::uint64_t kSuperEnd =
    24;  // 1.2: superblock at 8, 4 KiB long, bad-block log behind it
constexpr std::uint64_t kAlignment = 2048;
constexpr std::uint16_t kBblogSectors = 8;
constexpr std::uint32_t kMaxDevAlignment = 256;  // bytes of roles a superblock grows by
constexpr std::uint64_t kMinimumData = 10;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::uint64_t size0(std::uint64_t device_sectors) {
  return mdx_sb_sector(MDX_SB_0_90, device_sectors);
}

Failure too_small(std::uint64_t device_sectors) {
  return fail(Code::refused, "{}K is too small for a superblock and data", device_sectors / 2);
}

void fill_0_90(const NewArray& array, const NewMember& member, mdx_super& sb) {
  sb.md_minor = array.minor;
  // Missing slots have rows too; they are behind the real ones in number.
  for (const NewMember& m : array.members) {
    if (m.number >= MDX_SB0_MAX_DEVS) continue;
    mdx_sb0_disk& row = sb.sb0_disks[m.number];
    row.number = m.number;
    row.major = m.major;
    row.minor = m.minor;
    row.raid_disk = m.kind == MemberKind::spare ? m.number : m.slot;
    if (m.kind == MemberKind::active) row.state = 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC;
    if (m.kind == MemberKind::missing) row.state = 1u << MD_DISK_REMOVED | 1u << MD_DISK_FAULTY;
    if (m.flags & WriteMostly1) row.state |= 1u << MD_DISK_WRITEMOSTLY;
    if (m.flags & FailFast1) row.state |= 1u << MD_DISK_FAILFAST;
  }
  sb.sb0_this = sb.sb0_disks[member.number];
  sb.max_dev = MDX_SB0_MAX_DEVS;
}

void fill_roles(const NewArray& array, mdx_super& sb) {
  const auto count = static_cast<std::uint32_t>(array.members.size());
  sb.max_dev = round_up(count * 2 + 1, kMaxDevAlignment) / 2;
  sb.max_dev = std::min(sb.max_dev, MDX_SB1_MAX_DEVS);
  std::fill_n(sb.roles, sb.max_dev, static_cast<__u16>(MDX_ROLE_SPARE));
  for (const NewMember& m : array.members)
    if (m.kind == MemberKind::active && m.number < sb.max_dev)
      sb.roles[m.number] = static_cast<__u16>(m.slot);
}

}  // namespace

std::uint64_t bitmap_reserve(std::uint64_t device_sectors, int level) {
  if (level <= 0 || device_sectors < 128) return 0;
  if (device_sectors - 128 >= 200 * kGib) return 256;
  if (device_sectors - 8 > 8 * kGib) return 128;
  return 8;
}

std::uint64_t default_data_offset(std::uint64_t device_sectors, int level,
                                  std::uint32_t chunk_kib) {
  // At most a thousandth of the device, at least two chunks.
  const std::uint64_t least = 2ULL * 2 * chunk_kib;
  std::uint64_t headroom = kHeadroom;
  while (headroom << 10 > device_sectors && headroom / 2 >= least && headroom > 1) headroom /= 2;
  return round_up(kSuperEnd + bitmap_reserve(device_sectors, level) + headroom, kAlignment);
}

Result<MemberSpace> member_space(const SpaceRequest& request, std::uint64_t device_sectors) {
  MemberSpace out;
  out.super_offset = mdx_sb_sector(request.version, device_sectors);
  if (out.super_offset == MDX_SECTOR_NONE) return too_small(device_sectors);
  const std::uint64_t reserve = bitmap_reserve(device_sectors, request.level);
  std::uint64_t end = device_sectors;
  switch (request.version) {
    case MDX_SB_0_90: end = size0(device_sectors); break;
    case MDX_SB_1_0: {
      const std::uint64_t kept = reserve + kBblogSectors;
      end = out.super_offset > kept ? out.super_offset - kept : 0;
      out.bblog_offset = -kBblogSectors;
      break;
    }
    default:
      out.data_offset = request.data_offset.value_or(
          default_data_offset(device_sectors, request.level, request.chunk_kib));
      out.bblog_offset = static_cast<std::int32_t>(MDX_SB_SECTORS + reserve);
  }
  if (end <= out.data_offset || end - out.data_offset < kMinimumData)
    return too_small(device_sectors);
  out.data_size = end - out.data_offset;
  // Data that was asked for early leaves no room for a log behind the bitmap's.
  const bool room =
      out.data_offset == 0 ||
      out.super_offset + static_cast<std::uint64_t>(out.bblog_offset) + kBblogSectors <=
          out.data_offset;
  if (request.bad_block_log && request.version != MDX_SB_0_90 && room)
    out.bblog_size = kBblogSectors;
  if (!out.bblog_size) out.bblog_offset = 0;
  return out;
}

std::uint64_t used_size(int level, std::uint32_t chunk_kib, std::uint64_t available) {
  if (level < 1) return 0;
  // A mirror has no chunks but is cut as if it had: it may become something that has.
  const std::uint64_t unit = 2ULL * (chunk_kib ? chunk_kib : 64);
  return available / unit * unit;
}

std::uint64_t sync_sectors(const NewArray& array) {
  if (array.level != 10) return array.size;
  return raid10_sectors(array.layout, array.raid_disks, array.chunk_kib * 2, array.size);
}

bool wants_bitmap(int level, std::uint64_t member_sectors) {
  return level >= 1 && member_sectors > 100 * kGib;
}

Result<> place_bitmap(const BitmapRequest& request, NewArray& array) {
  const std::uint64_t sync_size = sync_sectors(array);
  mdx_bitmap_place place{};
  std::uint32_t chunk = request.chunk_bytes;
  // The chunk that the tightest member needs is everybody's.
  for (const NewMember& member : array.members) {
    if (member.kind == MemberKind::missing) continue;
    const mdx_super super = new_superblock(array, member);
    const auto error =
        mdx_bitmap_plan(&super, member.dev_sectors, sync_size, request.chunk_bytes, &place);
    if (error == MDX_BITMAP_NO_ROOM || error == MDX_BITMAP_TOO_MANY)
      return fail(Error(Code::refused, "Given bitmap chunk size not supported.")
                      .hint("a larger --bitmap-chunk needs less room"));
    if (error != MDX_BITMAP_OK)
      return fail(Code::refused, "no bitmap: {}", mdx_bitmap_error_text(error));
    chunk = std::max(chunk, place.chunk_bytes);
  }
  for (const NewMember& member : array.members) {
    if (member.kind == MemberKind::missing) continue;
    const mdx_super super = new_superblock(array, member);
    if (mdx_bitmap_plan(&super, member.dev_sectors, sync_size, chunk, &place) != MDX_BITMAP_OK)
      return fail(Code::refused, "no bitmap: there is no room for it");
    array.bitmap_offset = place.offset;
  }
  // The log has been behind what is kept for a bitmap; it goes right behind the one that is there.
  for (NewMember& member : array.members)
    if (member.space.bblog_size && member.space.bblog_offset > 0)
      member.space.bblog_offset =
          place.offset + static_cast<std::int32_t>(mdx_bitmap_area(&place.shape));
  mdx_super super{};
  super.version = array.version;
  std::memcpy(super.set_uuid, array.uuid, sizeof super.set_uuid);
  std::uint8_t uuid[16];
  mdx_bitmap_uuid(&super, uuid);
  array.bitmap.emplace();
  mdx_bitmap_init(&*array.bitmap, uuid, sync_size, chunk);
  array.bitmap->daemon_sleep = request.delay;
  array.bitmap->write_behind = request.write_behind;
  return {};
}

mdx_super new_superblock(const NewArray& array, const NewMember& member) {
  mdx_super sb{};
  sb.version = array.version;
  std::memcpy(sb.set_uuid, array.uuid, sizeof sb.set_uuid);
  array.name.copy(sb.set_name, sizeof sb.set_name - 1);
  sb.ctime = sb.utime = array.ctime;
  sb.level = array.level;
  sb.layout = array.layout;
  sb.chunk_sectors = array.chunk_kib * 2;
  sb.raid_disks = array.raid_disks;
  sb.size = array.size;
  if (array.layout_recorded) sb.feature_map |= MD_FEATURE_RAID0_LAYOUT;
  if (array.bitmap) {
    sb.feature_map |= MD_FEATURE_BITMAP_OFFSET;
    sb.bitmap_offset = array.bitmap_offset;
  }
  sb.resync_offset = array.clean ? MDX_SECTOR_NONE : 0;
  sb.super_offset = member.space.super_offset;
  sb.data_offset = member.space.data_offset;
  sb.data_size = member.space.data_size;
  sb.bblog_offset = member.space.bblog_offset;
  sb.bblog_size = member.space.bblog_size;
  sb.dev_number = member.number;
  std::memcpy(sb.device_uuid, member.uuid, sizeof sb.device_uuid);
  sb.devflags = member.flags;
  sb.role = member.kind == MemberKind::active ? member.slot : MDX_ROLE_SPARE;
  if (array.version == MDX_SB_0_90)
    fill_0_90(array, member, sb);
  else
    fill_roles(array, sb);
  return sb;
}

}  // namespace mdctl::model
