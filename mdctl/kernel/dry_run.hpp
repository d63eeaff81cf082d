// SPDX-License-Identifier: GPL-2.0-only
// The write gate: reads pass, every change becomes a step of a plan and reports success. Commands
// run the very same code in a dry run, so the plan cannot differ from the deed; and since the
// gate opens devices read-only, nothing behind it can be changed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/block_device.hpp"
#include "kernel/kernel.hpp"

namespace mdctl::kernel {

struct PlanStep {
  std::string target;      // "/dev/sda" or "md0"
  std::string action;      // "write superblock 1.2, 4096 bytes at 4096"
  std::string overwrites;  // "ext4 file system", empty if nothing is known there
};

using Plan = std::vector<PlanStep>;

// @inner and @plan outlive the gates.
std::unique_ptr<Kernel> dry_run_kernel(Kernel& inner, Plan& plan);
std::unique_ptr<BlockDevices> dry_run_block_devices(BlockDevices& inner, Plan& plan);

}  // namespace mdctl::kernel
