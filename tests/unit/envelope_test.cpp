// SPDX-License-Identifier: GPL-2.0-only
// What programs read: the document of --json, for every verb, and that --dry-run changes nothing.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "machine.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

using Words = std::vector<std::string>;

// What a verb finds: a mirror with a spare's place free, a stopped mirror, a disk with content.
void furnish(Machine& m) {
  m.add_disks(6);
  REQUIRE(m.run(kMirror).status == 0);
  REQUIRE(m.run({"-C", "/dev/md1", "-R", "-l1", "-n2", "/dev/vdc", "/dev/vdd"}).status == 0);
  REQUIRE(m.run({"-S", "/dev/md1"}).status == 0);
}

struct Snapshot {
  std::map<std::string, std::map<std::uint64_t, std::array<std::byte, 4096>>> disks;
  std::map<std::string, kernel::DeviceNumber> nodes;
  std::set<kernel::DeviceNumber> held;
  std::vector<std::string> log;
  std::map<std::string, std::string> states;
  std::string map;

  bool operator==(const Snapshot&) const = default;
};

Snapshot snapshot(Machine& m) {
  Snapshot out{{}, m.blocks.nodes, m.blocks.held, m.kernel.log, {}, {}};
  const auto paths = m.blocks.partitions().value();
  const auto arrays = m.kernel.arrays().value();
  for (const auto& path : paths) out.disks[path] = m.blocks.disk(path).pages;
  for (const auto& array : arrays) {
    out.states[array] = m.kernel.array(array).state;
    for (const auto& member : m.kernel.array(array).members)
      out.states[array] += " " + member.name + (member.faulty ? "(F)" : "");
  }
  std::ifstream map(m.map_directory + "/map");
  out.map.assign(std::istreambuf_iterator<char>(map), {});
  return out;
}

// Every verb that writes; each changes something on that machine.
const std::vector<Words> kWriting = {
    {"-C", "/dev/md2", "-R", "-l1", "-n2", "/dev/vde", "/dev/vdf"},
    {"-B", "/dev/md2", "-l1", "-n2", "/dev/vde", "/dev/vdf"},
    {"-A", "/dev/md1", "/dev/vdc", "/dev/vdd"},
    {"-A", "--update=name", "--name=other", "/dev/md1", "/dev/vdc", "/dev/vdd"},
    {"-A", "--scan"},
    {"-I", "/dev/vdc"},
    {"-If", "vdb"},
    {"/dev/md0", "--fail", "/dev/vdb"},
    {"/dev/md0", "--add", "/dev/vde"},
    {"-S", "/dev/md0"},
    {"-S", "--scan"},
    {"-o", "/dev/md0"},
    {"-w", "/dev/md0"},
    {"--zero-superblock", "/dev/vdc"},
    {"--action=check", "/dev/md0"},
};

}  // namespace

TEST_CASE("json: one document whatever the verb, with the status the program exits with") {
  struct Case {
    Words line;
    const char* command;
    int status;
    std::size_t results;
  };
  const std::vector<Case> cases = {
      {{"-D", "/dev/md0"}, "detail", 0, 1},
      {{"-D", "--scan"}, "detail", 0, 1},
      {{"-D", "/dev/nope"}, "detail", 1, 0},
      {{"-E", "/dev/vda", "/dev/vdc"}, "examine", 0, 2},
      {{"-E", "/dev/vde"}, "examine", 1, 0},
      {{"-Q", "/dev/vda"}, "query", 0, 1},
      {{"-C", "/dev/md2", "-R", "-l1", "-n2", "/dev/vde", "/dev/vdf"}, "create", 0, 1},
      {{"-C", "/dev/md2", "-R", "-l1", "-n2", "/dev/vda", "/dev/vdf"}, "create", 1, 0},
      {{"-B", "/dev/md2", "-l1", "-n2", "/dev/vde", "/dev/vdf"}, "build", 0, 1},
      {{"-A", "/dev/md1", "/dev/vdc", "/dev/vdd"}, "assemble", 0, 1},
      {{"-A"}, "assemble", 2, 0},
      {{"-I", "/dev/vdc"}, "incremental", 0, 1},
      {{"/dev/md0", "--fail", "/dev/vdb", "--remove", "/dev/vdb"}, "manage", 0, 2},
      {{"/dev/md0", "--add", "/dev/vda"}, "manage", 1, 0},
      {{"-S", "/dev/md0"}, "stop", 0, 1},
      {{"-S"}, "stop", 2, 0},
      {{"-o", "/dev/md0"}, "readonly", 0, 1},
      {{"--zero-superblock", "/dev/vdc"}, "zero-superblock", 0, 1},
      {{"--action=check", "/dev/md0"}, "action", 0, 1},
      {{"--wait", "/dev/md0"}, "wait", 1, 0},
      {{"--grow", "/dev/md0", "--bitmap=internal"}, "grow", 0, 1},
      {{"--grow", "/dev/md0", "--level=5"}, "grow", 1, 0},
      {{"--monitor"}, "monitor", 1, 0},
  };
  for (const Case& c : cases) {
    Machine m;
    furnish(m);
    std::string said;
    for (const auto& word : c.line) said += word + " ";
    INFO(said);
    auto line = c.line;
    line.push_back("--json");
    const auto out = m.run(line);
    const auto& document = out.document;
    CHECK(out.status == c.status);
    CHECK(document["mdctl"].is_string());
    CHECK(document["driver"] == "md");
    CHECK(document["command"] == c.command);
    CHECK(document["exit_status"] == c.status);
    CHECK(document["results"].size() == c.results);
    CHECK_FALSE(document.contains("plan"));
    for (const auto& message : document["messages"]) {
      CHECK(message["text"].is_string());
      CHECK(message["severity"].is_string());
    }
    // A failure is told once, with a code or as a message.
    if (document.contains("error")) {
      CHECK(document["error"]["code"].is_string());
      CHECK_FALSE(document["error"]["message"].get<std::string>().empty());
    }
  }
}

TEST_CASE("dry run: every verb that writes has a plan, and nothing is changed") {
  for (const Words& words : kWriting) {
    Machine m;
    furnish(m);
    std::string said;
    for (const auto& word : words) said += word + " ";
    INFO(said);
    if (words.front() == "-w") REQUIRE(m.run({"-o", "/dev/md0"}).status == 0);
    auto line = words;
    line.insert(line.end(), {"--dry-run", "--json"});
    const Snapshot before = snapshot(m);
    const auto out = m.run(line);
    CHECK(out.status == 0);
    CHECK((snapshot(m) == before));
    REQUIRE(out.document.contains("plan"));
    CHECK_FALSE(out.document["plan"].empty());
    for (const auto& step : out.document["plan"]) {
      CHECK_FALSE(step["target"].get<std::string>().empty());
      CHECK_FALSE(step["action"].get<std::string>().empty());
      CHECK(step["overwrites"].is_string());
    }
    // In earnest the same line does change something.
    REQUIRE(m.run(words).status == 0);
    CHECK_FALSE((snapshot(m) == before));
  }
}
