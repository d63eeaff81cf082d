// SPDX-License-Identifier: GPL-2.0-only
// What the daemon writes down and reads back; its lock, its socket, its state file.
#include <doctest/doctest.h>

#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "monitor/state_file.hpp"
#include "monitor/state_json.hpp"
#include "monitor/status_socket.hpp"
#include "system/lock.hpp"

using namespace mdctl;
using namespace mdctl::monitor;
using namespace std::chrono_literals;

namespace {

struct Directory {
  std::string path;
  Directory() {
    path = (std::filesystem::temp_directory_path() / "mdctl-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

Uuid uuid(std::uint8_t byte) {
  Uuid out;
  out.fill(byte);
  return out;
}

State some_state() {
  State state;
  SetMemory memory;
  memory.running_as = "md127";
  memory.assembling_as = "md5";
  memory.in_array[{254, 16}] = "7";
  memory.held = true;
  memory.held_members[{8, 1}] = "inode 12";
  memory.left_out[{254, 32}] = {"9", "removed by hand"};
  memory.startable_since = 1234ms;
  state.memory[uuid(0xaa)] = memory;
  SetView view;
  view.uuid = uuid(0xaa);
  view.name = "box:home\xff";  // not UTF-8
  view.metadata = "1.2";
  view.level = 1;
  view.raid_disks = 2;
  view.phase = Phase::waiting;
  view.reason = "1 of 2 members, waiting 30 s for the others";
  view.starts_at = 31s;
  view.members = {{{254, 16}, "/dev/vdb", "active", 0, ""},
                  {{254, 32}, "/dev/vdc", "stale", -1, "old"}};
  state.views = {view};
  state.history = {{1700000000, "u", "md127", "assemble", "complete", "no"}};
  state.driver = "mdx 0.1.0";
  state.pid = 42;
  state.now = 20500ms;
  return state;
}

}  // namespace

TEST_CASE("state: memory and history survive the way through JSON") {
  State state = some_state();
  auto again = state_from_json(to_text(to_json(state)));
  REQUIRE(again);
  REQUIRE(again->memory.size() == 1);
  const SetMemory& a = state.memory.begin()->second;
  const SetMemory& b = again->memory.begin()->second;
  CHECK(again->memory.begin()->first == uuid(0xaa));
  CHECK(a.running_as == b.running_as);
  CHECK(a.assembling_as == b.assembling_as);
  CHECK(a.in_array == b.in_array);
  CHECK(a.held == b.held);
  CHECK(a.held_members == b.held_members);
  CHECK(a.left_out == b.left_out);
  CHECK(a.startable_since == b.startable_since);
  REQUIRE(again->history.size() == 1);
  CHECK(again->history[0].failure == "no");
}

TEST_CASE("state: the status a script reads") {
  Json json = to_json(some_state());
  CHECK(json["daemon"]["pid"] == 42);
  CHECK(json["daemon"]["driver"] == "mdx 0.1.0");
  const Json& set = json["sets"][0];
  CHECK(set["phase"] == "waiting");
  CHECK(set["starts_in_seconds"] == 11);
  CHECK(set["array"].is_null());
  CHECK(set["members"][0]["slot"] == 0);
  CHECK(set["members"][1]["slot"].is_null());
  CHECK(set["members"][1]["note"] == "old");
  std::string text = status_text(json, true);
  CHECK(text.find("daemon: running, pid 42") == 0);
  CHECK(text.find("starts degraded in 11 s") != std::string::npos);
  CHECK(text.find("/dev/vdc     stale: old") != std::string::npos);
}

TEST_CASE("state: of another version, or nonsense, it is not fatal") {
  CHECK_FALSE(state_from_json(""));
  CHECK_FALSE(state_from_json("[1]"));
  CHECK(state_from_json("{}")->memory.empty());
  auto state = state_from_json(R"({"memory": {"nonsense": {}, "aaaaaaaa:aaaaaaaa:aaaaaaaa:aaaaaaaa":
      {"held": "yes", "running_as": 3, "in_array": {"8:x": "1", "8:1": 5, "8:2": "ok"},
       "left_out": [], "startable_since_ms": -5}}, "history": {"a": 1}})");
  REQUIRE(state);
  REQUIRE(state->memory.size() == 1);
  const SetMemory& memory = state->memory.begin()->second;
  CHECK_FALSE(memory.held);
  CHECK(memory.running_as.empty());
  CHECK(memory.in_array.size() == 1);
  CHECK_FALSE(memory.startable_since);
  CHECK(status_text(Json::parse("[]"), false).find("not running") != std::string::npos);
}

TEST_CASE("state file: replaced in one step, absent is not_found") {
  Directory dir;
  CHECK(read_state_file(dir.path).error().code() == Code::not_found);
  REQUIRE(write_state_file(dir.path, "one"));
  REQUIRE(write_state_file(dir.path, "two"));
  CHECK(*read_state_file(dir.path) == "two");
  CHECK_FALSE(std::filesystem::exists(dir.path + "/state.json.new"));
  CHECK_FALSE(write_state_file(dir.path + "/no/such", "x"));
}

TEST_CASE("socket: one daemon at a time, a dead one's socket is replaced") {
  Directory dir;
  CHECK(ask_status(dir.path).error().code() == Code::not_found);
  const std::string big(100000, 'x');
  {
    auto listener = listen_for_status(dir.path);
    REQUIRE(listener);
    CHECK(listen_for_status(dir.path).error().code() == Code::busy);
    answer_status(listener->get(), "");  // the second daemon's probe
    auto answer = std::async(std::launch::async, [&] { return ask_status(dir.path); });
    pollfd called{listener->get(), POLLIN, 0};
    REQUIRE(poll(&called, 1, 5000) == 1);
    answer_status(listener->get(), big);
    CHECK(answer.get().value_or("failed") == big);
  }
  CHECK(ask_status(dir.path).error().code() == Code::not_found);
  CHECK(listen_for_status(dir.path));
}

TEST_CASE("lock: one holder, let go when it goes") {
  Directory dir;
  auto first = system::ArrayLock::try_acquire(dir.path + "/run");
  REQUIRE(first);
  REQUIRE(*first);
  CHECK_FALSE(system::ArrayLock::try_acquire(dir.path + "/run")->has_value());
  auto late = system::ArrayLock::acquire(dir.path + "/run", 30ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == Code::busy);
  first->reset();
  CHECK(system::ArrayLock::acquire(dir.path + "/run", 0ms));
}

TEST_CASE("lock: mdadm's marks count while they are fresh") {
  Directory dir;
  CHECK_FALSE(system::mdadm_is_creating(dir.path + "/none"));
  CHECK_FALSE(system::mdadm_is_creating(dir.path));
  std::ofstream(dir.path + "/creating-md0");
  CHECK(system::mdadm_is_creating(dir.path));
  namespace fs = std::filesystem;
  fs::last_write_time(dir.path + "/creating-md0", fs::file_time_type::clock::now() - 1h);
  CHECK_FALSE(system::mdadm_is_creating(dir.path));
}
