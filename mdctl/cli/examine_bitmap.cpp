// SPDX-License-Identifier: GPL-2.0-only
// --examine-bitmap: what a member's write-intent bitmap says.
#include <linux/raid/md_p.h>

#include <algorithm>

#include "cli/manage.hpp"
#include "output/bitmap_report.hpp"
#include "system/bitmap.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

// 0.90's identity is four words of the host; people know them by their bytes in reading order.
void show_as_read(const mdx_super& super, mdx_bitmap_super& bitmap) {
  if (super.version != MDX_SB_0_90) return;
  for (std::size_t word = 0; word < sizeof bitmap.uuid; word += 4)
    std::reverse(bitmap.uuid + word, bitmap.uuid + word + 4);
}

// 0.90 has one place for it, and what it was stays there when it is removed: that is shown, too.
void look_where_one_was(mdx_super& super) {
  if (super.version != MDX_SB_0_90 || super.feature_map & MD_FEATURE_BITMAP_OFFSET) return;
  super.feature_map |= MD_FEATURE_BITMAP_OFFSET;
  super.bitmap_offset = MD_SB_SECTORS;
}

Result<> examine_one(Context& context, const Options& options, const std::string& path) {
  auto device = context.blocks.open(path, kernel::Access::read);
  if (!device)
    return fail(Error(device.error().code(), fmt::format("failed to open bitmap file {}: {}", path,
                                                         errno_text(device.error()))));
  std::optional<mdx_sb_version> version;
  if (!options.metadata.empty()) version = system::parse_version(options.metadata);
  MDCTL_TRY(const auto super, system::load_superblock(**device, version));
  const bool present = mdx_bitmap_sector(super.get()) != MDX_SECTOR_NONE;
  look_where_one_was(*super);
  const auto none = [&path] {
    return fail(Error(Code::not_found, fmt::format("{} doesn't have bitmap", path))
                    .hint("--grow --bitmap=internal gives its array one"));
  };
  if (mdx_bitmap_sector(super.get()) == MDX_SECTOR_NONE) return none();
  MDCTL_TRY(const auto content, system::load_bitmap(**device, *super));
  if (!present && content.error != MDX_BITMAP_OK) return none();
  const bool shown = content.error == MDX_BITMAP_IS_CLUSTERED ||
                     content.error == MDX_BITMAP_IS_LOCKLESS || content.error == MDX_BITMAP_OK;
  if (!shown)
    return fail(Code::corrupt, "{}: bitmap: {}", path, mdx_bitmap_error_text(content.error));
  auto report = std::make_unique<output::BitmapReport>();
  report->path = path;
  report->super = content.super;
  show_as_read(*super, report->super);
  report->whole = content.error == MDX_BITMAP_OK;
  report->chunks = content.chunks;
  report->dirty = content.dirty;
  context.reports.push_back(std::move(report));
  return {};
}

Result<int> examine_bitmap(Context& context, const Options& options) {
  return each_device(context, options,
                     [&](const std::string& path) { return examine_one(context, options, path); });
}

const Registration registration({"examine-bitmap", Mode::misc, Action::examine_bitmap,
                                 "write-intent bitmaps of members", examine_bitmap});

}  // namespace
}  // namespace mdctl::cli
