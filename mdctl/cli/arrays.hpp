// SPDX-License-Identifier: GPL-2.0-only
// What several commands need to know about arrays: names to kernel names and back.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "config/naming.hpp"
#include "config/rules.hpp"

namespace mdctl::cli {

// How long udev may take for a device node.
constexpr std::chrono::milliseconds kNodeTimeout{5000};

// Kernel name of the array at @path ("/dev/md0", "/dev/md/home"). Code::refused: it is something
// else.
Result<std::string> array_at(Context& context, const std::string& path);

// Kernel name of the array with this UUID; empty: none has an object. The map tells only where to
// look first, it may be lost or old.
Result<std::string> array_with(Context& context, const Uuid& uuid);

// The name people use: the map's or the link below /dev/md if they are there, else /dev/md0.
std::string path_of_array(Context& context, const std::string& array);
// As mdadm's config lines have it: the map's word even before udev made the link.
std::string recorded_path(Context& context, const std::string& array);

// mdstat's arrays, newest kernel number last, as --scan goes through them; none without a driver.
Result<std::vector<std::string>> scanned_arrays(Context& context);

config::NamesInUse names_in_use(Context& context);
// The names @given on the command line or in a configuration stands for. Code::refused if none.
Result<config::ArrayName> given_name(Context& context, const std::string& given);
// Code::busy if an array that is not clear runs under @name, or its link or the map says so of
// another: a second one would take the name away from it.
Result<> name_is_free(Context& context, const config::ArrayName& name);
config::HomeHost home_host(Context& context, const Options& options);

// "vm:home" is "home  (local to host vm)"; others stay as they are. @home may be empty.
std::string local_remark(const config::ArrayIdentity& array, const config::HomeHost& home);

// Makes the array object and its node; the name is refused if an array already runs under it.
struct NewArrayNode {
  config::ArrayName name;
  std::unique_ptr<kernel::ArrayDevice> device;
};
Result<NewArrayNode> open_new_array(Context& context, const config::ArrayName& name);

// After it runs: record it, apply SYSFS lines, tell udev, wait for the name.
Result<> publish_array(Context& context, const config::ArrayName& name, const std::string& metadata,
                       const Uuid& uuid, const std::string& set_name);
// SYSFS lines alone. An attribute the array does not have is no reason not to use it: a warning.
void apply_attributes(Context& context, const config::ArrayName& name, const Uuid& uuid,
                      const std::string& set_name);

// What a pattern of the configuration may call the device at @path: that, its node and its links.
std::vector<std::string> names_of(Context& context, const std::string& path);

// The array's devices without a name of their own: members of /sys.
std::string member_path(Context& context, kernel::DeviceNumber number);

}  // namespace mdctl::cli
