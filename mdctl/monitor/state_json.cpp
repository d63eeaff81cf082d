// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/state_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace mdctl::monitor {

namespace {

constexpr int state_version = 1;

std::string text_of(DeviceNumber number) {
  return fmt::format("{}:{}", number.major, number.minor);
}

std::optional<DeviceNumber> number_of(const std::string& text) {
  DeviceNumber number;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%u:%u%c", &number.major, &number.minor, &rest) != 2)
    return std::nullopt;
  return number;
}

// Reading, where any value may be missing or of a wrong kind

template <class T>
T get(const Json& json, const char* key, T fallback) {
  auto at = json.is_object() ? json.find(key) : json.end();
  if (at == json.end()) return fallback;
  if constexpr (std::is_same_v<T, std::string>)
    return at->is_string() ? at->template get<T>() : fallback;
  if constexpr (std::is_same_v<T, bool>) return at->is_boolean() ? at->template get<T>() : fallback;
  if constexpr (std::is_same_v<T, std::int64_t>)
    return at->is_number_integer() ? at->template get<T>() : fallback;
}

const Json& child(const Json& json, const char* key) {
  static const Json none;
  auto at = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && at != json.end() ? *at : none;
}

// Memory

Json to_json(const Incarnations& incarnations) {
  Json out = Json::object();
  for (const auto& [number, incarnation] : incarnations) out[text_of(number)] = incarnation;
  return out;
}

Incarnations incarnations_from(const Json& json) {
  Incarnations out;
  if (!json.is_object()) return out;
  for (const auto& [key, value] : json.items())
    if (auto number = number_of(key); number && value.is_string()) out[*number] = value;
  return out;
}

Json to_json(const SetMemory& memory) {
  Json out = Json::object();
  out["running_as"] = memory.running_as;
  out["assembling_as"] = memory.assembling_as;
  out["in_array"] = to_json(memory.in_array);
  out["held"] = memory.held;
  out["held_members"] = to_json(memory.held_members);
  Json left_out = Json::object();
  for (const auto& [number, entry] : memory.left_out)
    left_out[text_of(number)] = {{"incarnation", entry.incarnation}, {"why", entry.why}};
  out["left_out"] = left_out;
  if (memory.startable_since) out["startable_since_ms"] = memory.startable_since->count();
  return out;
}

SetMemory set_memory_from(const Json& json) {
  SetMemory out;
  out.running_as = get(json, "running_as", std::string());
  out.assembling_as = get(json, "assembling_as", std::string());
  out.in_array = incarnations_from(child(json, "in_array"));
  out.held = get(json, "held", false);
  out.held_members = incarnations_from(child(json, "held_members"));
  if (const Json& left_out = child(json, "left_out"); left_out.is_object())
    for (const auto& [key, value] : left_out.items())
      if (auto number = number_of(key))
        out.left_out[*number] = {get(value, "incarnation", std::string()),
                                 get(value, "why", std::string())};
  if (auto since = get(json, "startable_since_ms", std::int64_t{-1}); since >= 0)
    out.startable_since = Milliseconds(since);
  return out;
}

// Views

Json to_json(const MemberView& member) {
  Json out = {
      {"device", member.node}, {"number", text_of(member.number)}, {"verdict", member.verdict}};
  out["slot"] = member.slot >= 0 ? Json(member.slot) : Json(nullptr);
  if (!member.note.empty()) out["note"] = member.note;
  return out;
}

Json to_json(const SetView& view, Milliseconds now) {
  Json out = Json::object();
  out["uuid"] = mdctl::to_string(view.uuid);
  out["name"] = view.name;
  out["metadata"] = view.metadata;
  out["level"] = view.level;
  out["raid_devices"] = view.raid_disks;
  out["phase"] = to_string(view.phase);
  out["reason"] = view.reason;
  out["array"] = view.array.empty() ? Json(nullptr) : Json(view.array);
  if (view.starts_at)
    out["starts_in_seconds"] =
        std::max<std::int64_t>((*view.starts_at - now).count() + 999, 0) / 1000;
  out["members"] = Json::array();
  for (const MemberView& member : view.members) out["members"].push_back(to_json(member));
  return out;
}

Json to_json(const HistoryEntry& entry) {
  Json out = {{"time", entry.time},
              {"action", entry.action},
              {"array", entry.array},
              {"uuid", entry.uuid},
              {"reason", entry.reason}};
  if (!entry.failure.empty()) out["failure"] = entry.failure;
  return out;
}

HistoryEntry history_from(const Json& json) {
  return {get(json, "time", std::int64_t{0}), get(json, "uuid", std::string()),
          get(json, "array", std::string()),  get(json, "action", std::string()),
          get(json, "reason", std::string()), get(json, "failure", std::string())};
}

}  // namespace

Json to_json(const State& state) {
  Json out = Json::object();
  out["version"] = state_version;
  out["daemon"] = {{"pid", state.pid},
                   {"driver", state.driver.empty() ? Json(nullptr) : Json(state.driver)},
                   {"config", state.config_files},
                   {"config_problems", state.problems}};
  out["sets"] = Json::array();
  for (const SetView& view : state.views) out["sets"].push_back(to_json(view, state.now));
  out["history"] = Json::array();
  for (const HistoryEntry& entry : state.history) out["history"].push_back(to_json(entry));
  Json memory = Json::object();
  for (const auto& [uuid, entry] : state.memory) memory[mdctl::to_string(uuid)] = to_json(entry);
  out["memory"] = memory;
  return out;
}

std::string to_text(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<State> state_from_json(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Code::corrupt, "the state is no JSON object");
  State state;
  if (const Json& memory = child(json, "memory"); memory.is_object())
    for (const auto& [key, value] : memory.items())
      if (auto uuid = parse_uuid(key)) state.memory[*uuid] = set_memory_from(value);
  if (const Json& history = child(json, "history"); history.is_array())
    for (const Json& entry : history) state.history.push_back(history_from(entry));
  return state;
}

std::string status_text(const Json& state, bool running) {
  std::string out;
  if (running)
    out += fmt::format("daemon: running, pid {}\n",
                       get(child(state, "daemon"), "pid", std::int64_t{0}));
  else
    out += "daemon: not running; this is what it knew last\n";
  for (const Json& set : child(state, "sets")) {
    out +=
        fmt::format("\n{} {}\n", get(set, "uuid", std::string()), get(set, "name", std::string()));
    out += fmt::format("    {}: {}\n", get(set, "phase", std::string()),
                       get(set, "reason", std::string()));
    if (auto seconds = get(set, "starts_in_seconds", std::int64_t{-1}); seconds >= 0)
      out += fmt::format("    starts degraded in {} s\n", seconds);
    for (const Json& member : child(set, "members")) {
      out += fmt::format("    {:<12} {}", get(member, "device", std::string()),
                         get(member, "verdict", std::string()));
      if (auto slot = get(member, "slot", std::int64_t{-1}); slot >= 0)
        out += fmt::format(" (slot {})", slot);
      if (auto note = get(member, "note", std::string()); !note.empty()) out += ": " + note;
      out += "\n";
    }
  }
  return out;
}

}  // namespace mdctl::monitor
