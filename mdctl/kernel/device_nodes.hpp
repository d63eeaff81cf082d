// SPDX-License-Identifier: GPL-2.0-only
// Names below /dev: made by udev where it runs, by us where it does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/sysfs.hpp"
#include "model/device_number.hpp"
#include "util/error.hpp"

namespace mdctl::kernel {

// Who may use the nodes made here: CREATE owner=, group= and mode=. Unset: root, 0660.
struct NodeAccess {
  std::optional<std::uint32_t> owner, group, mode;

  // Of the node or link at @path, which is not followed.
  Result<> apply(const std::string& path) const;
};

class DeviceNodes {
 public:
  DeviceNodes(std::string dev, std::string run, NodeAccess access = {})
      : dev_(std::move(dev)), run_(std::move(run)), access_(access) {}

  bool udev_running() const;

  // A descriptor of block device @number. Uses /dev/@name if it is that device, else a node of
  // its own that is gone again on return.
  Result<Fd> open(const std::string& name, model::DeviceNumber number, int flags) const;

  // Until @path is @number (true) or @timeout passed.
  bool wait_for(const std::string& path, model::DeviceNumber number,
                std::chrono::milliseconds timeout) const;
  bool wait_gone(const std::string& path, std::chrono::milliseconds timeout) const;

  // Without udev, and with the access asked for where it was not there: @path becomes a node of
  // @number, or, below /dev/md, a link to /dev/@name.
  Result<> make(const std::string& path, const std::string& name, model::DeviceNumber number) const;
  Result<> remove(const std::string& path) const;

  // Names below /dev/md that lead to @number.
  std::vector<std::string> links(model::DeviceNumber number) const;

 private:
  std::string dev_;
  std::string run_;
  NodeAccess access_;
};

}  // namespace mdctl::kernel
