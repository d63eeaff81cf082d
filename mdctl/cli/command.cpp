// SPDX-License-Identifier: GPL-2.0-only
#include "cli/command.hpp"

#include <algorithm>

namespace mdctl::cli {

static std::vector<Command>& registry() {
  static std::vector<Command> all;
  return all;
}

const std::vector<Command>& commands() { return registry(); }

const Command* find_command(const Options& options) {
  const auto& all = registry();
  auto it = std::find_if(all.begin(), all.end(), [&](const Command& command) {
    if (command.mode != options.mode) return false;
    if (options.mode == Mode::other) return command.name == options.other;
    return options.mode != Mode::misc || command.action == options.action;
  });
  return it == all.end() ? nullptr : &*it;
}

Result<int> each_device(Context& context, const Options& options,
                        const std::function<Result<>(const std::string& path)>& one) {
  if (options.devices.empty()) return fail(Code::usage, "No devices given.");
  int status = 0;
  for (const auto& device : options.devices) {
    auto done = one(device.path);
    if (done) continue;
    context.console.fail(done.error());
    status = 1;
  }
  return status;
}

Registration::Registration(Command command) { registry().push_back(std::move(command)); }

}  // namespace mdctl::cli
