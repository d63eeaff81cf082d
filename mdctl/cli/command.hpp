// SPDX-License-Identifier: GPL-2.0-only
// Verbs register themselves: one file a verb, one Registration at its end.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "kernel/block_device.hpp"
#include "kernel/kernel.hpp"
#include "model/config.hpp"
#include "output/console.hpp"
#include "output/report.hpp"
#include "system/map_file.hpp"
#include "util/error.hpp"

namespace mdctl::cli {

// The array lock, held while a command that changes arrays runs. People take their time over a
// question, and nobody else is to wait for them.
class LockGate {
 public:
  virtual ~LockGate() = default;
  virtual void release() = 0;
  virtual Result<> take() = 0;
};

// What a command may touch. In a dry run kernel and blocks are the gates of kernel/dry_run.hpp.
struct Context {
  kernel::Kernel& kernel;
  kernel::BlockDevices& blocks;
  system::MapFile& map;
  output::Console& console;
  const model::Config& config;
  std::string hostname;
  std::time_t now = 0;
  LockGate* lock = nullptr;      // null: it is not held
  output::Reports reports = {};  // what the command has to show
};

struct Command {
  // Selected by mode and action, or by the long option of this name where mode is other.
  std::string name;
  Mode mode = Mode::other;
  Action action = Action::none;  // misc only
  std::string summary;           // one line of --help
  // Exit status; an error is printed by the caller, which then exits with @failure_status.
  Result<int> (*run)(Context& context, const Options& options) = nullptr;
  // Long options of its own, found in Options::extra. Argument: 0 none, 1 required, 2 optional.
  struct Extra {
    std::string name;
    int argument = 0;
    std::string help;
  };
  std::vector<Extra> extra = {};
  int failure_status = 1;
};

const std::vector<Command>& commands();
const Command* find_command(const Options& options);

// @one for each device on the command line. What fails is said, and the others go on: 1 then, else
// 0. None at all is a usage error.
Result<int> each_device(Context& context, const Options& options,
                        const std::function<Result<>(const std::string& path)>& one);

// At namespace scope: `static const Registration registration({...});`
struct Registration {
  explicit Registration(Command command);
};

}  // namespace mdctl::cli
