// SPDX-License-Identifier: GPL-2.0-only
// Looks for a superblock on one device.
#pragma once

#include <memory>
#include <string>

#include "kernel/block_device.hpp"
#include "super_format.h"
#include "util/error.hpp"

namespace mdctl::monitor {

// The superblock on @path, or null if there is none of its own. Where an old one of another version
// was left behind, the array that was made later counts. Fails if the device cannot be read.
Result<std::shared_ptr<const mdx_super>> examine(kernel::BlockDevices& blocks,
                                                 const std::string& path);

}  // namespace mdctl::monitor
