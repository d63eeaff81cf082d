// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "kernel/block_device.hpp"

namespace mdctl::system {

// What libblkid finds on the open device @fd; @path for messages.
Result<std::vector<kernel::Signature>> find_signatures(int fd, const std::string& path);

}  // namespace mdctl::system
