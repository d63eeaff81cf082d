// SPDX-License-Identifier: GPL-2.0-only
// Sees what sends no uevent: /proc/mdstat wakes on any change of any array, array_state on those of
// one. Both signal with EPOLLPRI and want to be read from the start before they signal again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "monitor/event_loop.hpp"
#include "util/fd.hpp"

namespace mdctl::monitor {

class AttributeWatch {
 public:
  AttributeWatch(EventLoop& loop, std::string proc, std::string sys, std::function<void()> changed)
      : loop_(loop), proc_(std::move(proc)), sys_(std::move(sys)), changed_(std::move(changed)) {}
  ~AttributeWatch();

  // Follow what there is now: /proc/mdstat comes and goes with the driver, arrays with their users.
  void follow(const std::vector<std::string>& arrays);

 private:
  struct Watched {
    Fd fd;
    int handle = 0;
  };
  bool open(const std::string& path);
  void drop(const std::string& path);
  void signalled(const std::string& path);

  EventLoop& loop_;
  std::string proc_;
  std::string sys_;
  std::function<void()> changed_;
  std::map<std::string, Watched> files_;
};

}  // namespace mdctl::monitor
