// SPDX-License-Identifier: GPL-2.0-only
// What the daemon must remember because kernel and devices do not tell: that an array was running,
// and so was stopped by hand; that a member was in it, and so was removed by hand; since when a set
// waits for its missing members. Kept in /run/mdctl/state.json, so a restart changes nothing.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "model/device_number.hpp"
#include "util/uuid.hpp"

namespace mdctl::monitor {

using model::DeviceNumber;
using Milliseconds = std::chrono::milliseconds;

// Devices and the incarnation they were seen in, see Member::incarnation.
using Incarnations = std::map<DeviceNumber, std::string>;

struct SetMemory {
  std::string running_as;     // kernel name it was last seen running under
  std::string assembling_as;  // kernel name we began to assemble it under
  Incarnations in_array;      // its members while it ran

  // Stopped by hand, or being made by hand and not started yet: not assembled until one of these
  // devices comes back, or it runs.
  bool held = false;
  Incarnations held_members;

  // Not added: removed by hand, or the driver refused it. Until the device comes back.
  struct LeftOut {
    std::string incarnation;
    std::string why;
    bool operator==(const LeftOut&) const = default;
  };
  std::map<DeviceNumber, LeftOut> left_out;

  // When it could first have been started degraded, on the clock of the boot.
  std::optional<Milliseconds> startable_since;

  // Failed attempts; not kept over a restart.
  int attempts = 0;
  Milliseconds next_attempt{0};
  std::string last_failure;
};

using Memory = std::map<Uuid, SetMemory>;

}  // namespace mdctl::monitor
