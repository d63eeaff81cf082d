// SPDX-License-Identifier: GPL-2.0-only
// mdctl --daemon: assembles and watches arrays until it is told to stop.
#include "monitor/daemon.hpp"

#include <charconv>

#include "cli/command.hpp"
#include "monitor/log.hpp"

namespace mdctl::cli {

namespace {

Result<int> seconds_from(const std::string& text) {
  if (text == "never") return 0;
  int value = -1;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0)
    return fail(Code::usage, "--degraded-after needs a number of seconds or 'never', not '{}'",
                text);
  return value;
}

Result<int> run_daemon(Context& context, const Options& options) {
  if (options.dry_run) return fail(Code::usage, "--daemon has no dry run");
  monitor::DaemonOptions daemon_options;
  daemon_options.config_file = options.config_file;
  daemon_options.homehost = options.homehost;
  daemon_options.hostname = context.hostname;
  if (options.has("degraded-after")) {
    MDCTL_TRY(int seconds, seconds_from(options.extra.at("degraded-after")));
    daemon_options.degraded_after = seconds;
  }
  if (options.has("run-directory"))
    daemon_options.run_directory = options.extra.at("run-directory");
  monitor::SystemLog log;
  monitor::Daemon daemon(std::move(daemon_options), context.kernel, context.blocks, context.map,
                         log);
  MDCTL_CHECK(daemon.run());
  return 0;
}

const Registration registration({
    .name = "daemon",
    .mode = Mode::other,
    .summary = "assemble arrays as their members appear, and watch them",
    .run = run_daemon,
    .extra = {{"degraded-after", 1,
               "seconds to wait for missing members before an array is started without them, or "
               "'never' (default 30)"},
              {"run-directory", 1, "where lock, socket and state are (default /run/mdctl)"}},
});

}  // namespace

}  // namespace mdctl::cli
