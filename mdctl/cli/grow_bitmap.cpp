// SPDX-License-Identifier: GPL-2.0-only
// --grow --bitmap: where every member has room for it.
#include <linux/raid/md_p.h>

#include <algorithm>
#include <chrono>

#include "bitmap_format.h"
#include "cli/grow.hpp"
#include "model/level.hpp"
#include "model/raid10.hpp"
#include "system/bitmap.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::chrono::milliseconds kPause{50};

struct MemberSuper {
  std::string path;
  std::uint64_t dev_sectors = 0;
  system::SuperPtr super;
};

// Of all members that work.
Result<std::vector<MemberSuper>> member_supers(Managed& array) {
  kernel::BlockDevices& blocks = array.context.blocks;
  const std::string version =
      array.context.kernel.read(array.array, "metadata_version").value_or("");
  MDCTL_TRY(const auto members, array.context.kernel.members(array.array));
  std::vector<MemberSuper> out;
  for (const auto& member : members) {
    if (has_state(array, member.entry, "faulty")) continue;
    const std::string path = blocks.path_of(member.number);
    MDCTL_TRY(auto device, blocks.open(path, kernel::Access::read));
    MDCTL_TRY(auto super, system::load_superblock(*device, system::parse_version(version)));
    out.push_back({path, device->sectors(), std::move(super)});
  }
  if (out.empty()) return fail(Code::refused, "no member of {} has a superblock", array.shown);
  return out;
}

std::uint64_t sync_sectors(const mdx_super& super) {
  if (super.level != 10) return super.size;
  return model::raid10_sectors(super.layout, super.raid_disks, super.chunk_sectors, super.size);
}

// One offset and one chunk size for all: those of the member with the least room.
Result<mdx_bitmap_place> find_place(const std::vector<MemberSuper>& members, std::uint32_t chunk) {
  std::uint32_t largest = chunk;
  std::optional<mdx_bitmap_place> out;
  for (const bool again : {false, true})
    for (const auto& member : members) {
      mdx_bitmap_place place{};
      const auto error =
          mdx_bitmap_plan(member.super.get(), member.dev_sectors, sync_sectors(*member.super),
                          again ? largest : chunk, &place);
      if (error != MDX_BITMAP_OK)
        return fail(
            Error(Code::refused, fmt::format("{}: {}", member.path, mdx_bitmap_error_text(error)))
                .hint("a larger --bitmap-chunk needs less room"));
      largest = std::max(largest, place.chunk_bytes);
      if (again && out && out->offset != place.offset)
        return fail(Code::refused, "{} has no room where the others have some", member.path);
      if (again) out = place;
    }
  return *out;
}

// The driver goes by what is on the members, and refuses a place where no bitmap is. It changes the
// superblocks itself, when it has taken it.
Result<> write_bitmap(Managed& array, const MemberSuper& member, const mdx_bitmap_place& place) {
  const Options& options = array.options;
  auto super = std::make_unique<mdx_super>(*member.super);
  super->feature_map |= MD_FEATURE_BITMAP_OFFSET;
  super->bitmap_offset = place.offset;
  std::uint8_t uuid[16];
  mdx_bitmap_uuid(super.get(), uuid);
  mdx_bitmap_super bitmap{};
  mdx_bitmap_init(&bitmap, uuid, sync_sectors(*super), place.chunk_bytes);
  if (options.delay) bitmap.daemon_sleep = static_cast<__u32>(*options.delay);
  if (options.write_behind) bitmap.write_behind = static_cast<__u32>(*options.write_behind);
  MDCTL_TRY(auto device, array.context.blocks.open(member.path, kernel::Access::member));
  return system::store_bitmap(*device, *super, bitmap);
}

Failure refused(const std::string& shown, const char* what, const Error& error) {
  if (error.code() == Code::busy)
    return fail(Error(Code::busy, fmt::format("Cannot {} bitmap while array is resyncing or "
                                              "reshaping etc.",
                                              what))
                    .hint("--wait for the end of it, --readwrite if it is read-only"));
  return fail(Error(error.code(), fmt::format("failed to {} internal bitmap on {}: {}", what, shown,
                                              errno_text(error)))
                  .hint("the kernel log says why: dmesg | tail"));
}

// The driver is busy for a moment, too, while it looks whether there is something to sync.
Result<> set_location(Managed& array, const std::string& value) {
  kernel::Kernel& kernel = array.context.kernel;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto done = kernel.write(array.array, "bitmap/location", value);
    if (done || done.error().code() != Code::busy || std::chrono::steady_clock::now() >= end)
      return done;
    const auto action = kernel.read(array.array, "sync_action");
    if (!action || *action != "idle") return done;
    MDCTL_CHECK(kernel.wait_mdstat(kPause));
  }
}

Result<> remove_bitmap(Managed& array, bool present) {
  if (!present) return fail(Code::refused, "no bitmap found on {}", array.shown);
  if (auto done = set_location(array, "none"); !done)
    return refused(array.shown, "remove", done.error());
  report_done(array, "bitmap removed", array.shown);
  return {};
}

Result<> create_bitmap(Managed& array, const std::vector<MemberSuper>& members,
                       const mdx_bitmap_place& place) {
  const Options& options = array.options;
  for (const auto& member : members) MDCTL_CHECK(write_bitmap(array, member, place));
  const std::pair<const char*, std::string> settings[] = {
      {"bitmap/chunksize", std::to_string(place.chunk_bytes)},
      {"bitmap/time_base", std::to_string(options.delay.value_or(MDX_BITMAP_SLEEP_DEFAULT))},
      {"bitmap/backlog", options.write_behind ? std::to_string(*options.write_behind) : ""},
  };
  for (const auto& [attribute, value] : settings) {
    if (value.empty()) continue;
    if (auto done = array.context.kernel.write(array.array, attribute, value); !done)
      return refused(array.shown, "add", done.error());
  }
  if (auto done = set_location(array, fmt::format("{:+}", place.offset)); !done)
    return refused(array.shown, "add", done.error());
  report_done(array, "bitmap created", array.shown);
  return {};
}

}  // namespace

Result<> grow_bitmap(Managed& array, const mdu_array_info_t& info) {
  const bool present = static_cast<unsigned>(info.state) & 1u << MD_SB_BITMAP_PRESENT;
  if (array.options.bitmap == "none") return remove_bitmap(array, present);
  if (!model::is_redundant(info.level))
    return fail(Code::refused, "Bitmaps not meaningful with level {}",
                model::level_name(info.level).value_or("-unknown-"));
  if (info.not_persistent)
    return fail(Error(Code::refused, "Internal bitmaps not supported with this metadata")
                    .hint("an array without superblocks has no place for one"));
  if (present) return fail(Code::refused, "bitmap already present on {}", array.shown);
  MDCTL_TRY(const auto members, member_supers(array));
  MDCTL_TRY(const auto place, find_place(members, array.options.bitmap_chunk.value_or(0)));
  return create_bitmap(array, members, place);
}

}  // namespace mdctl::cli
