// SPDX-License-Identifier: GPL-2.0-only
// Judges one set: what its superblocks, the configuration and our memory allow. Pure.
#pragma once

#include <vector>

#include "config/rules.hpp"
#include "monitor/decision.hpp"
#include "monitor/memory.hpp"
#include "monitor/world.hpp"

namespace mdctl::monitor {

struct Rules {
  model::Config config;
  config::HomeHost home;
  Milliseconds degraded_after{30000};  // 0: never start degraded
  // How long an inactive array of somebody else's making is left to its maker.
  Milliseconds others_grace{5000};
  int most_attempts = 6;
};

struct SetInput {
  const Rules& rules;
  std::vector<const Member*> members;  // of one uuid, at least one
  const KernelArray* array;            // holding some of them, or null
  const SetMemory& memory;
  Milliseconds now;
  config::NamesInUse in_use;
};

Decision judge(const SetInput& input);

}  // namespace mdctl::monitor
