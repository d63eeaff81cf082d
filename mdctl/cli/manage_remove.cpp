// SPDX-License-Identifier: GPL-2.0-only
// --fail and --remove.
#include <chrono>

#include "cli/manage.hpp"

namespace mdctl::cli {
namespace {

using std::chrono::milliseconds;
using Operation = Result<> (*)(Managed& array, const Target& target);

// md lets a failed member go only after its last I/O came back.
constexpr milliseconds kRemovePatience{5000};
constexpr milliseconds kRemovePause{50};

Result<> remove_one(Managed& array, const Target& target) {
  const auto end = std::chrono::steady_clock::now() + kRemovePatience;
  for (;;) {
    auto removed = target.number
                       ? array.device->hot_remove(target.number)
                       : array.context.kernel.write(array.array, target.entry + "/state", "remove");
    if (removed) break;
    const bool faulty = !target.entry.empty() && has_state(array, target.entry, "faulty");
    if (removed.error().code() != Code::busy || !faulty ||
        std::chrono::steady_clock::now() >= end) {
      Error error(removed.error().code(), fmt::format("hot remove failed for {}: {}", target.shown,
                                                      errno_text(removed.error())));
      if (removed.error().code() == Code::busy)
        error = std::move(error).hint("it is active; --fail it first");
      return fail(std::move(error));
    }
    MDCTL_CHECK(array.context.kernel.wait_mdstat(kRemovePause));
  }
  array.context.console.note("hot removed {} from {}", target.shown, array.shown);
  report_done(array, "removed", target.shown);
  return {};
}

Result<> fail_one(Managed& array, const Target& target) {
  auto done = target.number
                  ? array.device->set_faulty(target.number)
                  : array.context.kernel.write(array.array, target.entry + "/state", "faulty");
  if (!done) {
    Error error(done.error().code(), fmt::format("set device faulty failed for {}:  {}",
                                                 target.shown, errno_text(done.error())));
    if (done.error().code() == Code::busy)
      error = std::move(error).hint("the array would not survive it");
    return fail(std::move(error));
  }
  array.context.console.note("set {} faulty in {}", target.shown, array.shown);
  report_done(array, "failed", target.shown);
  return {};
}

Result<> each(Managed& array, const std::string& word, Operation one) {
  MDCTL_TRY(const auto targets, targets_by_word(array, word));
  if (!targets) {
    MDCTL_TRY(const auto target, target_of(array, word));
    return one(array, target);
  }
  for (const auto& target : *targets) MDCTL_CHECK(one(array, target));
  return {};
}

}  // namespace

Result<> remove_member(Managed& array, const DeviceArgument& argument) {
  return each(array, argument.path, remove_one);
}

Result<> fail_member(Managed& array, const DeviceArgument& argument) {
  return each(array, argument.path, fail_one);
}

}  // namespace mdctl::cli
