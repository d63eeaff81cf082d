// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/executor.hpp"

#include <fmt/format.h>
#include <linux/raid/md_p.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace mdctl::monitor {

namespace {

struct Version {
  int major;
  int minor;
};

Version version_of(const std::string& metadata) {
  if (metadata == "0.90") return {0, 90};
  return {1, metadata.size() == 3 ? metadata[2] - '0' : 2};
}

mdu_disk_info_t disk_of(DeviceNumber number) {
  mdu_disk_info_t disk{};
  disk.major = static_cast<int>(number.major);
  disk.minor = static_cast<int>(number.minor);
  return disk;
}

}  // namespace

Result<> Executor::execute(const Action& action, const model::Config& config) {
  switch (action.kind) {
    case Action::Kind::assemble: MDCTL_CHECK(assemble(action)); break;
    case Action::Kind::run: MDCTL_CHECK(run(action)); break;
    case Action::Kind::discard: return discard(action);
    case Action::Kind::add: return add(action);
  }
  apply_sysfs(action, config);
  return {};
}

Result<> Executor::assemble(const Action& action) {
  const std::string& name = action.name.kernel;
  MDCTL_CHECK(kernel_.create_array(name));
  MDCTL_TRY(auto array, kernel_.open_array(name, true));
  // An object that a maker left before its first member can be filled as it is. Not stopped: newer
  // kernels let nobody open an object again that was stopped and then filled by the same opener.
  // One that somebody filled meanwhile is refused here, and stays his, as does its name.
  Version version = version_of(action.metadata);
  mdu_array_info_t info{};
  info.major_version = version.major;
  info.minor_version = version.minor;
  MDCTL_CHECK(array->set_info(info));
  if (auto done = fill_and_run(*array, action); !done) {
    note(array->stop());
    note(map_.erase(name));
    return done;
  }
  array.reset();
  settle_name(action, action.name.path());
  return {};
}

Result<> Executor::fill_and_run(kernel::ArrayDevice& array, const Action& action) {
  // Before it runs: udev asks for the name when the driver announces it.
  MDCTL_CHECK(map_.put({action.name.kernel, action.metadata, action.uuid, action.name.path()}));
  for (DeviceNumber number : action.members)
    if (auto added = array.add_disk(disk_of(number)); !added)
      return fail(std::move(added).error().context(
          fmt::format("member {}:{}", number.major, number.minor)));
  return start(array, action);
}

Result<> Executor::start(kernel::ArrayDevice& array, const Action& action) {
  // Nothing is written to another host's disks before somebody writes.
  if (action.read_auto) return kernel_.write(action.name.kernel, "array_state", "read-auto");
  return array.run();
}

Result<> Executor::run(const Action& action) {
  MDCTL_TRY(auto array, kernel_.open_array(action.name.kernel, true));
  MDCTL_CHECK(start(*array, action));
  array.reset();
  auto entry = map_.find_array(action.name.kernel);
  settle_name(action, entry && entry->uuid == action.uuid ? entry->path : std::string());
  return {};
}

Result<> Executor::discard(const Action& action) {
  MDCTL_TRY(auto array, kernel_.open_array(action.name.kernel, true));
  MDCTL_CHECK(array->stop());
  array.reset();
  wait_until_gone(action.name.kernel);
  return map_.erase(action.name.kernel);
}

// The driver takes a stopped object away a moment later; who is faster gets one that is dying.
void Executor::wait_until_gone(const std::string& name) {
  constexpr std::chrono::milliseconds step{5};
  for (int tries = 0; tries < 100 && kernel_.array_number(name); tries++)
    std::this_thread::sleep_for(step);
}

Result<> Executor::add(const Action& action) {
  MDCTL_TRY(auto array, kernel_.open_array(action.name.kernel, false));
  for (DeviceNumber number : action.members) {
    const mdx_super* super = super_of_(number);
    if (!super)
      return fail(Code::not_found, "the member {}:{} is gone", number.major, number.minor);
    mdu_disk_info_t disk = disk_of(number);
    disk.number = static_cast<int>(super->dev_number);
    bool has_slot = super->role < super->raid_disks;
    disk.raid_disk = has_slot ? static_cast<int>(super->role) : -1;
    // A member that knows its slot asks for it back; the driver checks whether it may.
    if (has_slot) disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
    // A running array takes these from the call, not from the superblock.
    if (super->devflags & WriteMostly1) disk.state |= 1 << MD_DISK_WRITEMOSTLY;
    if (super->devflags & FailFast1) disk.state |= 1 << MD_DISK_FAILFAST;
    MDCTL_CHECK(array->add_disk(disk));
  }
  return {};
}

// Without udev nobody else makes the node; with it, it is told to look again, as the driver's own
// announcement came while we held the array open.
void Executor::settle_name(const Action& action, const std::string& path) {
  if (!path.empty() && !kernel_.udev_running())
    note(kernel_.ensure_node(path, action.name.kernel, std::chrono::milliseconds(0)));
  note(kernel_.announce(action.name.kernel));
}

// An attribute the level does not have is no reason not to use the array.
void Executor::apply_sysfs(const Action& action, const model::Config& config) {
  const auto attributes =
      config::attributes_for(config, action.uuid, config::names_of(action.name, action.set_name));
  for (const auto& [attribute, value] : attributes)
    note(kernel_.write(action.name.kernel, attribute, value));
}

void Executor::note(const Result<>& result) {
  if (!result) notes_.push_back(result.error().text());
}

}  // namespace mdctl::monitor
