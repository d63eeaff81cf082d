// SPDX-License-Identifier: GPL-2.0-only
// Superblocks as md writes them, made by chance.
#include "super_samples.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstdio>

namespace mdx_test {

namespace {

// Uniform in [low, high].
std::uint64_t pick(Rng& rng, std::uint64_t low, std::uint64_t high) {
  return std::uniform_int_distribution<std::uint64_t>(low, high)(rng);
}

bool chance(Rng& rng, unsigned percent) { return pick(rng, 0, 99) < percent; }

void random_bytes(Rng& rng, std::uint8_t* bytes, std::size_t count) {
  std::generate_n(bytes, count, [&] { return static_cast<std::uint8_t>(pick(rng, 0, 255)); });
}

// Level, layout, chunk and number of members that belong together.
void random_shape(Rng& rng, mdx_super& sb) {
  constexpr std::array<std::int32_t, 9> levels = {-5, -4, -1, 0, 1, 4, 5, 6, 10};
  const std::uint32_t most = sb.version == MDX_SB_0_90 ? MDX_SB0_MAX_DEVS : 64;
  sb.level = levels.at(pick(rng, 0, levels.size() - 1));
  sb.raid_disks = static_cast<std::uint32_t>(pick(rng, 4, most));
  sb.chunk_sectors = 1u << pick(rng, 3, 12);
  if (sb.level == 0 && chance(rng, 30))
    sb.chunk_sectors = static_cast<std::uint32_t>(pick(rng, 1, 5000));
  if (sb.level == 1) sb.chunk_sectors = 0;
  if (sb.level == 5) sb.layout = static_cast<std::uint32_t>(pick(rng, 0, 5));
  if (sb.level == 6) sb.layout = static_cast<std::uint32_t>(pick(rng, 16, 20));
  if (sb.level == 10) sb.layout = chance(rng, 50) ? 0x102 : 0x10201;
  if (sb.level == 0 && sb.version != MDX_SB_0_90 && chance(rng, 70)) {
    sb.feature_map |= MD_FEATURE_RAID0_LAYOUT;
    sb.layout = static_cast<std::uint32_t>(pick(rng, 1, 2));
  }
}

void random_reshape(Rng& rng, mdx_super& sb) {
  sb.reshape_position = MDX_SECTOR_NONE;
  sb.new_level = sb.level;
  sb.new_layout = sb.layout;
  sb.new_chunk_sectors = sb.chunk_sectors;
  if (sb.level < 4 || sb.level > 6 || !chance(rng, 30)) return;
  sb.feature_map |= MD_FEATURE_RESHAPE_ACTIVE;
  sb.reshape_position = pick(rng, 0, sb.size * sb.raid_disks);
  sb.delta_disks = static_cast<std::int32_t>(pick(rng, 0, 4)) - 2;
  sb.new_chunk_sectors = 1u << pick(rng, 3, 12);
  if (sb.version != MDX_SB_0_90 && chance(rng, 30)) sb.feature_map |= MD_FEATURE_RESHAPE_BACKWARDS;
}

// Superblock, bitmap, bad-block log and data side by side as mdadm lays them.
void random_areas_1(Rng& rng, mdx_super& sb, std::uint64_t dev_sectors) {
  const bool at_end = sb.version == MDX_SB_1_0;
  if (at_end) {
    sb.data_size = sb.super_offset - 32 - pick(rng, 0, 64);
  } else {
    sb.data_offset = sb.super_offset + 64 + pick(rng, 0, 4096);
    sb.data_size = dev_sectors - sb.data_offset - pick(rng, 0, 4096);
  }
  if (chance(rng, 40)) {
    sb.feature_map |= MD_FEATURE_BITMAP_OFFSET;
    sb.bitmap_offset = at_end ? -24 : 8;
  } else if (sb.level == 5 && chance(rng, 50)) {
    sb.feature_map |= MD_FEATURE_PPL;
    sb.bitmap_offset = at_end ? (8 << 16) | (-24 & 0xffff) : (8 << 16) | 8;
  }
  if (chance(rng, 60)) {
    sb.bblog_size = 8;
    sb.bblog_offset = at_end ? -8 : 40;
    sb.bblog_shift = chance(rng, 50) ? 9 : 0;
    if (chance(rng, 30)) sb.feature_map |= MD_FEATURE_BAD_BLOCKS;
  }
}

void random_members_1(Rng& rng, mdx_super& sb) {
  sb.max_dev = static_cast<std::uint32_t>(pick(rng, sb.raid_disks, sb.raid_disks + 130));
  for (std::uint32_t i = 0; i < sb.max_dev; i++) {
    sb.roles[i] = MDX_ROLE_SPARE;
    if (i < sb.raid_disks) sb.roles[i] = static_cast<std::uint16_t>(i);
    if (chance(rng, 10)) sb.roles[i] = MDX_ROLE_FAULTY;
  }
  sb.dev_number = static_cast<std::uint32_t>(pick(rng, 0, sb.max_dev));
  sb.role = sb.dev_number < sb.max_dev ? sb.roles[sb.dev_number] : MDX_ROLE_SPARE;
  if (sb.role < MDX_ROLE_MAX && chance(rng, 20)) {
    sb.feature_map |= MD_FEATURE_RECOVERY_OFFSET;
    sb.recovery_offset = pick(rng, 0, sb.data_size);
  }
  random_bytes(rng, sb.device_uuid, sizeof(sb.device_uuid));
  sb.devflags = static_cast<std::uint8_t>(pick(rng, 0, 3));
  sb.cnt_corrected = static_cast<std::uint32_t>(pick(rng, 0, 1000));
}

mdx_sb0_disk disk_row(std::uint32_t number, std::uint32_t raid_disk, std::uint32_t state) {
  return {number, 252, number * 16, raid_disk, state};
}

void random_members_0(Rng& rng, mdx_super& sb) {
  constexpr std::uint32_t in_sync = 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC;
  constexpr std::uint32_t missing = 1u << MD_DISK_REMOVED;
  sb.max_dev = MDX_SB0_MAX_DEVS;
  sb.dev_number = static_cast<std::uint32_t>(pick(rng, 0, sb.raid_disks - 1));
  for (std::uint32_t i = 0; i < MDX_SB0_MAX_DEVS; i++) {
    sb.roles[i] = MDX_ROLE_SPARE;
    if (i >= sb.raid_disks) continue;
    const bool gone = i != sb.dev_number && chance(rng, 15);
    sb.sb0_disks[i] = disk_row(i, i, gone ? missing : in_sync);
    sb.roles[i] = gone ? MDX_ROLE_FAULTY : static_cast<std::uint16_t>(i);
  }
  if (chance(rng, 20)) {
    sb.sb0_disks[sb.dev_number].state |= 1u << MD_DISK_WRITEMOSTLY;
    sb.devflags = WriteMostly1;
  }
  sb.sb0_this = sb.sb0_disks[sb.dev_number];
  sb.role = sb.roles[sb.dev_number];
}

void random_state(Rng& rng, mdx_super& sb) {
  sb.ctime = pick(rng, 0, 0xffffffff);
  sb.utime = pick(rng, 0, 0xffffffff);
  sb.events = pick(rng, 0, ~std::uint64_t{0});
  constexpr std::array<std::uint64_t, 3> offsets = {0, 4096, MDX_SECTOR_NONE};
  sb.resync_offset = offsets.at(pick(rng, 0, 2));
  if (sb.version == MDX_SB_0_90) {
    sb.cp_events = sb.resync_offset ? sb.events : sb.events - 1;
    return;
  }
  sb.ctime_us = static_cast<std::uint32_t>(pick(rng, 0, 999999));
  sb.utime_us = static_cast<std::uint32_t>(pick(rng, 0, 999999));
}

}  // namespace

SuperPtr plain_super(mdx_sb_version version, std::uint64_t dev_sectors) {
  Rng rng(1);
  auto sb = new_super();
  sb->version = static_cast<std::uint8_t>(version);
  sb->super_offset = mdx_sb_sector(version, dev_sectors);
  random_bytes(rng, sb->set_uuid, sizeof(sb->set_uuid));
  sb->level = 1;
  sb->raid_disks = 2;
  sb->ctime = 1700000000;
  sb->utime = 1700000100;
  sb->events = 1017;
  sb->resync_offset = MDX_SECTOR_NONE;
  sb->reshape_position = MDX_SECTOR_NONE;
  sb->new_level = 1;
  if (version == MDX_SB_0_90) {
    constexpr std::uint32_t in_sync = 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC;
    sb->cp_events = sb->events;
    sb->data_size = sb->super_offset;
    sb->sb0_disks[0] = disk_row(0, 0, in_sync);
    sb->sb0_disks[1] = disk_row(1, 1, in_sync);
    sb->sb0_this = sb->sb0_disks[0];
    sb->max_dev = MDX_SB0_MAX_DEVS;
    std::fill_n(sb->roles, MDX_SB0_MAX_DEVS, static_cast<__u16>(MDX_ROLE_SPARE));
  } else {
    std::snprintf(sb->set_name, sizeof(sb->set_name), "host:data");
    sb->data_offset = version == MDX_SB_1_0 ? 0 : 2048;
    sb->data_size = (version == MDX_SB_1_0 ? sb->super_offset : dev_sectors) - 2048;
    sb->max_dev = 128;
    std::fill_n(sb->roles, 128, static_cast<__u16>(MDX_ROLE_SPARE));
  }
  sb->roles[0] = 0;
  sb->roles[1] = 1;
  sb->size = sb->data_size & ~std::uint64_t{127};
  return sb;
}

SuperPtr random_super(Rng& rng, mdx_sb_version version, std::uint64_t dev_sectors) {
  auto sb = new_super();
  sb->version = static_cast<std::uint8_t>(version);
  sb->super_offset = mdx_sb_sector(version, dev_sectors);
  random_bytes(rng, sb->set_uuid, sizeof(sb->set_uuid));
  random_shape(rng, *sb);
  if (version == MDX_SB_0_90) {
    sb->data_size = sb->super_offset;
    sb->md_minor = static_cast<std::uint32_t>(pick(rng, 0, 255));
    if (chance(rng, 40)) {
      sb->feature_map |= MD_FEATURE_BITMAP_OFFSET;
      sb->bitmap_offset = 8;
    }
  } else {
    random_bytes(rng, reinterpret_cast<std::uint8_t*>(sb->set_name), pick(rng, 0, 32));
    random_areas_1(rng, *sb, dev_sectors);
    if (chance(rng, 20)) sb->logical_block_size = 512u << pick(rng, 0, 3);
  }
  if (sb->level >= 1) sb->size = pick(rng, 128, sb->data_size) & ~std::uint64_t{127};
  random_reshape(rng, *sb);
  random_state(rng, *sb);
  if (version == MDX_SB_0_90)
    random_members_0(rng, *sb);
  else
    random_members_1(rng, *sb);
  return sb;
}

}  // namespace mdx_test
