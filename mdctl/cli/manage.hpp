// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>
#include <system_error>

#include "cli/command.hpp"

namespace mdctl::cli {

// The array manage mode works on.
struct Managed {
  Context& context;
  const Options& options;
  std::string array;  // "md0"
  std::string shown;  // as the caller called it
  std::unique_ptr<kernel::ArrayDevice> device;
  bool changed = false;
};

// --add, --re-add, --add-spare.
Result<> add_member(Managed& array, const DeviceArgument& argument);

// --remove of a device, by path or kernel name, or of all failed, faulty or detached ones.
Result<> remove_member(Managed& array, const DeviceArgument& argument);

// What the system says to an error's errno, without our words around it.
std::string errno_text(const Error& error);

}  // namespace mdctl::cli
