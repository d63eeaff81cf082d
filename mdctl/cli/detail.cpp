// SPDX-License-Identifier: GPL-2.0-only
// --detail: what an array is and how it fares.
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cerrno>

#include "cli/arrays.hpp"
#include "cli/collect.hpp"
#include "model/level.hpp"
#include "model/raid10.hpp"
#include "output/detail_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

constexpr int kTestMissing = 4;

std::string version_of(const mdu_array_info_t& info, const std::string& sysfs) {
  if (!sysfs.empty()) return sysfs == "none" ? "" : sysfs;
  if (info.not_persistent) return {};
  return info.major_version == 0 ? "0.90"
                                 : fmt::format("{}.{}", info.major_version, info.minor_version);
}

// The shortest of a device's names with the directory --prefer asks for; else its usual one.
std::string preferred_path(Context& context, const Options& options, kernel::DeviceNumber number) {
  if (options.prefer.empty()) return context.blocks.path_of(number);
  std::string out;
  for (const auto& link : context.blocks.links_of(number)) {
    const bool has = link.find("/" + options.prefer + "/") != std::string::npos;
    if (has && (out.empty() || link.size() < out.size())) out = link;
  }
  return out.empty() ? context.blocks.path_of(number) : out;
}

// raid10 needs to know which slots are filled, others only how many.
bool has_enough(const model::ArrayDetail& detail) {
  const int level = detail.level.value_or(0);
  if (level != 10) return detail.active_disks >= model::members_needed(level, detail.raid_disks);
  std::vector<bool> filled(detail.raid_disks);
  for (const auto& member : detail.slots)
    if (member.device && member.state & 1u << MD_DISK_SYNC)
      filled[static_cast<std::size_t>(member.slot)] = true;
  return model::raid10_is_whole(detail.layout, filled);
}

void fill_identity(Context& context, const config::HomeHost& home, model::ArrayDetail& out) {
  for (auto* list : {&out.slots, &out.others})
    for (const auto& member : *list) {
      if (!member.device || (member.state & 1u << MD_DISK_FAULTY)) continue;
      auto device = context.blocks.open(member.path, kernel::Access::read);
      if (!device) continue;  // another member will know
      auto super = system::load_superblock(**device, system::parse_version(out.metadata));
      if (!super) continue;
      auto identity = config::ArrayIdentity::from(**super);
      out.uuid = identity.uuid;
      out.name = identity.name;
      out.events = (*super)->events;
      out.local_remark = local_remark(identity, home);
      if (!out.level) out.level = (*super)->level;
      return;
    }
}

void fill_counts(const mdu_array_info_t& info, model::ArrayDetail& out) {
  out.total = static_cast<unsigned>(std::max(0, info.nr_disks));
  out.active_disks = static_cast<unsigned>(std::max(0, info.active_disks));
  out.working = static_cast<unsigned>(std::max(0, info.working_disks));
  out.failed = static_cast<unsigned>(std::max(0, info.failed_disks));
  out.spares = static_cast<unsigned>(std::max(0, info.spare_disks));
}

std::string entry_of(const std::vector<kernel::MemberEntry>& entries, kernel::DeviceNumber number) {
  for (const auto& entry : entries)
    if (entry.number == number) return entry.entry;
  return {};
}

// Slots first, in order and with holes shown, then everybody else by number.
Result<> fill_members(Context& context, const Options& options, kernel::ArrayDevice& device,
                      const mdu_array_info_t& info, const std::vector<kernel::MemberEntry>& entries,
                      model::ArrayDetail& out) {
  std::vector<model::DetailMember> found;
  const int most = info.raid_disks + info.nr_disks + 4096;
  int seen = 0;
  for (int number = 0; number < most && seen < info.nr_disks; number++) {
    auto disk = device.disk(number);
    if (!disk || (disk->major == 0 && disk->minor == 0)) continue;
    seen++;
    model::DetailMember member;
    member.number = disk->number;
    member.device = {static_cast<unsigned>(disk->major), static_cast<unsigned>(disk->minor)};
    member.slot = disk->raid_disk >= 0 && disk->raid_disk < info.raid_disks ? disk->raid_disk : -1;
    member.state = static_cast<unsigned>(disk->state);
    member.path = preferred_path(context, options, member.device);
    member.entry = entry_of(entries, member.device);
    if (member.state & 1u << MD_DISK_FAULTY) member.slot = -1;
    found.push_back(std::move(member));
  }
  for (int slot = 0; slot < info.raid_disks; slot++) {
    bool empty = true;
    for (const auto& member : found)
      if (member.slot == slot) {
        out.slots.push_back(member);
        empty = false;
      }
    if (empty) {
      model::DetailMember hole;
      hole.slot = slot;
      hole.state = 1u << MD_DISK_REMOVED;
      out.slots.push_back(hole);
    }
  }
  for (auto& member : found)
    if (member.slot < 0) out.others.push_back(std::move(member));
  return {};
}

Result<> fill_active(Context& context, kernel::ArrayDevice& device, const mdu_array_info_t& info,
                     model::ArrayDetail& out) {
  out.active = true;
  out.persistent = !info.not_persistent;
  out.level = info.level;
  out.layout = static_cast<std::uint32_t>(info.layout);
  out.chunk_bytes = static_cast<std::uint32_t>(info.chunk_size);
  out.raid_disks = static_cast<unsigned>(info.raid_disks);
  out.ctime = info.ctime;
  out.utime = info.utime;
  out.state_bits = static_cast<unsigned>(info.state);
  out.minor = info.md_minor;
  fill_counts(info, out);
  if (auto bytes = device.size_bytes()) out.array_kib = *bytes / 1024;
  if (info.level >= 1) {
    // The ioctl's 32 bits of KiB end at 2 TiB.
    auto size = context.kernel.read(out.array, "component_size");
    out.used_kib = size ? std::stoull(*size) : static_cast<std::uint64_t>(std::max(0, info.size));
  }
  if (out.state_bits & 1u << MD_SB_BITMAP_PRESENT) {
    auto file = device.bitmap_file();
    out.bitmap = file && !file->empty() ? *file : "Internal";
  }
  if (auto text = context.kernel.mdstat()) {
    const auto stat = model::parse_mdstat(*text);
    if (const auto* array = stat.find(out.array)) out.sync = array->sync;
  }
  return {};
}

Result<int> detail_one(Context& context, const Options& options, const std::string& path,
                       const std::string& shown) {
  MDCTL_TRY(auto array, array_at(context, path));
  MDCTL_TRY(auto detail, collect_detail(context, options, array));
  detail.path = shown;
  const int health = detail.health();
  context.reports.push_back(std::make_unique<output::DetailReport>(
      std::move(detail), output::DetailReport::Style{options.verbose > 0, options.no_devices}));
  return options.test ? health : 0;
}

Result<int> detail(Context& context, const Options& options) {
  std::vector<std::pair<std::string, std::string>> targets;
  for (const auto& device : options.devices) targets.push_back({device.path, device.path});
  if (targets.empty() && !options.scan) return fail(Code::usage, "No devices given.");
  if (targets.empty()) {
    MDCTL_TRY(auto arrays, scanned_arrays(context));
    std::reverse(arrays.begin(), arrays.end());
    for (const auto& array : arrays)
      targets.push_back({"/dev/" + array, recorded_path(context, array)});
  }
  int status = 0;
  for (const auto& [path, shown] : targets) {
    auto done = detail_one(context, options, path, shown);
    if (done) {
      status = std::max(status, *done);
      continue;
    }
    if (done.error().errno_value())
      context.console.fail("cannot open {}: {}", path,
                           done.error().errno_value() == ENOENT ? "No such file or directory"
                                                                : done.error().message());
    else
      context.console.fail(done.error());
    status = options.test ? kTestMissing : std::max(status, 1);
  }
  return status;
}

const Registration registration({"detail", Mode::misc, Action::detail, "details of arrays",
                                 detail});

}  // namespace

Result<model::ArrayDetail> collect_detail(Context& context, const Options& options,
                                          const std::string& array) {
  model::ArrayDetail out;
  out.array = array;
  out.path = "/dev/" + array;
  out.named_path = recorded_path(context, array);
  MDCTL_TRY(auto device, context.kernel.open_array(array, false));
  auto info = device->info();
  if (!info && info.error().errno_value() != ENODEV) return fail(std::move(info).error());
  out.array_state = context.kernel.read(array, "array_state").value_or("");
  auto entries = context.kernel.members(array).value_or(std::vector<kernel::MemberEntry>{});
  if (!info && entries.empty())
    return fail(Code::not_found, "md device /dev/{} does not appear to be active.", array);

  const std::string version = context.kernel.read(array, "metadata_version").value_or("");
  if (info) {
    out.metadata = version_of(*info, version);
    MDCTL_CHECK(fill_active(context, *device, *info, out));
    out.policy = context.kernel.read(array, "consistency_policy").value_or("");
    MDCTL_CHECK(fill_members(context, options, *device, *info, entries, out));
    out.enough = has_enough(out);
  } else {
    out.metadata = version == "none" ? "" : version;
    out.total = static_cast<unsigned>(entries.size());
    for (const auto& entry : entries) {
      model::DetailMember member;
      member.device = entry.number;
      member.path = preferred_path(context, options, entry.number);
      member.entry = entry.entry;
      out.others.push_back(std::move(member));
    }
  }
  // What an array without metadata was built of may carry superblocks of its past.
  if (!out.metadata.empty()) fill_identity(context, home_host(context, options), out);
  return out;
}

}  // namespace mdctl::cli
