// SPDX-License-Identifier: GPL-2.0-only
// --replace: a member goes on serving until its data is on another.
#include <algorithm>

#include "cli/freeze.hpp"

namespace mdctl::cli {
namespace {

// The device of --with for the one at @index: the n-th of those behind the n-th of these.
const DeviceArgument* replacement_of(const Options& options, std::size_t index) {
  const auto& devices = options.devices;
  std::size_t first = index;
  while (first > 1 && devices[first - 1].action == Action::replace) first--;
  std::size_t behind = index;
  while (behind < devices.size() && devices[behind].action == Action::replace) behind++;
  const std::size_t at = behind + (index - first);
  return at < devices.size() && devices[at].action == Action::with ? &devices[at] : nullptr;
}

Result<unsigned> slot_of(Managed& array, const Target& target) {
  if (target.entry.empty())
    return fail(Code::refused, "{} not found in {} so cannot --replace it", target.shown,
                array.shown);
  const auto text = array.context.kernel.read(array.array, target.entry + "/slot");
  unsigned slot = 0;
  if (text && std::sscanf(text->c_str(), "%u", &slot) == 1) return slot;
  return fail(Code::refused, "{} is not active and so cannot be replaced.", target.shown);
}

Result<Target> spare_at(Managed& array, const std::string& path) {
  MDCTL_TRY(auto target, target_of(array, path));
  const auto slot = array.context.kernel.read(array.array, target.entry + "/slot");
  if (target.entry.empty())
    return fail(Error(Code::refused,
                      fmt::format("{} not found in {} so cannot make it preferred replacement",
                                  path, array.shown))
                    .hint("--add it first"));
  if (has_state(array, target.entry, "faulty"))
    return fail(Code::refused, "{} is faulty and cannot be a replacement", path);
  if (slot && *slot != "none")
    return fail(Code::refused, "{} is active and cannot be a replacement", path);
  return target;
}

Failure cannot(Managed& array, const char* what, const Target& target, const Error& error) {
  return fail(Error(error.code(), fmt::format("Failed to {} {} in {}: {}", what, target.shown,
                                              array.shown, errno_text(error)))
                  .hint("the kernel log says why: dmesg | tail"));
}

}  // namespace

Result<> check_replacements(const Options& options) {
  const auto& devices = options.devices;
  for (std::size_t i = 1; i < devices.size(); i++) {
    if (devices[i].action != Action::with) continue;
    std::size_t replaced = 0, with = 0, at = i;
    while (at > 0 && devices[at].action == Action::with) at--, with++;
    while (at > 0 && devices[at].action == Action::replace) at--, replaced++;
    if (with > replaced)
      return fail(Code::refused, "No matching --replace device for --with {}", devices[i].path);
  }
  return {};
}

Result<> replace_member(Managed& array, std::size_t index) {
  kernel::Kernel& kernel = array.context.kernel;
  const DeviceArgument& argument = array.options.devices[index];
  MDCTL_TRY(const auto target, target_of(array, argument.path));
  MDCTL_TRY(const unsigned slot, slot_of(array, target));
  const DeviceArgument* with = replacement_of(array.options, index);
  std::optional<Target> spare;
  std::unique_ptr<Freeze> frozen;  // or the driver takes another spare at once
  if (with) {
    MDCTL_TRY(spare, spare_at(array, with->path));
    MDCTL_TRY(frozen, Freeze::if_idle(array));
  }
  if (auto done = kernel.write(array.array, target.entry + "/state", "want_replacement"); !done)
    return cannot(array, "request replacement of", target, done.error());
  array.context.console.note("Marked {} (device {} in {}) for replacement", target.shown, slot,
                             array.shown);
  report_done(array, "to be replaced", target.shown);
  if (!spare) return {};
  if (auto done = kernel.write(array.array, spare->entry + "/slot", std::to_string(slot)); !done)
    return cannot(array, "set as preferred replacement", *spare, done.error());
  array.context.console.note("Marked {} in {} as replacement for device {}", spare->shown,
                             array.shown, slot);
  report_done(array, "replacement", spare->shown);
  return {};
}

}  // namespace mdctl::cli
