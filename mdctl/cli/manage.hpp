// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>
#include <system_error>
#include <vector>

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

// A member, as the line and as the array call it.
struct Target {
  std::string shown;
  kernel::DeviceNumber number;
  std::string entry;  // "dev-sda"; empty: the array does not know it
};

// Is what stands in the device's place a word that its operation takes? Devices always are.
Result<> check_word(const DeviceArgument& argument);

// The device at @path, or the member of that kernel name, which it keeps when its device is gone.
Result<Target> target_of(Managed& array, const std::string& path);

// Members that "failed", "faulty", "detached" or "set-A" stand for, sets where RAID10's copies make
// some. nullopt: @word is none of these.
Result<std::optional<std::vector<Target>>> targets_by_word(Managed& array, const std::string& word);

// Words of the member's state: has it @word among them?
bool has_state(Managed& array, const std::string& entry, const std::string& word);

// Was done to a member or to the array. @said: for standard output.
void report_done(Managed& array, const char* what, const std::string& path,
                 const std::string& said = {});

// --add, --re-add, --add-spare.
Result<> add_member(Managed& array, const DeviceArgument& argument);

// --remove and --fail of a device, or of all that a word stands for.
Result<> remove_member(Managed& array, const DeviceArgument& argument);
Result<> fail_member(Managed& array, const DeviceArgument& argument);

// --replace of the device at @index of the line, by the one --with gives it.
Result<> replace_member(Managed& array, std::size_t index);
// Is each --with of the line for a --replace?
Result<> check_replacements(const Options& options);

// What the system says to an error's errno, without our words around it.
std::string errno_text(const Error& error);

}  // namespace mdctl::cli
