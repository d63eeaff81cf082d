// SPDX-License-Identifier: GPL-2.0-only
// --stop, --run, --readonly, --readwrite.
#include "cli/control.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "cli/arrays.hpp"
#include "output/done_report.hpp"

namespace mdctl::cli {
namespace {

using std::chrono::milliseconds;

// udev and blkid open an array for moments; whoever keeps it open longer is a user.
constexpr milliseconds kStopPatience{5000};
constexpr milliseconds kStopPause{200};

Failure in_use(Context& context, const std::string& array, const std::string& shown) {
  std::string holders;
  if (auto number = context.kernel.array_number(array))
    for (const auto& holder : context.kernel.holders(*number))
      holders += (holders.empty() ? "" : ", ") + holder;
  return fail(
      Error(Code::busy, fmt::format("Cannot get exclusive access to {}:Perhaps a running process, "
                                    "mounted filesystem or active volume group?",
                                    shown))
          .hint(holders.empty() ? "see lsblk and fuser -m " + shown : holders + " uses it"));
}

using Clock = std::chrono::steady_clock;

// The node opened for nobody else. mdstat changes when whoever had it is done, or time passes.
Result<std::unique_ptr<kernel::ArrayDevice>> open_alone(Context& context, const std::string& array,
                                                        const std::string& shown,
                                                        Clock::time_point end) {
  for (;;) {
    auto device = context.kernel.open_array(array, true);
    if (device || device.error().code() != Code::busy) return device;
    if (Clock::now() >= end) return in_use(context, array, shown);
    MDCTL_CHECK(context.kernel.wait_mdstat(kStopPause));
  }
}

// An exclusive open keeps out users, not those who only look: the kernel stops an array that nobody
// else has open at all. The node stays open meanwhile, closing it would make udev look again.
Result<> stop_alone(Context& context, kernel::ArrayDevice& device, const std::string& array,
                    const std::string& shown, Clock::time_point end) {
  for (;;) {
    auto stopped = device.stop();
    if (stopped || stopped.error().errno_value() == ENODEV) return {};
    if (stopped.error().errno_value() != EBUSY)
      return fail(std::move(stopped).error().context("failed to stop array " + shown));
    if (Clock::now() >= end) return in_use(context, array, shown);
    MDCTL_CHECK(context.kernel.wait_mdstat(kStopPause));
  }
}

void report(Context& context, const char* what, const std::string& array,
            const std::string& shown) {
  context.reports.push_back(std::make_unique<output::DoneReport>(what, array, shown));
}

Result<int> control_each(Context& context, const Options& options) {
  if (!options.scan || !options.devices.empty())
    return each_device(context, options, [&](const std::string& path) {
      return control_array(context, options, path);
    });
  int status = 0;
  // Stacked arrays: those that were started last stand on the others.
  MDCTL_TRY(auto arrays, scanned_arrays(context));
  for (const auto& array : arrays) {
    const std::string shown = "/dev/" + array;
    Result<> done;
    switch (options.action) {
      case Action::stop: done = stop_array(context, options, array, shown); break;
      case Action::run: done = run_array(context, array, shown); break;
      default: done = set_array_readonly(context, array, shown, options.action == Action::readonly);
    }
    if (done) continue;
    context.console.fail(done.error());
    status = 1;
  }
  return status;
}

const Registration stop_registration({"stop", Mode::misc, Action::stop, "stop arrays",
                                      control_each});
const Registration run_registration({"run", Mode::misc, Action::run, "start arrays", control_each});
const Registration readonly_registration({"readonly", Mode::misc, Action::readonly,
                                          "make arrays read-only", control_each});
const Registration readwrite_registration({"readwrite", Mode::misc, Action::readwrite,
                                           "make arrays read-write", control_each});

}  // namespace

Result<> stop_array(Context& context, const Options& options, const std::string& array,
                    const std::string& shown) {
  const std::string named = recorded_path(context, array);
  {
    const auto end = Clock::now() + kStopPatience;
    MDCTL_TRY(auto device, open_alone(context, array, shown, end));
    MDCTL_CHECK(stop_alone(context, *device, array, shown, end));
  }
  if (!options.scan || options.verbose > 0) context.console.note("stopped {}", shown);
  MDCTL_CHECK(context.map.erase(array));
  if (named.rfind("/dev/md/", 0) == 0)
    if (auto gone = context.kernel.drop_node(named, kNodeTimeout); !gone)
      context.console.warn("{}", gone.error().text());
  report(context, "stopped", array, shown);
  return {};
}

Result<> run_array(Context& context, const std::string& array, const std::string& shown) {
  MDCTL_TRY(auto device, context.kernel.open_array(array, false));
  auto state = context.kernel.read(array, "array_state");
  if (state && *state != "inactive" && *state != "clear") return {};  // runs already
  if (auto started = device->run(); !started)
    return fail(std::move(started)
                    .error()
                    .context("failed to start array " + shown)
                    .hint("mdctl --detail " + shown + " shows what is missing"));
  if (auto told = context.kernel.announce(array); !told) context.console.fail(told.error());
  context.console.note("started array {}", shown);
  report(context, "started", array, shown);
  return {};
}

Result<> set_array_readonly(Context& context, const std::string& array, const std::string& shown,
                            bool readonly) {
  MDCTL_TRY(auto device, context.kernel.open_array(array, false));
  if (!device->info()) return fail(Code::not_found, "{} does not appear to be active.", shown);
  auto done = readonly ? device->set_readonly() : device->set_readwrite();
  if (!done) {
    const bool same =
        readonly ? done.error().errno_value() == ENXIO : done.error().errno_value() == EBUSY;
    Error error = std::move(done).error().context(
        fmt::format("failed to set {} for {}", readonly ? "readonly" : "writable", shown));
    if (same)
      error =
          std::move(error).hint(readonly ? "it is read-only already" : "it is writable already");
    else if (readonly)
      error = std::move(error).hint("is it mounted or in use?");
    return fail(std::move(error));
  }
  report(context, readonly ? "read-only" : "read-write", array, shown);
  return {};
}

Result<> control_array(Context& context, const Options& options, const std::string& path) {
  auto array = array_at(context, path);
  if (!array && array.error().errno_value() == ENOENT)
    return fail(Code::not_found, "error opening {}: No such file or directory", path);
  if (!array) return fail(std::move(array).error());
  switch (options.action) {
    case Action::stop: return stop_array(context, options, *array, path);
    case Action::run: return run_array(context, *array, path);
    case Action::readonly: return set_array_readonly(context, *array, path, true);
    default: return set_array_readonly(context, *array, path, false);
  }
}

}  // namespace mdctl::cli
