// SPDX-License-Identifier: GPL-2.0-only
#include "cli/consent.hpp"

#include "model/level.hpp"
#include "output/detail_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

bool is_ext(const std::string& type) {
  return type == "ext2" || type == "ext3" || type == "ext4" || type == "jbd";
}

std::string article(const std::string& word) {
  return std::string("aeiou").find(word.empty() ? 'x' : word[0]) != std::string::npos ? "an" : "a";
}

std::string content_text(const std::string& path, const kernel::Signature& found) {
  if (found.usage == "partition table")
    return fmt::format("partition table exists on {}, {}", path, found.type);
  std::string what = is_ext(found.type) ? "ext2fs file system" : found.type;
  if (!is_ext(found.type) && found.usage == "filesystem") what += " file system";
  std::string out = fmt::format("{} appears to contain {} {}", path, article(what), what);
  if (!found.detail.empty()) return out + "\n       " + found.detail;
  if (found.label.empty() && found.uuid.empty()) return out;
  return fmt::format("{}\n       label={} uuid={}", out, found.label.empty() ? "-" : found.label,
                     found.uuid.empty() ? "-" : found.uuid);
}

}  // namespace

Result<bool> warn_of_content(Context& context, kernel::BlockDevice& device) {
  bool any = false;
  MDCTL_TRY(auto signatures, device.signatures());
  for (const auto& found : signatures) {
    if (found.type == "linux_raid_member") continue;
    context.console.note("{}", content_text(device.path(), found));
    any = true;
  }
  auto super = system::load_superblock(device);
  if (super) {
    context.console.note(
        "{} appears to be part of a raid array:\n       level={} devices={} ctime={}",
        device.path(), model::level_name((*super)->level).value_or("-unknown-"),
        (*super)->raid_disks, output::time_text(static_cast<std::int64_t>((*super)->ctime)));
    any = true;
  } else if (super.error().code() == Code::corrupt) {
    context.console.note("{}", super.error().text());
    any = true;
  }
  return any;
}

std::string holder_text(Context& context, kernel::DeviceNumber number) {
  std::string out;
  for (const auto& holder : context.kernel.holders(number))
    out += (out.empty() ? "" : ", ") + holder;
  return out;
}

Result<std::unique_ptr<kernel::BlockDevice>> open_member(Context& context, const std::string& path,
                                                         kernel::Access access) {
  auto device = context.blocks.open(path, access);
  if (device || device.error().code() != Code::busy) return device;
  auto number = context.blocks.number(path);
  const std::string holder = number ? holder_text(context, *number) : "";
  return fail(std::move(device).error().hint(
      holder.empty() ? "it is mounted, swapped on or open elsewhere: see lsblk"
                     : fmt::format("{} holds it; stop or change that first", holder)));
}

}  // namespace mdctl::cli
