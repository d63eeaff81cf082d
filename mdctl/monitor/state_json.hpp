// SPDX-License-Identifier: GPL-2.0-only
// The daemon's state as JSON: what --daemon-status shows, and what a restart reads back. Pure.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "monitor/decision.hpp"
#include "monitor/memory.hpp"
#include "util/error.hpp"

namespace mdctl::monitor {

using Json = nlohmann::ordered_json;

// Something the daemon did.
struct HistoryEntry {
  std::int64_t time = 0;  // seconds since 1970
  std::string uuid;
  std::string array;
  std::string action;
  std::string reason;
  std::string failure;  // empty: it worked
};

struct State {
  Memory memory;
  std::vector<SetView> views;
  std::deque<HistoryEntry> history;
  std::vector<std::string> config_files;
  std::vector<std::string> problems;  // of the configuration
  std::string driver;                 // "mdx 0.1.0", "md", empty: none
  int pid = 0;
  Milliseconds now{0};
};

Json to_json(const State& state);
// One document; names from disks may be any bytes and are made printable.
std::string to_text(const Json& json);

// Memory and history; what is not understood is left out, because a state file of another version
// must not keep the daemon from starting. Fails only if @text is no JSON object.
Result<State> state_from_json(const std::string& text);

// The same for people. @running: the daemon answered itself.
std::string status_text(const Json& state, bool running);

}  // namespace mdctl::monitor
