// SPDX-License-Identifier: GPL-2.0-only
// --add: back where it was if it can be, as a spare otherwise.
#include <linux/raid/md_p.h>

#include "cli/collect.hpp"
#include "cli/consent.hpp"
#include "cli/manage_add.hpp"
#include "cli/newcomer.hpp"

namespace mdctl::cli {
namespace {

constexpr int kNumbersTried = 4096;

// Numbers of the array's first members are theirs for good, later ones are handed out.
Result<int> free_number(Managed& array, const mdu_array_info_t& info) {
  for (int number = info.raid_disks; number < info.raid_disks + kNumbersTried; number++) {
    auto disk = array.device->disk(number);
    if (!disk || (disk->major == 0 && disk->minor == 0)) return number;
  }
  return fail(Code::refused, "no free member number in {}", array.shown);
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
  MDCTL_CHECK(consent_to_add(array, *device));
  MDCTL_TRY(int free, free_number(array, info));
  const auto number = device->number();
  device.reset();  // the kernel opens it itself
  MDCTL_CHECK(array.device->add_disk(disk_info(number, free, -1, flag_bits(argument))));
  told(array, "added", argument.path);
  return {};
}

Result<> add_spare(Managed& array, const DeviceArgument& argument, kernel::DeviceNumber number,
                   const mdu_array_info_t& info, const Likeness& like) {
  MDCTL_TRY(int free, free_number(array, info));
  {
    MDCTL_TRY(auto device, open_member(array.context, argument.path, kernel::Access::write));
    const Newcomer spare{free, MDX_ROLE_SPARE, flag_bits(argument)};
    MDCTL_CHECK(write_newcomer(*device, like, spare));
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
  return fail(level ? std::move(error).hint("--grow --add makes a linear array larger by it")
                    : std::move(error));
}

Failure cannot_re_add(Managed& array, const std::string& path) {
  return fail(
      Error(Code::refused, fmt::format("--re-add for {} to {} is not possible", path, array.shown))
          .hint("--add takes it as a spare and rebuilds it"));
}

}  // namespace

Result<> consent_to_add(Managed& array, kernel::BlockDevice& device) {
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
  report_done(array, what, path);
}

Result<> add_member(Managed& array, const DeviceArgument& argument) {
  if (argument.action == Action::re_add && argument.path == "missing")
    return re_add_missing(array, argument);
  if (argument.action == Action::re_add && (argument.path == "faulty" || argument.path == "failed"))
    return re_add_faulty(array);
  if (argument.action == Action::re_add) {
    MDCTL_TRY(const bool back, re_add_attached(array, argument.path));
    if (back) return {};
  }
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
  MDCTL_TRY(auto like, likeness_of(array, version));
  auto own = system::load_own_superblock(array.context.blocks, **device,
                                         static_cast<mdx_sb_version>(like.super->version));
  const bool former = own && mdx_sb_same_set(own->get(), like.super.get());
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
    if (!former) MDCTL_CHECK(consent_to_add(array, **device));
    device->reset();
  }
  return add_spare(array, argument, number, info, like);
}

}  // namespace mdctl::cli
