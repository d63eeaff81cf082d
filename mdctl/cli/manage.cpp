// SPDX-License-Identifier: GPL-2.0-only
// Manage mode: several operations on members of one array, in the order they were written.
#include "cli/manage.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "cli/arrays.hpp"
#include "cli/consent.hpp"
#include "cli/control.hpp"
#include "output/done_report.hpp"

namespace mdctl::cli {
namespace {

using std::chrono::milliseconds;

// md lets a failed member go only after its last I/O came back.
constexpr milliseconds kRemovePatience{5000};
constexpr milliseconds kRemovePause{50};

constexpr int kFailed = 1;
constexpr int kBusy = 2;

void report(Managed& array, const char* what, const std::string& path) {
  array.changed = true;
  array.context.reports.push_back(std::make_unique<output::DoneReport>(what, array.array, path));
}

std::string state_of(Managed& array, const std::string& entry) {
  return array.context.kernel.read(array.array, entry + "/state").value_or("");
}

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

struct Target {
  std::string shown;
  kernel::DeviceNumber number;
  std::string entry;  // "dev-sda"; empty: the array does not know it
};

Result<Target> target_of(Managed& array, const std::string& path) {
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  Target out{path, {}, {}};
  // A device that is gone is still known by its kernel name.
  if (path.find('/') == std::string::npos)
    for (const auto& member : members)
      if (member.entry == "dev-" + path) {
        out.entry = member.entry;
        out.number = member.number;
        return out;
      }
  auto number = array.context.blocks.number(path);
  if (!number && number.error().errno_value() == ENOENT)
    return fail(Code::not_found, "stat failed for {}: No such file or directory", path);
  if (!number) return fail(std::move(number).error());
  out.number = *number;
  for (const auto& member : members)
    if (member.number == *number) out.entry = member.entry;
  return out;
}

Result<std::vector<Target>> targets_by_word(Managed& array, const std::string& word) {
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  std::vector<Target> out;
  for (const auto& member : members) {
    const bool gone = !member.number || array.context.blocks.path_of(member.number)[0] != '/';
    const bool faulty = has_word(state_of(array, member.entry), "faulty");
    if (word == "detached" ? !gone : !faulty) continue;
    out.push_back({fmt::format("{}:{}", member.number.major, member.number.minor), member.number,
                   member.entry});
  }
  return out;
}

Result<> remove_one(Managed& array, const Target& target) {
  const auto end = std::chrono::steady_clock::now() + kRemovePatience;
  for (;;) {
    auto removed = target.number
                       ? array.device->hot_remove(target.number)
                       : array.context.kernel.write(array.array, target.entry + "/state", "remove");
    if (removed) break;
    const bool faulty = !target.entry.empty() && has_word(state_of(array, target.entry), "faulty");
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
  report(array, "removed", target.shown);
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
  report(array, "failed", target.shown);
  return {};
}

Result<> fail_member(Managed& array, const DeviceArgument& argument) {
  if (argument.path == "detached") {
    MDCTL_TRY(auto targets, targets_by_word(array, "detached"));
    for (const auto& target : targets) MDCTL_CHECK(fail_one(array, target));
    return {};
  }
  MDCTL_TRY(auto target, target_of(array, argument.path));
  return fail_one(array, target);
}

Result<> not_now(const DeviceArgument& argument, const char* what) {
  return fail(Error(Code::unsupported,
                    fmt::format("{} for {} is not supported by this release", what, argument.path))
                  .hint("mdadm can do it"));
}

Result<> apply(Managed& array, const DeviceArgument& argument) {
  switch (argument.action) {
    case Action::add:
    case Action::re_add:
    case Action::add_spare: return add_member(array, argument);
    case Action::remove: return remove_member(array, argument);
    case Action::fail: return fail_member(array, argument);
    case Action::add_journal: return not_now(argument, "--add-journal");
    case Action::replace:
    case Action::with: return not_now(argument, "--replace");
    case Action::cluster_confirm: return not_now(argument, "--cluster-confirm");
    default:
      return fail(
          Error(Code::usage, fmt::format("No action given for {} in --manage mode", argument.path))
              .hint("one of --add, --re-add, --remove, --fail before it"));
  }
}

Result<> refuse_update(const Options& options) {
  if (options.update.empty()) return {};
  for (const auto& argument : options.devices)
    if (argument.action != Action::re_add && argument.action != Action::none)
      return fail(Code::refused, "--update in Manage mode only allowed with --re-add.");
  for (const char* word : {"devicesize", "bbl", "no-bbl", "force-no-bbl"})
    if (options.update == word)
      return fail(Error(Code::unsupported, "--update with --re-add is not part of this release")
                      .hint("--assemble --update does it, or mdadm"));
  return fail(
      Code::usage,
      "only 'devicesize', 'bbl', 'no-bbl', and 'force-no-bbl' can be updated with --re-add");
}

Result<int> manage(Context& context, const Options& options) {
  if (options.devices.empty()) return fail(Code::usage, "an md device must be given in this mode");
  MDCTL_CHECK(refuse_update(options));
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
    for (const auto& argument : options.devices) {
      if (&argument == &options.devices.front()) continue;
      auto done = apply(array, argument);
      if (done) continue;
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

Result<> remove_member(Managed& array, const DeviceArgument& argument) {
  const std::string& word = argument.path;
  if (word != "failed" && word != "faulty" && word != "detached") {
    MDCTL_TRY(auto target, target_of(array, word));
    return remove_one(array, target);
  }
  MDCTL_TRY(auto targets, targets_by_word(array, word));
  for (const auto& target : targets) MDCTL_CHECK(remove_one(array, target));
  return {};
}

std::string errno_text(const Error& error) {
  return error.errno_value() ? std::generic_category().message(error.errno_value())
                             : error.message();
}

}  // namespace mdctl::cli
