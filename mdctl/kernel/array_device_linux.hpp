// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>

#include "kernel/kernel.hpp"
#include "util/fd.hpp"

namespace mdctl::kernel {

// The ioctl face of an array whose node is open as @fd.
std::unique_ptr<ArrayDevice> array_device(std::string name, Fd fd);

}  // namespace mdctl::kernel
