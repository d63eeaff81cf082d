// SPDX-License-Identifier: GPL-2.0-only
// A whole machine for tests: simulated disks and driver, and mdctl's commands run on them as the
// command line would.
#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "block_sim.hpp"
#include "cli/command.hpp"
#include "kernel/dry_run.hpp"
#include "kernel_sim.hpp"
#include "output/report.hpp"

namespace mdctl::test {

// Keeps what was said, answers what it is told to.
class SimConsole final : public output::Console {
 public:
  std::vector<std::string> lines;
  std::vector<std::string> questions;
  std::deque<bool> answers;  // empty: end of input, which is no

  std::vector<Message> messages;

  void message(output::Severity severity, std::string_view text) override {
    lines.emplace_back(text);
    messages.push_back({severity, std::string(text)});
  }
  bool confirm(std::string_view question) override;
  std::function<void()> meanwhile;  // happens while somebody thinks about the answer
  void progress(std::string_view text, bool) override { lines.emplace_back(text); }
  std::chrono::milliseconds progress_interval() const override {
    return std::chrono::milliseconds(0);
  }
};

struct Outcome {
  int status = 0;
  std::string out;  // what would be on stdout
  std::vector<std::string> said;
  std::vector<std::string> questions;
  output::Json json = output::Json::array();  // of the reports
  output::Json document;                      // of --json
  kernel::Plan plan;

  bool said_text(const std::string& part) const;
};

struct SimLock final : cli::LockGate {
  bool held = true;
  unsigned taken = 0;  // after it was released

  void release() override { held = false; }
  Result<> take() override {
    held = true;
    taken++;
    return {};
  }
};

class Machine {
 public:
  Machine();
  ~Machine();

  // "mdctl" is added in front.
  Outcome run(std::vector<std::string> arguments);
  // The four usual disks, /dev/vda to /dev/vdd of 40 MiB.
  void add_disks(unsigned count = 4, std::uint64_t sectors = 81920);

  SimBlocks blocks;
  SimKernel kernel{blocks};
  model::Config config;
  std::deque<bool> answers;
  std::function<void()> meanwhile;  // see SimConsole
  SimLock lock;
  std::time_t now = 1700000000;
  std::string map_directory;
};

// A mirror of the first two disks.
inline const std::vector<std::string> kMirror = {"-C",  "/dev/md0", "-R",      "-l1",
                                                 "-n2", "/dev/vda", "/dev/vdb"};

// What a device's superblock says; the test fails where there is none.
mdx_super super_of(Machine& machine, const std::string& path);

}  // namespace mdctl::test
