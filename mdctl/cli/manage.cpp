// SPDX-License-Identifier: GPL-2.0-only
// Manage mode: several operations on members of one array, in the order they were written.
#include "cli/manage.hpp"

#include <cerrno>

#include "cli/arrays.hpp"
#include "cli/control.hpp"

namespace mdctl::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kBusy = 2;

Result<> not_now(const DeviceArgument& argument, const char* what) {
  return fail(Error(Code::unsupported,
                    fmt::format("{} for {} is not supported by this release", what, argument.path))
                  .hint("mdadm can do it"));
}

Result<> apply(Managed& array, std::size_t index) {
  const DeviceArgument& argument = array.options.devices[index];
  MDCTL_CHECK(check_word(argument));
  switch (argument.action) {
    case Action::add:
    case Action::re_add:
    case Action::add_spare: return add_member(array, argument);
    case Action::remove: return remove_member(array, argument);
    case Action::fail: return fail_member(array, argument);
    case Action::add_journal: return not_now(argument, "--add-journal");
    case Action::replace: return replace_member(array, index);
    case Action::with: return {};  // done with what it replaces
    case Action::cluster_confirm: return not_now(argument, "--cluster-confirm");
    default:
      return fail(
          Error(Code::usage, fmt::format("No action given for {} in --manage mode", argument.path))
              .hint("one of --add, --re-add, --remove, --fail before it"));
  }
}

Result<> check_update(const Options& options) {
  if (options.update.empty()) return {};
  for (const auto& argument : options.devices)
    if (argument.action != Action::re_add && argument.action != Action::none)
      return fail(Code::refused, "--update in Manage mode only allowed with --re-add.");
  for (const char* word : {"devicesize", "bbl", "no-bbl", "force-no-bbl"})
    if (options.update == word) return {};
  return fail(
      Code::usage,
      "only 'devicesize', 'bbl', 'no-bbl', and 'force-no-bbl' can be updated with --re-add");
}

Result<int> manage(Context& context, const Options& options) {
  if (options.devices.empty()) return fail(Code::usage, "an md device must be given in this mode");
  MDCTL_CHECK(check_update(options));
  MDCTL_CHECK(check_replacements(options));
  const std::string& path = options.devices.front().path;
  auto name = array_at(context, path);
  if (!name && name.error().errno_value() == ENOENT)
    return fail(Code::not_found, "error opening {}: No such file or directory", path);
  if (!name) return fail(std::move(name).error());
  if (options.devices.size() > 1) {
    MDCTL_TRY(auto device, context.kernel.open_array(*name, false));
    Managed array{context, options, *name, path, std::move(device)};
    if (!array.device->info())
      return fail(Error(Code::not_found, fmt::format("{} is not active", path))
                      .hint("start it with --run or --assemble"));
    for (std::size_t i = 1; i < options.devices.size(); i++) {
      auto done = apply(array, i);
      if (done) continue;
      const auto& argument = options.devices[i];
      context.console.fail(done.error());
      if (done.error().code() == Code::usage) return kBusy;
      return argument.action == Action::fail && done.error().code() == Code::busy ? kBusy : kFailed;
    }
    if (options.test && !array.changed) return kBusy;
  }
  if (options.action != Action::none) MDCTL_CHECK(control_array(context, options, path));
  return 0;
}

const Registration registration({"manage", Mode::manage, Action::none,
                                 "change the members of an array", manage});

}  // namespace

}  // namespace mdctl::cli
