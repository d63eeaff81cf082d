// SPDX-License-Identifier: GPL-2.0-only
// --add: back where it was if it can be, as a spare otherwise.
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/arrays.hpp"
#include "cli/collect.hpp"
#include "cli/consent.hpp"
#include "cli/manage.hpp"
#include "model/create_plan.hpp"
#include "output/done_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

constexpr int kNumbersTried = 4096;

mdu_disk_info_t disk_info(kernel::DeviceNumber device, int number, int slot, unsigned state) {
  mdu_disk_info_t out{};
  out.number = number;
  out.major = static_cast<int>(device.major);
  out.minor = static_cast<int>(device.minor);
  out.raid_disk = slot;
  out.state = static_cast<int>(state);
  return out;
}

// What the line does not say is as in @devflags of the superblock.
unsigned flag_bits(const DeviceArgument& argument, unsigned devflags = 0) {
  unsigned out = 0;
  if (argument.write_mostly.value_or(devflags & WriteMostly1)) out |= 1u << MD_DISK_WRITEMOSTLY;
  if (argument.failfast.value_or(devflags & FailFast1)) out |= 1u << MD_DISK_FAILFAST;
  return out;
}

// The superblock of a member the array trusts.
Result<system::SuperPtr> template_super(Managed& array, const std::string& version) {
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  for (const auto& member : members) {
    auto state = array.context.kernel.read(array.array, member.entry + "/state");
    if (!state || state->find("faulty") != std::string::npos) continue;
    auto device = array.context.blocks.open(array.context.blocks.path_of(member.number),
                                            kernel::Access::read);
    if (!device) continue;
    auto super = system::load_superblock(**device, system::parse_version(version));
    if (super) return super;
  }
  return fail(Code::corrupt, "no member of {} has a readable superblock", array.shown);
}

// Numbers of the array's first members are theirs for good, later ones are handed out.
Result<int> free_number(Managed& array, const mdu_array_info_t& info) {
  for (int number = info.raid_disks; number < info.raid_disks + kNumbersTried; number++) {
    auto disk = array.device->disk(number);
    if (!disk || (disk->major == 0 && disk->minor == 0)) return number;
  }
  return fail(Code::refused, "no free member number in {}", array.shown);
}

bool same_set(const mdx_super& a, const mdx_super& b) { return mdx_sb_same_set(&a, &b); }

// A former member whose slot is empty: the kernel decides whether it is recent enough. It wants
// the device for itself, so nobody may hold it open here. False: its word is that this one cannot
// come back. Any other refusal tells nothing about that, and a rebuild would not mend it.
Result<bool> try_re_add(Managed& array, const DeviceArgument& argument, kernel::DeviceNumber number,
                        const mdx_super& own, const mdu_array_info_t& info) {
  // One behind the last slot would make a linear array larger, which nobody asked for.
  if (own.role >= static_cast<__u32>(info.raid_disks)) return false;
  const auto disk =
      disk_info(number, static_cast<int>(own.dev_number), static_cast<int>(own.role),
                1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC | flag_bits(argument, own.devflags));
  auto added = array.device->add_disk(disk);
  if (added) return true;
  if (added.error().errno_value() == EINVAL) return false;
  return fail(
      Error(added.error().code(), fmt::format("failed to re-add {} to {}: {}", argument.path,
                                              array.shown, errno_text(added.error())))
          .hint("the kernel log says why: dmesg | tail"));
}

mdx_super spare_super(const mdx_super& like, const model::MemberSpace& space, int number,
                      unsigned flags) {
  mdx_super sb = like;
  const Uuid uuid = random_uuid();
  std::copy(uuid.begin(), uuid.end(), sb.device_uuid);
  sb.super_offset = space.super_offset;
  sb.data_offset = space.data_offset;
  sb.data_size = space.data_size;
  sb.bblog_offset = space.bblog_offset;
  sb.bblog_size = space.bblog_size;
  sb.bblog_shift = 0;
  sb.dev_number = static_cast<__u32>(number);
  sb.role = MDX_ROLE_SPARE;
  sb.recovery_offset = 0;
  sb.cnt_corrected = 0;
  sb.feature_map &= ~static_cast<__u32>(MD_FEATURE_RECOVERY_OFFSET | MD_FEATURE_BAD_BLOCKS |
                                        MD_FEATURE_REPLACEMENT);
  sb.devflags = 0;
  if (flags & 1u << MD_DISK_WRITEMOSTLY) sb.devflags |= WriteMostly1;
  if (flags & 1u << MD_DISK_FAILFAST) sb.devflags |= FailFast1;
  if (sb.max_dev <= sb.dev_number && sb.dev_number < MDX_SB1_MAX_DEVS) {
    std::fill(sb.roles + sb.max_dev, sb.roles + sb.dev_number + 1,
              static_cast<__u16>(MDX_ROLE_SPARE));
    sb.max_dev = sb.dev_number + 1;
  }
  return sb;
}

Result<> write_spare(kernel::BlockDevice& device, const mdx_super& like, int number,
                     unsigned flags) {
  const auto version = static_cast<mdx_sb_version>(like.version);
  model::SpaceRequest request;
  request.version = version;
  request.level = like.level;
  request.chunk_kib = like.chunk_sectors / 2;
  if (version == MDX_SB_1_1 || version == MDX_SB_1_2) request.data_offset = like.data_offset;
  request.bad_block_log = like.bblog_size != 0;
  auto space = model::member_space(request, device.sectors());
  const std::uint64_t needed = like.size ? like.size : like.data_size;
  if (!space || space->data_size < needed)
    return fail(Code::refused, "{} not large enough to join array", device.path());
  mdx_super sb = spare_super(like, *space, number, flags);
  if (version == MDX_SB_0_90 && number < static_cast<int>(MDX_SB0_MAX_DEVS)) {
    mdx_sb0_disk& row = sb.sb0_disks[number];
    row = {static_cast<__u32>(number), device.number().major, device.number().minor,
           static_cast<__u32>(number), flags};
    sb.sb0_this = row;
  }
  for (unsigned v = 0; v < MDX_SB_VERSIONS; v++) {
    const auto other = static_cast<mdx_sb_version>(v);
    if (other != version && system::load_superblock(device, other))
      MDCTL_CHECK(system::erase_superblock(device, other));
  }
  return system::store_superblock(device, sb);
}

Result<> consent(Managed& array, kernel::BlockDevice& device) {
  const char* force = "--force adds it and overwrites what is on it";
  MDCTL_TRY(const auto content, content_of(device));
  for (const auto& found : content) array.context.console.warn("{}", found);
  if (content.empty() || array.options.force || array.options.run || array.options.dry_run)
    return {};
  MDCTL_TRY(const bool yes, ask(array.context, array.options,
                                fmt::format("Continue adding {}?", device.path()), force));
  if (!yes)
    return fail(Error(Code::refused, fmt::format("{} not added", device.path())).hint(force));
  MDCTL_TRY(const auto now, content_of(device));
  if (now != content || !array.device->info())
    return fail(Code::busy, "{} not added: it or the array changed meanwhile", device.path());
  return {};
}

void told(Managed& array, const char* what, const std::string& path) {
  array.context.console.note("{} {}", what, path);
  array.changed = true;
  array.context.reports.push_back(std::make_unique<output::DoneReport>(what, array.array, path));
}

// Firmware RAID is changed by its own manager.
Result<> refuse_external(const std::string& version) {
  if (version.rfind("external:", 0) != 0) return {};
  if (version.rfind("external:/", 0) == 0 || version.rfind("external:-", 0) == 0)
    return fail(Code::refused,
                "Cannot add disks to a 'member' array, perform this operation on the parent "
                "container");
  return fail(Error(Code::unsupported, "adding disks to firmware RAID is not supported")
                  .hint("mdadm can do it"));
}

// Without superblocks the kernel takes any device for any empty slot, and copies over it.
Result<> add_plain(Managed& array, const DeviceArgument& argument,
                   std::unique_ptr<kernel::BlockDevice> device, const mdu_array_info_t& info) {
  MDCTL_CHECK(consent(array, *device));
  MDCTL_TRY(int free, free_number(array, info));
  const auto number = device->number();
  device.reset();  // the kernel opens it itself
  MDCTL_CHECK(array.device->add_disk(disk_info(number, free, -1, flag_bits(argument))));
  told(array, "added", argument.path);
  return {};
}

Result<> re_add_faulty(Managed& array) {
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  for (const auto& member : members) {
    auto state = array.context.kernel.read(array.array, member.entry + "/state");
    if (!state || state->find("faulty") == std::string::npos) continue;
    MDCTL_CHECK(array.context.kernel.write(array.array, member.entry + "/state", "re-add"));
    told(array, "re-added", array.context.blocks.path_of(member.number));
  }
  return {};
}

Result<> re_add_missing(Managed& array, const DeviceArgument& argument) {
  const std::string version =
      array.context.kernel.read(array.array, "metadata_version").value_or("");
  MDCTL_TRY(auto like, template_super(array, version));
  MDCTL_TRY(auto paths, array.context.blocks.partitions());
  for (const auto& path : paths) {
    auto device = array.context.blocks.open(path, kernel::Access::exclusive);
    if (!device) continue;
    auto own = system::load_own_superblock(array.context.blocks, **device,
                                           static_cast<mdx_sb_version>(like->version));
    if (!own || !same_set(**own, *like)) continue;
    device->reset();
    DeviceArgument one = argument;
    one.path = path;
    MDCTL_CHECK(add_member(array, one));
  }
  return {};
}

Result<> add_spare(Managed& array, const DeviceArgument& argument, kernel::DeviceNumber number,
                   const mdu_array_info_t& info, const mdx_super& like) {
  MDCTL_TRY(int free, free_number(array, info));
  {
    MDCTL_TRY(auto device, open_member(array.context, argument.path, kernel::Access::write));
    MDCTL_CHECK(write_spare(*device, like, free, flag_bits(argument)));
  }
  const auto disk = disk_info(number, free, -1, flag_bits(argument));
  if (auto added = array.device->add_disk(disk); !added)
    return fail(std::move(added)
                    .error()
                    .context(fmt::format("add new device failed for {} as {}", argument.path, free))
                    .hint("the kernel log says why: dmesg | tail"));
  told(array, "added", argument.path);
  return {};
}

// A spare is rebuilt from the others. Where too many are gone it is not, and one of those that
// would bring the array back is overwritten for nothing.
Result<> refuse_failed(Managed& array, const std::string& path) {
  MDCTL_TRY(auto detail, collect_detail(array.context, array.options, array.array));
  if (detail.enough) return {};
  return fail(
      Error(Code::refused,
            fmt::format("{} has failed so using --add cannot work and might destroy data on "
                        "{}.  You should stop the array and re-assemble it.",
                        array.shown, path))
          .hint("--assemble --force takes out-of-date members as well"));
}

// The driver would refuse it, but not before its superblock is written.
Result<> refuse_without_spares(Managed& array, const std::string& path, int level) {
  if (level != 0 && level != MDX_LEVEL_LINEAR) return {};
  Error error(Code::refused, fmt::format("{} is {}, which takes no spares: {} is not added",
                                         array.shown, level ? "linear" : "raid0", path));
  return fail(level ? std::move(error).hint("mdadm --grow --add makes a linear array larger by it")
                    : std::move(error));
}

Failure cannot_re_add(Managed& array, const std::string& path) {
  return fail(
      Error(Code::refused, fmt::format("--re-add for {} to {} is not possible", path, array.shown))
          .hint("--add takes it as a spare and rebuilds it"));
}

}  // namespace

Result<> add_member(Managed& array, const DeviceArgument& argument) {
  if (argument.action == Action::re_add && argument.path == "missing")
    return re_add_missing(array, argument);
  if (argument.action == Action::re_add && (argument.path == "faulty" || argument.path == "failed"))
    return re_add_faulty(array);
  MDCTL_TRY(auto info, array.device->info());
  const std::string version =
      array.context.kernel.read(array.array, "metadata_version").value_or("");
  MDCTL_CHECK(refuse_external(version));
  auto device = open_member(array.context, argument.path, kernel::Access::exclusive);
  if (!device && device.error().code() == Code::busy) {
    Error error(Code::busy,
                fmt::format("Cannot open {}: {}", argument.path, errno_text(device.error())));
    return fail(std::move(error).hint(device.error().hint()));
  }
  if (device ? !(*device)->is_block() : device.error().code() == Code::usage)
    return fail(Code::refused, "{} is not a block device.", argument.path);
  if (!device) return fail(std::move(device).error());
  const auto number = (*device)->number();
  if (info.not_persistent) return add_plain(array, argument, std::move(*device), info);
  MDCTL_TRY(auto like, template_super(array, version));
  auto own = system::load_own_superblock(array.context.blocks, **device,
                                         static_cast<mdx_sb_version>(like->version));
  const bool former = own && same_set(**own, *like);
  if (former && argument.action != Action::add_spare) {
    device->reset();
    MDCTL_TRY(const bool back, try_re_add(array, argument, number, **own, info));
    if (back) {
      told(array, "re-added", argument.path);
      return {};
    }
  }
  if (argument.action == Action::re_add) return cannot_re_add(array, argument.path);
  MDCTL_CHECK(refuse_without_spares(array, argument.path, info.level));
  MDCTL_CHECK(refuse_failed(array, argument.path));
  if (*device) {
    if (!former) MDCTL_CHECK(consent(array, **device));
    device->reset();
  }
  return add_spare(array, argument, number, info, *like);
}

}  // namespace mdctl::cli
