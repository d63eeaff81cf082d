// SPDX-License-Identifier: GPL-2.0-only
// Does what the planner decided, through the kernel's door. The caller holds the array lock.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/kernel.hpp"
#include "model/config.hpp"
#include "monitor/decision.hpp"
#include "super_format.h"
#include "system/map_file.hpp"

namespace mdctl::monitor {

class Executor {
 public:
  // @super_of: what is known of a member, null if it is gone.
  Executor(kernel::Kernel& kernel, system::MapFile& map,
           std::function<const mdx_super*(DeviceNumber)> super_of)
      : kernel_(kernel), map_(map), super_of_(std::move(super_of)) {}

  // After a failure nothing half-made is left. @config: SYSFS lines.
  Result<> execute(const Action& action, const model::Config& config);
  // What did not work and did not matter enough to fail, since the last call.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  Result<> assemble(const Action& action);
  Result<> fill_and_run(kernel::ArrayDevice& array, const Action& action);
  Result<> run(const Action& action);
  Result<> start(kernel::ArrayDevice& array, const Action& action);
  Result<> discard(const Action& action);
  void wait_until_gone(const std::string& name);
  Result<> add(const Action& action);
  void settle_name(const Action& action, const std::string& path);
  void apply_sysfs(const Action& action, const model::Config& config);
  void note(const Result<>& result);

  kernel::Kernel& kernel_;
  system::MapFile& map_;
  std::function<const mdx_super*(DeviceNumber)> super_of_;
  std::vector<std::string> notes_;
};

}  // namespace mdctl::monitor
