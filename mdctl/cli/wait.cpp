// SPDX-License-Identifier: GPL-2.0-only
// --wait, --wait-clean and --action: a sync seen from outside.
#include <chrono>

#include "cli/arrays.hpp"
#include "model/mdstat.hpp"
#include "model/progress.hpp"
#include "output/done_report.hpp"

namespace mdctl::cli {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kRefresh{1000};
constexpr milliseconds kCleanTimeout{5000};
constexpr milliseconds kCleanPoll{100};
constexpr int kCannotWait = 2;

// A sync that is due shows in sync_action a moment before mdstat has a line for it.
Result<std::optional<model::SyncStatus>> sync_of(Context& context, const std::string& array) {
  MDCTL_TRY(auto text, context.kernel.mdstat());
  const auto stat = model::parse_mdstat(text);
  const auto* found = stat.find(array);
  std::optional<model::SyncStatus> out;
  if (found && found->active) out = found->sync;
  if (out) return out;
  auto action = context.kernel.read(array, "sync_action");
  if (found && found->active && action && *action != "idle" && *action != "frozen") {
    model::SyncStatus starting;
    starting.action = *action == "recover" ? "recovery" : *action;
    out = starting;
  }
  return out;
}

// True: there was something to wait for.
Result<bool> wait_sync(Context& context, const Options& options, const std::string& array) {
  bool waited = false;
  auto last_line = Clock::time_point{};
  for (;;) {
    MDCTL_TRY(auto sync, sync_of(context, array));
    if (!sync) break;
    // Pending waits for a first write, which only somebody else can do.
    if (sync->phase == model::SyncPhase::pending) break;
    waited = true;
    const auto now = Clock::now();
    if (!options.quiet() && !options.json &&
        now - last_line >= context.console.progress_interval()) {
      context.console.progress(model::progress_line(array, *sync), false);
      last_line = now;
    }
    MDCTL_CHECK(context.kernel.wait_mdstat(kRefresh));
  }
  if (last_line != Clock::time_point{})
    context.console.progress(fmt::format("{}  done", array), true);
  return waited;
}

// @waits: it is asked when they are done, which what is no array is already.
Result<std::vector<std::pair<std::string, std::string>>> targets_of(Context& context,
                                                                    const Options& options,
                                                                    bool waits) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& device : options.devices) {
    auto array = array_at(context, device.path);
    // A block device that is no array has no sync, and is always clean.
    if (!array && waits && array.error().code() == Code::refused &&
        context.blocks.number(device.path))
      continue;
    if (!array) return fail(std::move(array).error());
    out.push_back({*array, device.path});
  }
  if (!options.devices.empty()) return out;
  if (!options.scan) return fail(Code::usage, "No devices given.");
  MDCTL_TRY(auto arrays, scanned_arrays(context));
  for (const auto& array : arrays) out.push_back({array, path_of_array(context, array)});
  return out;
}

Result<int> wait(Context& context, const Options& options) {
  MDCTL_TRY(auto targets, targets_of(context, options, true));
  int status = 1;
  for (const auto& [array, path] : targets) {
    MDCTL_TRY(bool waited, wait_sync(context, options, array));
    if (!waited) continue;
    status = 0;
    context.reports.push_back(std::make_unique<output::DoneReport>("waited", array, path));
  }
  return status;
}

// Clean means: the superblocks say so, nobody has to wait for safe_mode_delay.
Result<> wait_clean_one(Context& context, const std::string& array, const std::string& path) {
  auto clean = [&] {
    auto state = context.kernel.read(array, "array_state");
    return !state || *state == "clean" || *state == "readonly" || *state == "read-auto" ||
           *state == "clear" || *state == "inactive";
  };
  if (clean()) return {};
  // A short delay makes md notice at once that nobody writes; the old one is put back.
  auto delay = context.kernel.read(array, "safe_mode_delay");
  if (delay) MDCTL_CHECK(context.kernel.write(array, "safe_mode_delay", "0.001"));
  const auto end = Clock::now() + kCleanTimeout;
  while (!clean() && Clock::now() < end) MDCTL_CHECK(context.kernel.wait_mdstat(kCleanPoll));
  if (delay) MDCTL_CHECK(context.kernel.write(array, "safe_mode_delay", *delay));
  if (clean()) return {};
  return fail(Error(Code::busy, fmt::format("{} did not become clean in time", path))
                  .hint("it is being written or resynced; --wait first"));
}

Result<int> wait_clean(Context& context, const Options& options) {
  MDCTL_TRY(auto targets, targets_of(context, options, true));
  int status = 0;
  for (const auto& [array, path] : targets) {
    auto done = wait_clean_one(context, array, path);
    if (done) continue;
    context.console.fail(done.error());
    status = 1;
  }
  return status;
}

Result<int> sync_action(Context& context, const Options& options) {
  MDCTL_TRY(auto targets, targets_of(context, options, false));
  int status = 0;
  for (const auto& [array, path] : targets) {
    auto done = context.kernel.write(array, "sync_action", options.sync_action);
    if (done) {
      context.reports.push_back(
          std::make_unique<output::DoneReport>("action " + options.sync_action, array, path));
      continue;
    }
    context.console.fail(
        std::move(done)
            .error()
            .context(fmt::format("Could not set action for {} to {}", path, options.sync_action))
            .hint("it needs a redundant level, a writable array and no sync that runs"));
    status = 1;
  }
  return status;
}

const Registration wait_registration(
    {"wait", Mode::misc, Action::wait, "wait for resync or recovery", wait, {}, kCannotWait});
const Registration wait_clean_registration({"wait-clean",
                                            Mode::misc,
                                            Action::wait_clean,
                                            "wait until marked clean",
                                            wait_clean,
                                            {},
                                            kCannotWait});
const Registration action_registration({"action", Mode::misc, Action::sync_action,
                                        "start or stop a check or repair", sync_action});

}  // namespace
}  // namespace mdctl::cli
