// SPDX-License-Identifier: GPL-2.0-only
// A parsed command line: mdadm's grammar as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "util/uuid.hpp"

namespace mdctl::cli {

enum class Mode { none, assemble, build, create, grow, incremental, manage, misc, monitor, other };

// What is to happen to a device on the line. Manage mode takes several per command, in order.
enum class Action {
  none,
  // manage
  add,
  re_add,
  add_spare,
  add_journal,
  remove,
  fail,
  replace,
  with,
  cluster_confirm,
  // misc
  query,
  detail,
  detail_platform,
  examine,
  examine_bitmap,
  examine_badblocks,
  zero_superblock,
  run,
  stop,
  readonly,
  readwrite,
  wait,
  wait_clean,
  sync_action,
  dump,
  restore,
  update_subarray,
  kill_subarray,
  udev_rules,
};

struct DeviceArgument {
  std::string path;  // or "missing", "failed", "faulty", "detached"
  Action action = Action::none;
  std::optional<bool> write_mostly;  // --write-mostly, --readwrite before it
  std::optional<bool> failfast;
};

struct Options {
  Mode mode = Mode::none;
  std::string mode_option;  // how it was chosen, "--create"; empty if inferred
  std::string other;        // Mode::other: name of the registered command
  std::vector<DeviceArgument> devices;

  // every mode
  int verbose = 0;  // -1: quiet
  bool brief = false;
  bool export_keys = false;
  bool force = false;
  bool scan = false;
  bool test = false;
  bool json = false;
  bool dry_run = false;
  bool offroot = false;
  std::string config_file;
  std::string homehost;  // empty: from the configuration
  std::string metadata;
  std::string prefer;

  // create, build, assemble, grow
  std::optional<int> level;
  std::string level_text;
  std::optional<unsigned> raid_devices;
  std::optional<unsigned> spare_devices;
  std::optional<std::uint64_t> size_kib;  // 0: max
  std::optional<std::uint64_t> array_size_kib;
  std::optional<std::uint32_t> chunk_kib;
  std::string layout;
  std::string bitmap;                         // "internal", "none"; empty: not said
  std::optional<std::uint32_t> bitmap_chunk;  // bytes
  std::optional<int> delay;                   // of a bitmap or the monitor, seconds
  std::optional<int> write_behind;
  bool assume_clean = false;
  bool write_zeroes = false;
  std::string data_offset;
  std::string name;
  std::optional<Uuid> uuid;
  std::string write_journal;
  std::string consistency_policy;
  std::string backup_file;
  bool invalid_backup = false;
  bool continue_reshape = false;

  bool run = false;
  bool readonly = false;
  bool no_degraded = false;
  std::optional<int> super_minor;
  std::string super_minor_of;  // device whose minor is meant, "dev"
  std::string update;

  // misc
  Action action = Action::none;
  std::string sync_action;
  bool no_devices = false;
  std::string directory;  // --dump, --restore

  // incremental
  bool fail_device = false;
  bool rebuild_map = false;
  std::string id_path;

  // monitor and other commands: long option to argument, as given
  std::map<std::string, std::string> extra;

  bool quiet() const { return verbose < 0; }
  bool has(const std::string& extra_option) const { return extra.count(extra_option) != 0; }
};

}  // namespace mdctl::cli
