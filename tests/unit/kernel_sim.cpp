// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_sim.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "model/level.hpp"
#include "system/superblock.hpp"

namespace mdctl::test {
namespace {

constexpr unsigned kSync = 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC;

class SimArrayDevice final : public kernel::ArrayDevice {
 public:
  SimArrayDevice(SimKernel& kernel, SimArray& array) : kernel_(kernel), array_(array) {}

  const std::string& name() const override { return array_.name; }

  Result<mdu_array_info_t> info() override {
    if (!array_.active()) return fail_errno(ENODEV, "cannot get array info of " + array_.name);
    mdu_array_info_t out = array_.info;
    out.level = array_.level;
    out.raid_disks = static_cast<int>(array_.raid_disks);
    if (!array_.info.not_persistent && !array_.members.empty()) {
      const mdx_super& super = array_.members.front().super;
      out.layout = static_cast<int>(super.layout);
      out.chunk_size = static_cast<int>(super.chunk_sectors * 512);
    }
    for (const auto& member : array_.members) {
      out.nr_disks++;
      out.failed_disks += member.faulty;
      out.working_disks += !member.faulty;
      out.active_disks += member.in_sync;
      out.spare_disks += !member.faulty && !member.in_sync;
    }
    out.state = 1 << MD_SB_CLEAN;
    if (SimKernel::has_bitmap(array_)) out.state |= 1 << MD_SB_BITMAP_PRESENT;
    return out;
  }

  Result<mdu_disk_info_t> disk(int number) override {
    mdu_disk_info_t out{};
    out.number = number;
    out.raid_disk = -1;
    out.state = 1 << MD_DISK_REMOVED;
    for (const auto& member : array_.members) {
      if (member.desc != number) continue;
      out.major = static_cast<int>(member.number.major);
      out.minor = static_cast<int>(member.number.minor);
      out.raid_disk = member.slot;
      out.state = member.faulty    ? 1 << MD_DISK_FAULTY
                  : member.in_sync ? static_cast<int>(kSync)
                                   : 0;
    }
    return out;
  }

  Result<std::string> bitmap_file() override { return std::string{}; }
  Result<std::uint64_t> size_bytes() override {
    if (!array_.active() || array_.members.empty()) return std::uint64_t{0};
    return array_.members.front().super.size * 512;
  }
  Result<> set_info(const mdu_array_info_t& info) override {
    kernel_.log.push_back(array_.name + " SET_ARRAY_INFO");
    if (array_.state != "clear") return fail_errno(EBUSY, "cannot set array info of " + name());
    array_.info = info;
    array_.versioned = true;
    array_.state = "inactive";
    return {};
  }
  Result<> add_disk(const mdu_disk_info_t& disk) override { return kernel_.add_disk(array_, disk); }
  Result<> hot_remove(DeviceNumber member) override { return kernel_.hot_remove(array_, member); }
  Result<> set_faulty(DeviceNumber member) override { return kernel_.set_faulty(array_, member); }
  Result<> run() override { return kernel_.run(array_); }
  Result<> stop() override { return kernel_.stop(array_); }
  Result<> set_readonly() override {
    if (array_.state == "readonly") return fail_errno(ENXIO, "cannot make read-only " + name());
    array_.state = "readonly";
    return {};
  }
  Result<> set_readwrite() override {
    if (array_.state != "readonly" && array_.state != "read-auto")
      return fail_errno(EBUSY, "cannot make read-write " + name());
    array_.state = "clean";
    return {};
  }

 private:
  SimKernel& kernel_;
  SimArray& array_;
};

}  // namespace

Result<std::string> SimKernel::mdstat() {
  if (!loaded) return fail_errno(ENOENT, "cannot open /proc/mdstat");
  if (!mdstat_override.empty()) return mdstat_override;
  std::string out = "Personalities : [raid1] [raid0] [linear] \n";
  for (const auto& [name, array] : arrays_) {
    if (array->state == "clear") continue;
    out += fmt::format("{} : {}{}", name, array->active() ? "active" : "inactive",
                       array->active() ? " " + *model::level_name(array->level) : "");
    for (const auto& member : array->members)
      out += fmt::format(" {}[{}]{}", member.name, member.desc,
                         member.faulty    ? "(F)"
                         : member.in_sync ? ""
                                          : "(S)");
    out += "\n      1 blocks super 1.2\n      \n";
  }
  return out + "unused devices: <none>\n";
}

Result<bool> SimKernel::wait_mdstat(std::chrono::milliseconds) {
  const bool changed = !mdstat_override.empty();
  mdstat_override.clear();
  for (auto& [name, array] : arrays_) array->sync_action = "idle";
  return changed;
}

Result<std::vector<std::string>> SimKernel::arrays() {
  std::vector<std::string> out;
  for (const auto& [name, array] : arrays_) out.push_back(name);
  return out;
}

Result<DeviceNumber> SimKernel::array_number(const std::string& array) {
  if (!has(array)) return fail(Code::not_found, "there is no array {}", array);
  return arrays_.at(array)->number;
}

Result<std::string> SimKernel::block_name(DeviceNumber number) {
  return blocks_.path_of(number).substr(5);
}

std::optional<std::string> SimKernel::array_of(DeviceNumber number) {
  for (const auto& [name, array] : arrays_)
    if (array->number == number) return name;
  return std::nullopt;
}

Result<std::string> SimKernel::read(const std::string& array, const std::string& attribute) {
  if (!has(array)) return fail_errno(ENOENT, "cannot open " + array);
  const SimArray& a = *arrays_.at(array);
  if (attribute == "array_state") return a.state;
  if (const auto it = a.attributes.find(attribute); it != a.attributes.end()) return it->second;
  if (attribute == "metadata_version" && !a.metadata.empty()) return a.metadata;
  if (attribute == "metadata_version" && a.info.not_persistent) return std::string("none");
  if (attribute == "metadata_version")
    return a.info.major_version == 0 ? std::string("0.90")
                                     : fmt::format("1.{}", a.info.minor_version);
  if (attribute == "consistency_policy")
    return std::string(has_bitmap(a) ? "bitmap" : a.level > 0 ? "resync" : "none");
  if (attribute == "component_size")
    return std::to_string(a.members.empty() ? 0 : a.members.front().super.size / 2);
  if (attribute == "sync_action") return a.sync_action;
  for (const auto& member : a.members) {
    if (attribute == "dev-" + member.name + "/state")
      return std::string(member.faulty    ? "faulty"
                         : member.in_sync ? "in_sync"
                                          : "spare") +
             (member.want_replacement ? ",want_replacement" : "");
    if (attribute == "dev-" + member.name + "/slot")
      return member.slot < 0 ? std::string("none") : std::to_string(member.slot);
    if (attribute == "dev-" + member.name + "/size")
      return std::to_string(member.super.data_size / 2);
  }
  return fail_errno(ENOENT, "cannot open " + attribute);
}

Result<> SimKernel::write(const std::string& array, const std::string& attribute,
                          const std::string& value) {
  if (!has(array)) return fail_errno(ENOENT, "cannot open " + array);
  log.push_back(fmt::format("{} {}={}", array, attribute, value));
  SimArray& a = *arrays_.at(array);
  if (attribute == "array_state") {
    if (!a.active()) MDCTL_CHECK(run(a));
    a.state = value;
    return {};
  }
  if (attribute == "sync_action") {
    a.sync_action = value;
    return {};
  }
  if (attribute == "sync_speed_max") return {};
  for (auto& member : a.members) {
    const std::string entry = "dev-" + member.name + "/";
    if (attribute.starts_with(entry))
      return write_member(a, member, attribute.substr(entry.size()), value);
  }
  return write_geometry(a, attribute, value);
}

Result<> SimKernel::write_member(SimArray& array, SimMember& member, const std::string& attribute,
                                 const std::string& value) {
  if (attribute == "state") {
    if (value == "faulty") return set_faulty(array, member.number);
    if (value == "remove") return hot_remove(array, member.number);
    if (value == "want_replacement") {
      member.want_replacement = true;
      return {};
    }
    if (value == "re-add" && member.faulty && array.bitmap) {
      member.faulty = false;
      member.in_sync = true;
      return {};
    }
  }
  if (attribute == "slot") {
    member.slot = std::stoi(value);
    return {};
  }
  if (attribute == "size") return {};
  return fail_errno(EINVAL, "cannot write " + attribute);
}

Result<> SimKernel::write_geometry(SimArray& array, const std::string& attribute,
                                   const std::string& value) {
  if (attribute == "raid_disks") {
    const auto wanted = static_cast<unsigned>(std::stoul(value));
    const auto here = std::count_if(array.members.begin(), array.members.end(),
                                    [](auto& m) { return m.slot >= 0 && !m.faulty; });
    if (here > static_cast<long>(wanted)) return fail_errno(EBUSY, "cannot write raid_disks");
    array.raid_disks = wanted;
    return {};
  }
  if (attribute == "component_size") {
    for (auto& member : array.members) member.super.size = std::stoull(value) * 2;
    return {};
  }
  if (attribute == "array_size" || attribute == "resync_start" ||
      attribute.starts_with("bitmap/")) {
    array.attributes[attribute] = value;
    return {};
  }
  return fail_errno(EINVAL, "cannot write " + attribute);
}

bool SimKernel::has_bitmap(const SimArray& array) {
  const auto it = array.attributes.find("bitmap/location");
  if (it != array.attributes.end()) return it->second != "none";
  return !array.info.not_persistent && !array.members.empty() &&
         array.members.front().super.feature_map & MD_FEATURE_BITMAP_OFFSET;
}

Result<std::vector<kernel::MemberEntry>> SimKernel::members(const std::string& array) {
  if (!has(array)) return fail_errno(ENOENT, "cannot list " + array);
  std::vector<kernel::MemberEntry> out;
  for (const auto& member : arrays_.at(array)->members)
    out.push_back({"dev-" + member.name, member.number});
  return out;
}

std::vector<std::string> SimKernel::holders(DeviceNumber number) {
  std::vector<std::string> out;
  for (const auto& [name, array] : arrays_)
    for (const auto& member : array->members)
      if (member.number == number) out.push_back(name);
  return out;
}

Result<> SimKernel::create_array(const std::string& array) {
  if (has(array)) return {};
  auto fresh = std::make_unique<SimArray>();
  fresh->name = array;
  fresh->number = {9, 511};
  std::sscanf(array.c_str(), "md%u", &fresh->number.minor);
  blocks_.nodes["/dev/" + array] = fresh->number;
  arrays_[array] = std::move(fresh);
  return {};
}

Result<std::unique_ptr<kernel::ArrayDevice>> SimKernel::open_array(const std::string& array,
                                                                   bool exclusive) {
  if (!has(array)) return fail_errno(ENOENT, "cannot open " + array);
  if (exclusive && arrays_.at(array)->open_elsewhere)
    return fail_errno(EBUSY, "cannot open " + array);
  return std::make_unique<SimArrayDevice>(*this, *arrays_.at(array));
}

Result<> SimKernel::ensure_node(const std::string& path, const std::string& array,
                                std::chrono::milliseconds) {
  blocks_.nodes[path] = arrays_.at(array)->number;
  return {};
}

Result<> SimKernel::drop_node(const std::string& path, std::chrono::milliseconds) {
  blocks_.nodes.erase(path);
  return {};
}

std::vector<std::string> SimKernel::node_links(const std::string& array) {
  std::vector<std::string> out;
  for (const auto& [path, number] : blocks_.nodes)
    if (path.rfind("/dev/md/", 0) == 0 && has(array) && arrays_.at(array)->number == number)
      out.push_back(path.substr(8));
  return out;
}

Result<> SimKernel::add_disk(SimArray& array, const mdu_disk_info_t& disk) {
  log.push_back(fmt::format("{} ADD_NEW_DISK {}:{} {} {}", array.name, disk.major, disk.minor,
                            disk.number, disk.raid_disk));
  added.push_back(disk);
  if (refuse_add) return fail(Error(*refuse_add));
  SimMember member;
  member.number = {static_cast<unsigned>(disk.major), static_cast<unsigned>(disk.minor)};
  Disk* content = blocks_.find(member.number);
  if (!content) return fail_errno(ENXIO, "cannot add a member to " + array.name);
  member.name = content->path.substr(5);
  MDCTL_TRY(auto device, blocks_.open(content->path, kernel::Access::exclusive));
  if (array.info.not_persistent) {
    member.desc = disk.number;
    member.slot = array.active() ? -1 : disk.raid_disk;
    member.in_sync = !array.active();
    blocks_.held.insert(member.number);
    array.members.push_back(member);
    return {};
  }
  auto super = system::load_superblock(*device);
  if (!super) return fail_errno(EINVAL, "cannot add a member to " + array.name);
  member.super = **super;
  member.desc = static_cast<int>(member.super.dev_number);
  const bool comes_back = static_cast<unsigned>(disk.state) & 1u << MD_DISK_SYNC;
  if (array.active() && array.level == model::kLevelLinear) {
    if (member.super.role != array.raid_disks || disk.raid_disk != member.desc)
      return fail_errno(EINVAL, "cannot add a member to " + array.name);
    member.slot = static_cast<int>(array.raid_disks++);
    member.in_sync = true;
    blocks_.held.insert(member.number);
    array.members.push_back(member);
    return {};
  }
  if (array.active() && comes_back && !array.bitmap)
    return fail_errno(EINVAL, "cannot add a member to " + array.name);  // too old
  if ((!array.active() || comes_back) && member.super.role < MDX_ROLE_MAX) {
    member.slot = static_cast<int>(member.super.role);
    member.in_sync = true;
  }
  blocks_.held.insert(member.number);
  array.members.push_back(member);
  return {};
}

Result<> SimKernel::run(SimArray& array) {
  log.push_back(array.name + " RUN_ARRAY");
  if (refuse_run) return fail(Error(*refuse_run));
  if (array.members.empty()) return fail_errno(EINVAL, "cannot start " + array.name);
  const bool super = !array.info.not_persistent;
  const mdx_super& first = array.members.front().super;
  array.level = super ? first.level : array.info.level;
  array.raid_disks = super ? first.raid_disks : static_cast<unsigned>(array.info.raid_disks);
  array.state = "clean";
  return {};
}

Result<> SimKernel::stop(SimArray& array) {
  log.push_back(array.name + " STOP_ARRAY");
  for (const auto& member : array.members) blocks_.held.erase(member.number);
  blocks_.nodes.erase("/dev/" + array.name);
  // The object goes when its last opener does; nobody asks it anything after this.
  array.members.clear();
  array.state = "clear";
  return {};
}

Result<> SimKernel::set_faulty(SimArray& array, DeviceNumber number) {
  for (auto& member : array.members) {
    if (member.number != number) continue;
    const auto good = std::count_if(array.members.begin(), array.members.end(),
                                    [](auto& m) { return m.in_sync; });
    if (member.in_sync && good == 1)
      return fail_errno(EBUSY, "cannot fail a member of " + array.name);
    member.faulty = true;
    member.in_sync = false;
    return {};
  }
  return fail_errno(ENODEV, "cannot fail a member of " + array.name);
}

Result<> SimKernel::hot_remove(SimArray& array, DeviceNumber number) {
  auto it = std::find_if(array.members.begin(), array.members.end(),
                         [&](auto& m) { return m.number == number; });
  if (it == array.members.end())
    return fail_errno(ENXIO, "cannot remove a member from " + array.name);
  if (it->in_sync) return fail_errno(EBUSY, "cannot remove a member from " + array.name);
  blocks_.held.erase(number);
  array.members.erase(it);
  return {};
}

}  // namespace mdctl::test
