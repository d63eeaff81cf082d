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

Result<std::vector<std::string>> content_of(kernel::BlockDevice& device) {
  std::vector<std::string> out;
  MDCTL_TRY(auto signatures, device.signatures());
  for (const auto& found : signatures)
    if (found.type != "linux_raid_member") out.push_back(content_text(device.path(), found));
  auto super = system::load_superblock(device);
  if (super)
    out.push_back(fmt::format(
        "{} appears to be part of a raid array:\n       level={} devices={} ctime={}",
        device.path(), model::level_name((*super)->level).value_or("-unknown-"),
        (*super)->raid_disks, output::time_text(static_cast<std::int64_t>((*super)->ctime))));
  else if (super.error().code() == Code::corrupt)
    out.push_back(super.error().text());
  return out;
}

Result<bool> ask(Context& context, const Options& options, const std::string& question,
                 const std::string& how_to) {
  // A program reads the answer, and its stdin is not for ours.
  if (options.json)
    return fail(
        Error(Code::refused, fmt::format("'{}' is not asked with --json", question)).hint(how_to));
  if (context.lock) context.lock->release();
  const bool yes = context.console.confirm(question);
  if (context.lock) MDCTL_CHECK(context.lock->take());
  return yes;
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
