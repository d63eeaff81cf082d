// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/examine.hpp"

#include <array>
#include <tuple>

namespace mdctl::monitor {

namespace {

constexpr std::uint64_t sector_bytes = 512;

bool made_later(const mdx_super& a, const mdx_super& b) {
  return std::tie(a.ctime, a.ctime_us) > std::tie(b.ctime, b.ctime_us);
}

}  // namespace

Result<std::shared_ptr<const mdx_super>> examine(kernel::BlockDevices& blocks,
                                                 const std::string& path) {
  MDCTL_TRY(auto device, blocks.open(path, kernel::Access::read));
  std::shared_ptr<const mdx_super> best;
  std::array<std::byte, MDX_SB_BYTES> buffer;
  for (int version = 0; version < MDX_SB_VERSIONS; version++) {
    auto kind = static_cast<mdx_sb_version>(version);
    std::uint64_t sector = mdx_sb_sector(kind, device->sectors());
    if (sector == MDX_SECTOR_NONE) continue;
    MDCTL_CHECK(device->read(sector * sector_bytes, buffer));
    auto super = std::make_shared<mdx_super>();
    if (mdx_sb_decode(kind, buffer.data(), device->sectors(), super.get()) != MDX_SB_OK) continue;
    if (!best || made_later(*super, *best)) best = std::move(super);
  }
  return best;
}

}  // namespace mdctl::monitor
