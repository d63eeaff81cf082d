// SPDX-License-Identifier: GPL-2.0-only
// --grow --raid-devices of mirrors, --grow --add of linear arrays.
#include <linux/raid/md_p.h>

#include "cli/consent.hpp"
#include "cli/freeze.hpp"
#include "cli/grow.hpp"
#include "cli/manage_add.hpp"
#include "cli/newcomer.hpp"

namespace mdctl::cli {
namespace {

// What did not become a member must not look like one.
void take_back(Managed& array, const std::string& path, const mdx_super& like) {
  auto device = open_member(array.context, path, kernel::Access::write);
  auto erased = device
                    ? system::erase_superblock(**device, static_cast<mdx_sb_version>(like.version))
                    : Result<>(fail(device.error()));
  if (!erased) array.context.console.fail(erased.error());
}

// Another member has come, and the array has a slot more.
Result<> tell_member(Managed& array, const std::string& path, mdx_sb_version version,
                     kernel::DeviceNumber device, const Newcomer& newcomer) {
  MDCTL_TRY(auto member, array.context.blocks.open(path, kernel::Access::member));
  MDCTL_TRY(auto super, system::load_superblock(*member, version));
  enter_newcomer(*super, device, newcomer);
  super->raid_disks = newcomer.role + 1;
  return system::store_superblock(*member, *super);
}

// md takes the newcomer and writes no superblock: by what is on the members the array would be as
// long as before when it is assembled again. mdx has written them when it has taken it.
Result<> tell_members(Managed& array, const std::vector<kernel::MemberEntry>& others,
                      const std::string& path, mdx_sb_version version, kernel::DeviceNumber device,
                      const Newcomer& newcomer) {
  if (array.context.kernel.driver().kind == kernel::Driver::Kind::mdx) return {};
  MDCTL_CHECK(tell_member(array, path, version, device, newcomer));
  for (const auto& other : others)
    MDCTL_CHECK(
        tell_member(array, array.context.blocks.path_of(other.number), version, device, newcomer));
  return {};
}

Result<> append_one(Managed& array, const std::string& path) {
  MDCTL_TRY(const auto info, array.device->info());
  if (info.level != MDX_LEVEL_LINEAR)
    return fail(Error(Code::refused, "can only add devices to linear arrays")
                    .hint("--grow --raid-devices=N --add adds to a mirror"));
  const std::string version =
      array.context.kernel.read(array.array, "metadata_version").value_or("");
  MDCTL_TRY(const auto like, likeness_of(array, version));
  MDCTL_TRY(const auto others, array.context.kernel.members(array.array));
  const Newcomer next{info.raid_disks, static_cast<std::uint32_t>(info.raid_disks)};
  kernel::DeviceNumber number;
  {
    MDCTL_TRY(auto device, open_member(array.context, path, kernel::Access::write));
    if (!device->is_block()) return fail(Code::refused, "{} is not a block device.", path);
    MDCTL_CHECK(consent_to_add(array, *device));
    number = device->number();
    MDCTL_CHECK(write_newcomer(*device, like, next));
  }
  const auto disk = disk_info(number, info.raid_disks, info.raid_disks,
                              1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC);
  if (auto added = array.device->add_disk(disk); !added) {
    take_back(array, path, *like.super);
    return fail(std::move(added)
                    .error()
                    .context(fmt::format("Cannot add new disk to this array: {}", path))
                    .hint("the kernel log says why: dmesg | tail"));
  }
  report_done(array, "grown by", path);
  return tell_members(array, others, path, static_cast<mdx_sb_version>(like.super->version), number,
                      next);
}

Result<> check_number(Managed& array, const mdu_array_info_t& info, int wanted) {
  const int most = info.major_version == 0 ? MDX_SB0_MAX_DEVS : MDX_SB1_MAX_DEVS;
  if (wanted > most)
    return fail(Code::refused, "Cannot increase raid-disks on this array beyond {}", most);
  const int needed = wanted - info.raid_disks;
  const int spares = info.spare_disks + static_cast<int>(array.options.devices.size()) - 1;
  if (needed <= spares || needed <= 0 || array.options.force) return {};
  return fail(Code::refused,
              "Need {} spare{} to avoid degraded array, and only have {}.\n"
              "       Use --force to over-ride this check.",
              needed, needed == 1 ? "" : "s", spares);
}

Result<> add_spares(Managed& array) {
  const auto& devices = array.options.devices;
  for (std::size_t i = 1; i < devices.size(); i++) {
    DeviceArgument argument = devices[i];
    argument.action = Action::add;
    MDCTL_CHECK(add_member(array, argument));
  }
  return {};
}

}  // namespace

Result<> append_members(Managed& array) {
  const auto& devices = array.options.devices;
  for (std::size_t i = 1; i < devices.size(); i++) MDCTL_CHECK(append_one(array, devices[i].path));
  return {};
}

Result<> grow_members(Managed& array, const mdu_array_info_t& info) {
  const int wanted = static_cast<int>(*array.options.raid_devices);
  MDCTL_CHECK(check_number(array, info, wanted));
  // A rebuild that the new devices start would be in the way.
  MDCTL_TRY(const auto frozen, Freeze::begin(array));
  MDCTL_CHECK(add_spares(array));
  if (wanted == info.raid_disks) {
    array.context.console.note("{}: no change requested", array.shown);
    return {};
  }
  auto done = array.context.kernel.write(array.array, "raid_disks", std::to_string(wanted));
  if (!done) {
    Error error(done.error().code(),
                fmt::format("failed to set raid disks: {}", errno_text(done.error())));
    const bool full = done.error().code() == Code::busy && wanted < info.raid_disks;
    return fail(std::move(error).hint(full ? "it has more members than that: --fail some first"
                                           : "the kernel log says why: dmesg | tail"));
  }
  report_done(array, "number of devices set", array.shown,
              fmt::format("raid_disks for {} set to {}\n", array.shown, wanted));
  return {};
}

}  // namespace mdctl::cli
