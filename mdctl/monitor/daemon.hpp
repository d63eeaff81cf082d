// SPDX-License-Identifier: GPL-2.0-only
// The daemon: events of udev and the driver in, AssemblyPlanner's actions out, and every decision
// told to the log, to /run/mdctl/state.json and to whoever asks on /run/mdctl/daemon.sock.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/block_device.hpp"
#include "kernel/kernel.hpp"
#include "monitor/attribute_watch.hpp"
#include "monitor/event_loop.hpp"
#include "monitor/executor.hpp"
#include "monitor/log.hpp"
#include "monitor/planner.hpp"
#include "monitor/state_json.hpp"
#include "system/lock.hpp"
#include "system/map_file.hpp"
#include "system/udev.hpp"

namespace mdctl::monitor {

struct DaemonOptions {
  std::string config_file;  // as -c has it
  std::string homehost;     // as --homehost has it
  std::string hostname;
  std::optional<int> degraded_after;  // seconds; 0: never. Before the configuration's
  std::string run_directory = system::default_run_directory;
};

class Daemon {
 public:
  Daemon(DaemonOptions options, kernel::Kernel& kernel, kernel::BlockDevices& blocks,
         system::MapFile& map, Log& log);

  // Until SIGTERM or SIGINT. Fails only while starting.
  Result<> run();

 private:
  // Starting
  Result<Rules> load_rules();
  void remember();
  Result<> listen();
  void reload();

  // Events
  void udev_events();
  void block_event(const system::BlockEvent& event);
  void look_again_at(const std::set<Uuid>& sets);

  // A round: look, decide, act, tell
  void round();
  void act();
  bool act_once();
  void perform(const Action& action);
  void refresh_arrays();
  void publish();
  void write_state();
  void arm();

  // Telling
  void tell_decisions();
  void tell_done(const Action& action, const Result<>& result);
  void warn(const Error& error);
  Json state() const;

  bool link_in_use(const std::string& link) const;

  DaemonOptions options_;
  kernel::Kernel& kernel_;
  kernel::BlockDevices& blocks_;
  system::MapFile& map_;
  Log& log_;
  std::unique_ptr<EventLoop> loop_;
  std::optional<system::Udev> udev_;
  std::unique_ptr<AttributeWatch> attributes_;
  Fd listener_;
  AssemblyPlanner planner_;
  Executor executor_;
  std::set<std::string> live_arrays_;
  std::optional<Milliseconds> retry_at_;  // somebody else holds the lock
  std::deque<HistoryEntry> history_;
  std::map<Uuid, std::string> told_;
  std::map<DeviceNumber, std::string> told_members_;
  std::string written_;
};

}  // namespace mdctl::monitor
