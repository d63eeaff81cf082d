// SPDX-License-Identifier: GPL-2.0-only
#include "system/superblock.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "bitmap_format.h"

namespace mdctl::system {
namespace {

using Image = std::array<std::byte, MDX_SB_BYTES>;

struct Found {
  mdx_sb_error error = MDX_SB_NO_MAGIC;
  SuperPtr super;
};

Result<Found> try_version(kernel::BlockDevice& device, mdx_sb_version version) {
  Found out;
  const std::uint64_t sector = mdx_sb_sector(version, device.sectors());
  if (sector == MDX_SECTOR_NONE) return out;
  Image image;
  MDCTL_CHECK(device.read(sector * 512, image));
  out.super = std::make_unique<mdx_super>();
  out.error = mdx_sb_decode(version, image.data(), device.sectors(), out.super.get());
  return out;
}

using Extents = std::vector<kernel::Extent>;

bool made_later(const mdx_super& a, const mdx_super& b) {
  return std::tie(a.ctime, a.ctime_us) > std::tie(b.ctime, b.ctime_us);
}

bool is_a_partitions(const mdx_super& super, const Extents& partitions) {
  return super.version == MDX_SB_0_90 &&
         std::any_of(partitions.begin(), partitions.end(),
                     [&](auto& partition) { return partition.covers(super.super_offset); });
}

Result<SuperPtr> load(kernel::BlockDevice& device, std::optional<mdx_sb_version> version,
                      const Extents& partitions) {
  SuperPtr best;
  bool a_partitions = false;
  std::optional<Error> unreadable;
  std::optional<std::pair<mdx_sb_version, mdx_sb_error>> broken;
  for (unsigned v = 0; v < MDX_SB_VERSIONS; v++) {
    const auto candidate = static_cast<mdx_sb_version>(v);
    if (version && candidate != *version) continue;
    auto tried = try_version(device, candidate);
    if (!tried) {
      // A bad spot there does not hide what is elsewhere.
      if (!unreadable) unreadable = std::move(tried).error();
      continue;
    }
    Found found = std::move(*tried);
    if (found.error == MDX_SB_OK && is_a_partitions(*found.super, partitions)) {
      a_partitions = true;
    } else if (found.error == MDX_SB_OK) {
      if (!best || made_later(*found.super, *best)) best = std::move(found.super);
    } else if (found.error != MDX_SB_NO_MAGIC && found.error != MDX_SB_TOO_SMALL) {
      broken = {candidate, found.error};
    }
  }
  if (best) return best;
  if (unreadable) return fail(std::move(*unreadable));
  if (broken)
    return fail(Code::corrupt, "{}: superblock {}: {}", device.path(),
                mdx_sb_version_text(broken->first), mdx_sb_error_text(broken->second));
  if (a_partitions)
    return fail(Code::refused, "the superblock on {} belongs to one of its partitions",
                device.path());
  return fail(Code::not_found, "No md superblock detected on {}.", device.path());
}

// A bitmap that md added to a running array may begin in the same 4 KiB.
std::size_t bytes_to_write(const kernel::BlockDevice& device, const mdx_super& super) {
  const std::uint64_t bitmap = mdx_bitmap_sector(&super);
  if (bitmap < super.super_offset || bitmap >= super.super_offset + MDX_SB_SECTORS)
    return MDX_SB_BYTES;
  const std::size_t block = device.logical_block_size();
  return std::min<std::size_t>((mdx_sb_used_bytes(&super) + block - 1) / block * block,
                               MDX_SB_BYTES);
}

}  // namespace

Result<SuperPtr> load_superblock(kernel::BlockDevice& device,
                                 std::optional<mdx_sb_version> version) {
  return load(device, version, {});
}

Result<SuperPtr> load_own_superblock(kernel::BlockDevices& blocks, kernel::BlockDevice& device,
                                     std::optional<mdx_sb_version> version) {
  return load(device, version, blocks.partitions_of(device.number()));
}

Result<> check_superblock(const mdx_super& super, std::uint64_t dev_sectors,
                          const std::string& path) {
  const auto version = static_cast<mdx_sb_version>(super.version);
  if (mdx_sb_sector(version, dev_sectors) == MDX_SECTOR_NONE)
    return fail(Code::refused, "{} is too small for a superblock", path);
  Image image;
  mdx_sb_encode(&super, image.data());
  auto back = std::make_unique<mdx_super>();
  const mdx_sb_error error = mdx_sb_decode(version, image.data(), dev_sectors, back.get());
  if (error == MDX_SB_OK) return {};
  return fail(Code::refused, "{}: the new superblock {} would not be valid: {}", path,
              mdx_sb_version_text(version), mdx_sb_error_text(error));
}

Result<> store_superblock(kernel::BlockDevice& device, const mdx_super& super) {
  MDCTL_CHECK(check_superblock(super, device.sectors(), device.path()));
  const auto version = static_cast<mdx_sb_version>(super.version);
  const std::uint64_t sector = mdx_sb_sector(version, device.sectors());
  Image image;
  mdx_sb_encode(&super, image.data());
  return device.write(sector * 512, std::span(image).first(bytes_to_write(device, super)),
                      fmt::format("superblock {}", mdx_sb_version_text(version)));
}

Result<> erase_superblock(kernel::BlockDevice& device, mdx_sb_version version) {
  const std::uint64_t sector = mdx_sb_sector(version, device.sectors());
  if (sector == MDX_SECTOR_NONE) return {};
  return device.write(sector * 512, Image{},
                      fmt::format("zeroes over superblock {}", mdx_sb_version_text(version)));
}

std::optional<mdx_sb_version> parse_version(const std::string& text) {
  if (text == "0" || text == "0.9" || text == "0.90" || text == "00.90") return MDX_SB_0_90;
  if (text == "1.0") return MDX_SB_1_0;
  if (text == "1.1") return MDX_SB_1_1;
  if (text == "1" || text == "1.2" || text == "default") return MDX_SB_1_2;
  return std::nullopt;
}

}  // namespace mdctl::system
