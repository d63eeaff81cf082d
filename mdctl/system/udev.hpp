// SPDX-License-Identifier: GPL-2.0-only
// Block devices as udev knows them: what is there, and what comes and goes. Without udevd the
// kernel's own events are used, which know no links.
#pragma once

#include <libudev.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/device_number.hpp"
#include "util/error.hpp"

namespace mdctl::system {

struct BlockEvent {
  enum class Kind { there, gone };
  Kind kind = Kind::there;  // there: added, changed or found
  std::string subsystem;    // "block" or "module"
  std::string name;         // kernel name, "sda1"
  model::DeviceNumber number;
  std::string node;                   // "/dev/sda1"
  std::vector<std::string> links;     // full paths
  std::vector<std::string> id_paths;  // names below /dev/disk/by-path
  int partition = 0;
  std::uint64_t sectors = 0;
  // Changes when the disk really went away and came back.
  std::string incarnation;
  std::string fs_type;    // as udev's blkid saw it; empty: nothing, or udev does not run
  bool not_ours = false;  // part of a multipath device, or a kind that holds no members
};

// Full paths of the links udev made for a block device.
std::vector<std::string> device_links(model::DeviceNumber number);

class Udev {
 public:
  // Listens from here on, so that nothing is lost between enumerate() and the first event.
  static Result<Udev> open();

  // Readable when receive() has something.
  int fd() const;
  std::optional<BlockEvent> receive();
  // Every block device that is there now. Those udevd has yet to look at follow as events.
  std::vector<BlockEvent> enumerate();
  // One device as it is now.
  std::optional<BlockEvent> look_at(model::DeviceNumber number);

 private:
  struct Unref {
    void operator()(udev* u) const { udev_unref(u); }
    void operator()(udev_monitor* m) const { udev_monitor_unref(m); }
  };
  Udev(std::unique_ptr<udev, Unref> udev, std::unique_ptr<udev_monitor, Unref> monitor, bool udevd)
      : udev_(std::move(udev)), monitor_(std::move(monitor)), udevd_(udevd) {}

  std::unique_ptr<udev, Unref> udev_;
  std::unique_ptr<udev_monitor, Unref> monitor_;
  bool udevd_;
};

}  // namespace mdctl::system
