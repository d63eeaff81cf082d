// SPDX-License-Identifier: GPL-2.0-only
// mdctl --daemon-status: what the daemon knows, does and why. Exit status 0: it runs, 1: it does
// not, and what it wrote last is shown.
#include "cli/command.hpp"
#include "monitor/state_file.hpp"
#include "monitor/state_json.hpp"
#include "monitor/status_socket.hpp"
#include "system/lock.hpp"

namespace mdctl::cli {

namespace {

class StatusReport : public output::Report {
 public:
  StatusReport(output::Json state, bool running) : state_(std::move(state)), running_(running) {}
  std::string text() const override { return monitor::status_text(state_, running_); }
  output::Json json() const override {
    output::Json out = state_;
    out["running"] = running_;
    return out;
  }

 private:
  output::Json state_;
  bool running_;
};

Result<int> run_status(Context& context, const Options& options) {
  std::string directory = options.has("run-directory") ? options.extra.at("run-directory")
                                                       : system::default_run_directory;
  auto text = monitor::ask_status(directory);
  bool running = text.has_value();
  if (!text && text.error().code() != Code::not_found) return fail(text.error());
  if (!running) text = monitor::read_state_file(directory);
  if (!text)
    return fail(Error(Code::not_found, "the daemon is not running and has left no state")
                    .hint("start it with `systemctl start mdctld` or `mdctl --daemon`"));
  auto state = output::Json::parse(*text, nullptr, false);
  if (!state.is_object()) return fail(Code::corrupt, "the daemon's state is no JSON object");
  context.reports.push_back(std::make_unique<StatusReport>(std::move(state), running));
  return running ? 0 : 1;
}

const Registration registration({
    .name = "daemon-status",
    .mode = Mode::other,
    .summary = "what the daemon knows, does and why",
    .run = run_status,
    .extra = {{"run-directory", 1, "where the daemon's socket and state are"}},
});

}  // namespace

}  // namespace mdctl::cli
