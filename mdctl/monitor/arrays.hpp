// SPDX-License-Identifier: GPL-2.0-only
// The arrays in the kernel, as values.
#pragma once

#include <vector>

#include "kernel/kernel.hpp"
#include "monitor/world.hpp"

namespace mdctl::monitor {

// All arrays; of firmware RAID the name and the state only. One that goes away meanwhile is left
// out.
std::vector<KernelArray> read_arrays(kernel::Kernel& kernel);

}  // namespace mdctl::monitor
