// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/examine.hpp"

#include "system/superblock.hpp"

namespace mdctl::monitor {

Result<std::shared_ptr<const mdx_super>> examine(kernel::BlockDevices& blocks,
                                                 const std::string& path) {
  MDCTL_TRY(auto device, blocks.open(path, kernel::Access::read));
  auto super = system::load_own_superblock(blocks, *device);
  if (super) return std::shared_ptr<const mdx_super>(std::move(*super));
  switch (super.error().code()) {
    case Code::not_found:
    case Code::corrupt:
    case Code::refused: return std::shared_ptr<const mdx_super>();
    default: return fail(std::move(super).error());
  }
}

}  // namespace mdctl::monitor
