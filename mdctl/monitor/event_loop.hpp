// SPDX-License-Identifier: GPL-2.0-only
// sd-event with owners: one thread, callbacks, nothing else.
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "util/error.hpp"

namespace mdctl::monitor {

class EventLoop {
 public:
  using Callback = std::function<void()>;

  static Result<std::unique_ptr<EventLoop>> create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // @callback whenever @fd has @events (EPOLLIN, EPOLLPRI). Returns a handle for unwatch().
  Result<int> watch(int fd, unsigned events, Callback callback);
  void unwatch(int handle);
  // SIGTERM and the like; blocks the signal.
  Result<> on_signal(int signal, Callback callback);
  // Runs once after everything that is pending now, however often it is asked for.
  void soon(Callback callback);
  // One timer, on the clock of the boot; nullopt: none.
  Result<> wake_at(std::optional<std::chrono::milliseconds> when, Callback callback);

  // Milliseconds since the boot, suspended time included.
  std::chrono::milliseconds now() const;
  // Until stop().
  Result<> run();
  void stop();

 private:
  struct Source;
  explicit EventLoop(sd_event* event);
  Result<int> keep(std::unique_ptr<Source> source, int code, const char* what);

  sd_event* event_;
  int next_handle_ = 1;
  std::map<int, std::unique_ptr<Source>> sources_;
  int soon_ = 0;
  int timer_ = 0;
};

}  // namespace mdctl::monitor
