// SPDX-License-Identifier: GPL-2.0-only
// What is decided about one set of members, and why.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/naming.hpp"
#include "model/device_number.hpp"
#include "monitor/memory.hpp"
#include "util/uuid.hpp"

namespace mdctl::monitor {

struct Action {
  enum class Kind {
    assemble,  // make the array under .name from .members and run it
    run,       // run the half-assembled array
    discard,   // stop the half-assembled array, it is not what we want
    add,       // add .members to the running array
  };
  Kind kind = Kind::assemble;
  Uuid uuid{};
  config::ArrayName name;             // run, discard, add: .kernel only
  std::string metadata;               // "1.2"
  std::string set_name;               // from the metadata, for messages and SYSFS lines
  std::vector<DeviceNumber> members;  // assemble: the freshest first
  bool degraded = false;
  bool read_auto = false;  // nothing is written until someone writes
  std::string reason;
};

const char* to_string(Action::Kind kind);

enum class Phase {
  running,
  waiting,  // for members
  ready,    // about to be started
  held,     // stopped by hand
  refused,  // could be started, but must not be
  failed,   // was tried and did not work
};

const char* to_string(Phase phase);

struct MemberView {
  DeviceNumber number;
  std::string node;
  std::string verdict;  // "active", "stale", ...
  int slot = -1;
  std::string note;  // why it is left alone, or empty
};

// The answer to "what about this array?".
struct SetView {
  Uuid uuid{};
  std::string name;  // as its metadata has it
  std::string metadata;
  int level = 0;
  unsigned raid_disks = 0;
  Phase phase = Phase::waiting;
  std::string reason;
  std::string array;  // kernel name, once it has one
  std::optional<Milliseconds> starts_at;
  std::vector<MemberView> members;
};

struct Decision {
  SetView view;
  std::vector<Action> actions;
  std::optional<Milliseconds> wake_at;  // look again then
  bool startable = false;               // degraded, but it would run
};

}  // namespace mdctl::monitor
