// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/event_loop.hpp"

#include <signal.h>
#include <time.h>

#include <utility>

namespace mdctl::monitor {

struct EventLoop::Source {
  sd_event_source* source = nullptr;
  Callback callback;
  ~Source() {
    if (!source) return;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    sd_event_source_unref(source);
  }
  // A callback may replace or drop its own source.
  static int call(void* data) {
    Callback callback = static_cast<Source*>(data)->callback;
    callback();
    return 0;
  }
};

EventLoop::EventLoop(sd_event* event) : event_(event) {}

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  sd_event* event = nullptr;
  if (int err = sd_event_new(&event); err < 0) return fail_errno(-err, "cannot make an event loop");
  // Pings systemd's watchdog where the unit asks for it.
  sd_event_set_watchdog(event, true);
  return std::unique_ptr<EventLoop>(new EventLoop(event));
}

EventLoop::~EventLoop() {
  sources_.clear();
  sd_event_unref(event_);
}

Result<int> EventLoop::keep(std::unique_ptr<Source> source, int code, const char* what) {
  if (code < 0) return fail_errno(-code, what);
  int handle = next_handle_++;
  sources_[handle] = std::move(source);
  return handle;
}

Result<int> EventLoop::watch(int fd, unsigned events, Callback callback) {
  auto source = std::make_unique<Source>();
  source->callback = std::move(callback);
  auto handler = [](sd_event_source*, int, uint32_t, void* data) { return Source::call(data); };
  int code = sd_event_add_io(event_, &source->source, fd, events, handler, source.get());
  return keep(std::move(source), code, "cannot watch a file");
}

void EventLoop::unwatch(int handle) { sources_.erase(handle); }

Result<> EventLoop::on_signal(int signal, Callback callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  auto source = std::make_unique<Source>();
  source->callback = std::move(callback);
  auto handler = [](sd_event_source*, const signalfd_siginfo*, void* data) {
    return Source::call(data);
  };
  int code = sd_event_add_signal(event_, &source->source, signal, handler, source.get());
  return keep(std::move(source), code, "cannot watch a signal").map([](int) {});
}

void EventLoop::soon(Callback callback) {
  if (soon_) return;
  auto source = std::make_unique<Source>();
  source->callback = [this, callback = std::move(callback)] {
    unwatch(std::exchange(soon_, 0));
    callback();
  };
  auto handler = [](sd_event_source*, void* data) { return Source::call(data); };
  int code = sd_event_add_defer(event_, &source->source, handler, source.get());
  // After all I/O that is pending now: many events make one round.
  if (code >= 0) sd_event_source_set_priority(source->source, SD_EVENT_PRIORITY_IDLE);
  soon_ = keep(std::move(source), code, "cannot defer").value_or(0);
}

Result<> EventLoop::wake_at(std::optional<std::chrono::milliseconds> when, Callback callback) {
  constexpr std::uint64_t accuracy_us = 10000;
  unwatch(std::exchange(timer_, 0));
  if (!when) return {};
  auto source = std::make_unique<Source>();
  source->callback = std::move(callback);
  auto handler = [](sd_event_source*, uint64_t, void* data) { return Source::call(data); };
  auto at = std::chrono::duration_cast<std::chrono::microseconds>(*when).count();
  int code = sd_event_add_time(event_, &source->source, CLOCK_BOOTTIME,
                               static_cast<std::uint64_t>(at), accuracy_us, handler, source.get());
  MDCTL_TRY(timer_, keep(std::move(source), code, "cannot set a timer"));
  return {};
}

std::chrono::milliseconds EventLoop::now() const {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::duration_cast<std::chrono::milliseconds>(
                                                std::chrono::nanoseconds(now.tv_nsec));
}

Result<> EventLoop::run() {
  if (int err = sd_event_loop(event_); err < 0) return fail_errno(-err, "the event loop failed");
  return {};
}

void EventLoop::stop() { sd_event_exit(event_, 0); }

}  // namespace mdctl::monitor
