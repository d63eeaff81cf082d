// SPDX-License-Identifier: GPL-2.0-only
// --re-add: back where it was, with what a bitmap or the event counts say it has missed.
#include <linux/raid/md_p.h>

#include <cerrno>

#include "cli/consent.hpp"
#include "cli/manage_add.hpp"
#include "cli/newcomer.hpp"
#include "model/super_update.hpp"
#include "system/bitmap.hpp"

namespace mdctl::cli {
namespace {

// --update: what changes in its superblock before it comes back.
Result<> update_first(Managed& array, const std::string& path, mdx_super& own) {
  if (array.options.update.empty()) return {};
  MDCTL_TRY(auto device, open_member(array.context, path, kernel::Access::write));
  model::UpdateRequest update;
  update.what = array.options.update;
  update.dev_sectors = device->sectors();
  update.bitmap_sectors = system::bitmap_sectors(*device, own);
  auto changed = model::apply_update(update, own);
  if (!changed)
    return fail(
        std::move(changed).error().context(fmt::format("--update={} of {}", update.what, path)));
  return *changed ? system::store_superblock(*device, own) : Result<>();
}

Result<> re_add_in_place(Managed& array, const Target& target) {
  auto done = array.context.kernel.write(array.array, target.entry + "/state", "re-add");
  if (!done)
    return fail(
        Error(done.error().code(), fmt::format("failed to re-add {} to {}: {}", target.shown,
                                               array.shown, errno_text(done.error())))
            .hint("--remove and --add it instead"));
  told(array, "re-added", target.shown);
  return {};
}

}  // namespace

mdu_disk_info_t disk_info(kernel::DeviceNumber device, int number, int slot, unsigned state) {
  mdu_disk_info_t out{};
  out.number = number;
  out.major = static_cast<int>(device.major);
  out.minor = static_cast<int>(device.minor);
  out.raid_disk = slot;
  out.state = static_cast<int>(state);
  return out;
}

unsigned flag_bits(const DeviceArgument& argument, unsigned devflags) {
  unsigned out = 0;
  if (argument.write_mostly.value_or(devflags & WriteMostly1)) out |= 1u << MD_DISK_WRITEMOSTLY;
  if (argument.failfast.value_or(devflags & FailFast1)) out |= 1u << MD_DISK_FAILFAST;
  return out;
}

Result<bool> try_re_add(Managed& array, const DeviceArgument& argument, kernel::DeviceNumber number,
                        mdx_super& own, const mdu_array_info_t& info) {
  // One behind the last slot would make a linear array larger, which nobody asked for.
  if (own.role >= static_cast<__u32>(info.raid_disks)) return false;
  MDCTL_CHECK(update_first(array, argument.path, own));
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

Result<> re_add_faulty(Managed& array) {
  MDCTL_TRY(const auto targets, targets_by_word(array, "faulty"));
  if (!targets) return {};
  for (const auto& target : *targets) MDCTL_CHECK(re_add_in_place(array, target));
  return {};
}

Result<bool> re_add_attached(Managed& array, const std::string& path) {
  const auto target = target_of(array, path);
  if (!target || target->entry.empty() || !has_state(array, target->entry, "faulty")) return false;
  MDCTL_CHECK(re_add_in_place(array, *target));
  return true;
}

Result<> re_add_missing(Managed& array, const DeviceArgument& argument) {
  kernel::BlockDevices& blocks = array.context.blocks;
  const std::string version =
      array.context.kernel.read(array.array, "metadata_version").value_or("");
  MDCTL_TRY(auto like, likeness_of(array, version));
  MDCTL_TRY(auto paths, blocks.partitions());
  for (const auto& path : paths) {
    auto device = blocks.open(path, kernel::Access::exclusive);
    if (!device) continue;
    auto own = system::load_own_superblock(blocks, **device,
                                           static_cast<mdx_sb_version>(like.super->version));
    if (!own || !mdx_sb_same_set(own->get(), like.super.get())) continue;
    device->reset();
    DeviceArgument one = argument;
    one.path = path;
    // One that comes too late stays away, and is no failure: nobody has named it.
    if (auto done = add_member(array, one); !done && done.error().code() != Code::refused)
      return done;
  }
  return {};
}

}  // namespace mdctl::cli
