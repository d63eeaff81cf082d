// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>

#include "kernel/device_nodes.hpp"
#include "kernel/kernel.hpp"

namespace mdctl::kernel {

// Where the trees are; tests point them at captured copies.
struct Roots {
  std::string sys = "/sys";
  std::string proc = "/proc";
  std::string dev = "/dev";
  std::string run = "/run";
};

// @access: for the device nodes that are made where udev does not run.
Result<std::unique_ptr<Kernel>> linux_kernel(const Roots& roots = {},
                                             const NodeAccess& access = {});

}  // namespace mdctl::kernel
