// SPDX-License-Identifier: GPL-2.0-only
// What mdctl.conf or mdadm.conf says, as values. config/ reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "util/uuid.hpp"

namespace mdctl::model {

// One ARRAY line. Unset fields were not given.
struct ArrayConfig {
  std::string device;  // "/dev/md0", "/dev/md/home", "<ignore>" or empty
  std::optional<Uuid> uuid;
  std::string name;
  std::optional<int> super_minor;
  std::vector<std::string> devices;  // patterns
  std::optional<int> level;
  std::optional<int> raid_disks;
  std::optional<int> spares;
  std::string spare_group;
  std::string bitmap;
  std::string metadata;
  std::string container;
  std::string member;
  std::string file;  // where the line is, for messages
  int line = 0;
};

// AUTO: first match decides. "+1.x", "-all", "homehost".
struct AutoRule {
  bool allow = true;
  std::string what;
};

struct Config {
  std::vector<std::string> device_patterns;  // DEVICE; empty: partitions and containers
  std::vector<ArrayConfig> arrays;
  std::string mail_to;
  std::string mail_from;
  std::string program;
  int monitor_delay = 0;          // seconds, 0: not given
  int degraded_after = -1;        // seconds the daemon waits for missing members; 0: never start
                                  // degraded, -1: not given. mdctl's own keyword
  std::string homehost;           // as written; empty: not given, which means "<system>"
  bool homehost_required = true;  // "<ignore>" clears it
  std::string homecluster;
  // CREATE
  std::optional<std::uint32_t> owner;
  std::optional<std::uint32_t> group;
  std::optional<std::uint32_t> mode;
  std::string create_metadata;
  bool names = false;  // names=yes: kernel names md_NAME
  bool bad_block_log = true;
  std::vector<AutoRule> auto_rules;
  // POLICY and PART-POLICY lines: key, value in order.
  struct Policy {
    bool partitions = false;  // PART-POLICY: for each partition of the disks it names
    std::vector<std::pair<std::string, std::string>> words;
  };
  std::vector<Policy> policies;
  // SYSFS lines: identity and attributes.
  struct Sysfs {
    std::optional<Uuid> uuid;
    std::string name;
    std::vector<std::pair<std::string, std::string>> attributes;
  };
  std::vector<Sysfs> sysfs;
  std::vector<std::string> files;  // what was read
  // Lines that make no sense; they are left out, the rest holds.
  struct Problem {
    std::string file;
    int line = 0;
    std::string text;
  };
  std::vector<Problem> problems;
};

}  // namespace mdctl::model
