// SPDX-License-Identifier: GPL-2.0-only
// The one document of --json: what every command's results come in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "kernel/dry_run.hpp"

namespace mdctl::cli {

struct Envelope {
  kernel::Driver driver;
  std::string command;
  int status = 0;  // what the program exits with
  std::optional<Error> error;
  std::vector<output::Console::Message> messages;
  std::optional<kernel::Plan> plan;  // of a dry run

  // With what @reports have to say as "results".
  output::Json document(const output::Reports& reports) const;
};

}  // namespace mdctl::cli
