// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>

#include "kernel/block_device.hpp"

namespace mdctl::kernel {

std::unique_ptr<BlockDevices> linux_block_devices();

}  // namespace mdctl::kernel
