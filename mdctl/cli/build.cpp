// SPDX-License-Identifier: GPL-2.0-only
// --build: an array without superblocks. Nothing is written to its members by us.
#include <linux/raid/md_p.h>

#include <algorithm>

#include "cli/arrays.hpp"
#include "cli/consent.hpp"
#include "cli/create_check.hpp"
#include "model/level.hpp"
#include "output/done_report.hpp"

namespace mdctl::cli {
namespace {

constexpr std::uint32_t kBuildChunkKib = 64;

struct BuildMember {
  kernel::DeviceNumber number;
  std::uint64_t sectors = 0;
  bool missing = false;
  bool write_mostly = false;
};

Result<std::vector<BuildMember>> look_at_members(Context& context, const Options& options) {
  std::vector<BuildMember> out;
  for (std::size_t i = 1; i < options.devices.size(); i++) {
    const auto& argument = options.devices[i];
    BuildMember member;
    member.write_mostly = argument.write_mostly.value_or(false);
    if (argument.path == "missing") {
      if (!model::is_redundant(*options.level))
        return fail(Code::refused, "This level does not support missing devices");
      member.missing = true;
    } else {
      MDCTL_TRY(auto device, open_member(context, argument.path, kernel::Access::exclusive));
      if (!device->is_block()) return fail(Code::usage, "{} is not a block device.", argument.path);
      member.number = device->number();
      member.sectors = device->sectors();
      for (const auto& other : out)
        if (other.number == member.number)
          return fail(Code::usage, "{} is on the command line twice", argument.path);
    }
    out.push_back(member);
  }
  if (std::all_of(out.begin(), out.end(), [](auto& m) { return m.missing; }))
    return fail(Code::refused, "Subdevs can't be all missing");
  return out;
}

mdu_array_info_t array_info(const Options& options, const std::vector<BuildMember>& members,
                            std::time_t now, unsigned minor) {
  mdu_array_info_t info{};
  const int level = *options.level;
  std::uint64_t least = ~0ULL;
  for (const auto& member : members)
    if (!member.missing) least = std::min(least, member.sectors);
  info.level = level;
  info.ctime = static_cast<unsigned>(now);
  info.utime = info.ctime;
  info.raid_disks = static_cast<int>(members.size());
  info.nr_disks = static_cast<int>(
      std::count_if(members.begin(), members.end(), [](auto& m) { return !m.missing; }));
  info.active_disks = info.working_disks = info.nr_disks;
  info.md_minor = static_cast<int>(minor);
  info.not_persistent = 1;
  info.state = options.assume_clean ? 1 << MD_SB_CLEAN : 0;
  info.size = static_cast<int>(options.size_kib.value_or(0) ? *options.size_kib : least / 2);
  if (model::has_chunks(level) || level == model::kLevelLinear)
    info.chunk_size = static_cast<int>(options.chunk_kib.value_or(kBuildChunkKib) * 1024);
  return info;
}

Result<> start(Context& context, const Options& options, const config::ArrayName& name,
               const std::vector<BuildMember>& members, const mdu_array_info_t& info) {
  MDCTL_TRY(auto node, open_new_array(context, name));
  MDCTL_CHECK(node.device->set_info(info));
  auto undo = [&](Error error) -> Failure {
    if (auto stopped = node.device->stop(); !stopped) context.console.fail(stopped.error());
    return fail(std::move(error));
  };
  for (std::size_t i = 0; i < members.size(); i++) {
    if (members[i].missing) continue;
    mdu_disk_info_t disk{};
    disk.number = disk.raid_disk = static_cast<int>(i);
    disk.major = static_cast<int>(members[i].number.major);
    disk.minor = static_cast<int>(members[i].number.minor);
    disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
    if (members[i].write_mostly) disk.state |= 1 << MD_DISK_WRITEMOSTLY;
    if (auto added = node.device->add_disk(disk); !added)
      return undo(std::move(added).error().context(options.devices[i + 1].path));
  }
  if (auto started = node.device->run(); !started)
    return undo(std::move(started).error().hint("the kernel log says why: dmesg | tail"));
  return {};
}

Result<int> build(Context& context, const Options& options) {
  MDCTL_CHECK(check_counts(options, 0));
  if (*options.level < -1)
    return fail(Code::unsupported, "--build of level {} is not supported by this release",
                options.level_text);
  if (options.bitmap == "internal")
    return fail(Code::refused, "'internal' and 'clustered' bitmaps not supported with --build");
  if (!options.bitmap.empty() && options.bitmap != "none")
    return fail(Error(Code::unsupported, "bitmaps in files are not part of this release")
                    .hint("use --bitmap=none"));
  if (options.write_behind) return fail(Code::refused, "write-behind mode requires a bitmap.");
  MDCTL_TRY(const std::uint32_t layout, check_layout(options));
  MDCTL_TRY(auto name, given_name(context, options.devices.front().path));
  MDCTL_CHECK(name_is_free(context, name));
  MDCTL_TRY(auto members, look_at_members(context, options));
  unsigned minor = 0;
  std::sscanf(name.kernel.c_str(), "md%u", &minor);
  auto info = array_info(options, members, context.now, minor);
  // Zones of different size, where none is given: the place the kernel gave them before it asked.
  info.layout = static_cast<int>(layout);
  MDCTL_CHECK(start(context, options, name, members, info));
  MDCTL_CHECK(publish_array(context, name, "none", Uuid{}, ""));
  context.console.note("array {} built and started.", name.path());
  context.reports.push_back(
      std::make_unique<output::DoneReport>("built", name.kernel, name.path()));
  return 0;
}

const Registration registration({"build", Mode::build, Action::none,
                                 "build an array without metadata", build});

}  // namespace
}  // namespace mdctl::cli
