// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/sysmacros.h>
#include <sys/types.h>

#include <compare>

namespace mdctl::model {

// A block device's identity to the kernel.
struct DeviceNumber {
  unsigned major = 0;
  unsigned minor = 0;

  static DeviceNumber from(dev_t dev) { return {gnu_dev_major(dev), gnu_dev_minor(dev)}; }
  dev_t raw() const { return gnu_dev_makedev(major, minor); }
  explicit operator bool() const { return major || minor; }
  auto operator<=>(const DeviceNumber&) const = default;
};

}  // namespace mdctl::model
