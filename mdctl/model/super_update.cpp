// SPDX-License-Identifier: GPL-2.0-only
#include "model/super_update.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstring>

#include "util/sha1.hpp"

namespace mdctl::model {
namespace {

using Apply = Result<bool> (*)(const UpdateRequest&, mdx_super&);

Result<> need_1(const mdx_super& super, const std::string& what) {
  if (super.version != MDX_SB_0_90) return {};
  return fail(Code::refused, "--update={} needs 1.x metadata, this array has 0.90", what);
}

Result<bool> update_uuid(const UpdateRequest& request, mdx_super& super) {
  std::memcpy(super.set_uuid, request.uuid.data(), sizeof super.set_uuid);
  return true;
}

Result<bool> update_name(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(need_1(super, request.what));
  std::memset(super.set_name, 0, sizeof super.set_name);
  request.name.copy(super.set_name, sizeof super.set_name - 1);
  return true;
}

Result<bool> update_homehost(const UpdateRequest& request, mdx_super& super) {
  if (super.version == MDX_SB_0_90) {
    Uuid uuid;
    std::memcpy(uuid.data(), super.set_uuid, uuid.size());
    set_home_hash(uuid, request.home);
    std::memcpy(super.set_uuid, uuid.data(), uuid.size());
    return true;
  }
  return update_name(request, super);
}

Result<bool> update_resync(const UpdateRequest&, mdx_super& super) {
  super.resync_offset = 0;
  return true;
}

Result<bool> update_minor(const UpdateRequest& request, mdx_super& super) {
  if (super.version != MDX_SB_0_90)
    return fail(Code::refused, "--update=super-minor is for 0.90 metadata only");
  super.md_minor = request.minor;
  return true;
}

// Encoding counts the table anew.
Result<bool> update_summaries(const UpdateRequest&, mdx_super&) { return true; }

Result<bool> update_devicesize(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(need_1(super, request.what));
  if (super.version == MDX_SB_1_0)
    return fail(Code::refused,
                "1.0 metadata is at the end and cannot be found after the device grew");
  if (request.dev_sectors < super.data_offset + super.size)
    return fail(Code::refused, "the device is smaller than the data on it");
  const bool changes = super.data_size != request.dev_sectors - super.data_offset;
  super.data_size = request.dev_sectors - super.data_offset;
  return changes;
}

template <unsigned layout>
Result<bool> update_layout(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(need_1(super, request.what));
  if (super.level != 0) return fail(Code::refused, "--update={} is for RAID0 only", request.what);
  super.layout = layout;
  super.feature_map &= ~static_cast<__u32>(MD_FEATURE_RAID0_LAYOUT);
  if (layout) super.feature_map |= MD_FEATURE_RAID0_LAYOUT;
  return true;
}

Result<bool> update_no_bbl(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(need_1(super, request.what));
  if (super.feature_map & MD_FEATURE_BAD_BLOCKS && request.what == "no-bbl")
    return fail(Code::refused,
                "Cannot remove active bbl; --update=force-no-bbl would lose what it "
                "knows");
  const bool changes = super.bblog_size != 0;
  super.bblog_size = 0;
  super.bblog_offset = 0;
  super.bblog_shift = 0;
  super.feature_map &= ~static_cast<__u32>(MD_FEATURE_BAD_BLOCKS);
  return changes;
}

constexpr std::int64_t kBblogSectors = 8;
constexpr std::int64_t kBblogDistance = 72;  // left free for a bitmap that may come

// Where a log fits behind superblock and bitmap, in sectors from the superblock; 0: nowhere.
std::int64_t bblog_place(const mdx_super& super, std::int64_t bitmap_sectors) {
  const auto sb = static_cast<std::int64_t>(super.super_offset);
  const auto data = static_cast<std::int64_t>(super.data_offset);
  const bool bitmap = super.feature_map & MD_FEATURE_BITMAP_OFFSET;
  if (super.version == MDX_SB_1_0) {
    std::int64_t start = data + static_cast<std::int64_t>(super.data_size) - sb, end = 0;
    if (bitmap && super.bitmap_offset < 0) start = super.bitmap_offset + bitmap_sectors;
    return end - start >= kBblogSectors ? -kBblogSectors : 0;
  }
  std::int64_t start = MDX_SB_SECTORS;
  if (bitmap) start = std::max(start, super.bitmap_offset + bitmap_sectors);
  const std::int64_t last = data - sb - kBblogSectors;
  if (start > last) return 0;
  const std::int64_t wanted = std::max<std::int64_t>(start, MDX_SB_SECTORS + kBblogDistance);
  return std::min(wanted, start + (last - start) / kBblogSectors * kBblogSectors);
}

Result<bool> update_bbl(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(need_1(super, request.what));
  if (super.bblog_size) return false;
  const bool bitmap = super.feature_map & MD_FEATURE_BITMAP_OFFSET;
  if (bitmap && !request.bitmap_sectors)
    return fail(Code::refused, "the bitmap makes no sense, so where it ends is not known");
  const auto place = bblog_place(super, static_cast<std::int64_t>(request.bitmap_sectors));
  if (!place) return fail(Code::refused, "there is no room for a bad-block log");
  super.bblog_size = kBblogSectors;
  super.bblog_offset = static_cast<__s32>(place);
  super.bblog_shift = 0;
  return true;
}

// mdadm's word for what only the superblocks of firmware RAID have.
Result<bool> update_bitmap(const UpdateRequest&, mdx_super& super) {
  return fail(Error(Code::refused, fmt::format("--update=bitmap not understood for {} metadata",
                                               super.version == MDX_SB_0_90 ? "0.90" : "1.x"))
                  .hint("--grow --bitmap=internal gives a running array one"));
}

Result<bool> update_no_bitmap(const UpdateRequest&, mdx_super& super) {
  const bool changes = super.feature_map & MD_FEATURE_BITMAP_OFFSET;
  super.feature_map &= ~static_cast<__u32>(MD_FEATURE_BITMAP_OFFSET);
  super.bitmap_offset = 0;
  return changes;
}

struct Row {
  const char* word;
  Apply apply;  // null: not in this release
};

constexpr Row kRows[] = {
    {"sparc2.2", nullptr},
    {"super-minor", update_minor},
    {"uuid", update_uuid},
    {"name", update_name},
    {"nodes", nullptr},
    {"resync", update_resync},
    {"summaries", update_summaries},
    {"homehost", update_homehost},
    {"home-cluster", nullptr},
    {"byteorder", nullptr},
    {"devicesize", update_devicesize},
    {"bitmap", update_bitmap},
    {"no-bitmap", update_no_bitmap},
    {"metadata", nullptr},
    {"revert-reshape", nullptr},
    {"bbl", update_bbl},
    {"no-bbl", update_no_bbl},
    {"force-no-bbl", update_no_bbl},
    {"ppl", nullptr},
    {"no-ppl", nullptr},
    {"layout-original", update_layout<1>},
    {"layout-alternate", update_layout<2>},
    {"layout-unspecified", update_layout<0>},
};

const Row* find_row(const std::string& what) {
  for (const Row& row : kRows)
    if (what == row.word) return &row;
  return nullptr;
}

}  // namespace

std::string update_help() {
  std::string out, line = "     ";
  for (const Row& row : kRows) {
    const std::string word = fmt::format("'{}'", row.word);
    if (line.size() + word.size() > 70) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = "     ";
    }
    line += word;
    if (&row != &kRows[std::size(kRows) - 1]) line += ", ";
  }
  return out + line;
}

bool is_update_word(const std::string& what) { return find_row(what); }

Result<> check_update(const std::string& what) {
  const Row* row = find_row(what);
  if (!row)
    return fail(Code::usage, "'--update={}' is invalid.  Valid --update options are:\n{}", what,
                update_help());
  if (!row->apply)
    return fail(
        Error(Code::unsupported, fmt::format("--update={} is not supported by this release", what))
            .hint("mdadm can do it"));
  return {};
}

Result<bool> apply_update(const UpdateRequest& request, mdx_super& super) {
  MDCTL_CHECK(check_update(request.what));
  return find_row(request.what)->apply(request, super);
}

void set_home_hash(Uuid& uuid, const std::string& host) {
  // Shown as two numbers of the writer's byte order.
  const auto digest = sha1(host);
  for (std::size_t i = 0; i < 8; i++) uuid[8 + i] = digest[i / 4 * 4 + 3 - i % 4];
}

}  // namespace mdctl::model
