// SPDX-License-Identifier: GPL-2.0-only
// What the daemon knows about the machine: devices with a superblock, and arrays in the kernel.
// Values only; examine.* and arrays.* fill them, planner.* judges them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/device_number.hpp"
#include "super_format.h"
#include "util/uuid.hpp"

namespace mdctl::monitor {

using model::DeviceNumber;

// A block device with a valid superblock.
struct Member {
  DeviceNumber number;
  std::string node;                   // "/dev/sda1"
  std::vector<std::string> paths;     // node and all its links
  std::vector<std::string> id_paths;  // names below /dev/disk/by-path
  // Changes when the device really went away and came back, not when udev looks at it again.
  std::string incarnation;
  int partition = 0;   // its number; 0: a whole disk
  std::string holder;  // what uses it besides md ("dm-0"); empty: nothing
  std::shared_ptr<const mdx_super> super;

  Uuid uuid() const;
};

// A member as an array in the kernel has it.
struct ArrayMember {
  DeviceNumber number;  // 0:0: its device is gone
  bool faulty = false;
};

// An md array object with something in it.
struct KernelArray {
  std::string name;   // "md127"
  std::string state;  // sysfs array_state: "inactive", "clean", "active", "read-auto", ...
  bool bitmap = false;
  std::vector<ArrayMember> members;  // none for firmware RAID, whose members are its manager's

  // No personality runs: assembled in part, or waiting to be run.
  bool inactive() const { return state == "inactive"; }
  // An object without content; its name is free.
  bool clear() const { return state == "clear"; }
  bool running() const { return !inactive() && !clear(); }
  bool writable() const;
  bool has(DeviceNumber member) const;
};

}  // namespace mdctl::monitor
