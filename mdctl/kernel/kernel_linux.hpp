// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>

#include "kernel/kernel.hpp"

namespace mdctl::kernel {

// Where the trees are; tests point them at captured copies.
struct Roots {
  std::string sys = "/sys";
  std::string proc = "/proc";
  std::string dev = "/dev";
  std::string run = "/run";
};

Result<std::unique_ptr<Kernel>> linux_kernel(const Roots& roots = {});

}  // namespace mdctl::kernel
