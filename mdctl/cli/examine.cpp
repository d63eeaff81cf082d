// SPDX-License-Identifier: GPL-2.0-only
// --examine: what members say about themselves.
#include <array>
#include <cstring>

#include "cli/arrays.hpp"
#include "output/examine_report.hpp"
#include "output/mbr_report.hpp"
#include "system/bitmap.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

constexpr std::size_t kCounters0 = 136;  // bytes into the superblock
constexpr std::size_t kChecksum0 = 152;
constexpr std::size_t kChecksum1 = 216;

// What decoding does not keep; it has proved the checksum right.
Result<> stored_words(kernel::BlockDevice& device, const mdx_super& super,
                      output::ExamineReport::Facts& facts) {
  std::array<std::byte, MDX_SB_BYTES> image;
  MDCTL_CHECK(device.read(super.super_offset * 512, image));
  const bool old = super.version == MDX_SB_0_90;
  std::memcpy(&facts.checksum, image.data() + (old ? kChecksum0 : kChecksum1),
              sizeof facts.checksum);
  if (!old) return {};
  std::uint32_t counters[4];
  std::memcpy(counters, image.data() + kCounters0, sizeof counters);
  facts.counters = {counters[0], counters[1], counters[2], counters[3]};
  return {};
}

// A disk that is no member often is one that has partitions. Null: it has none of that kind.
std::unique_ptr<output::MbrReport> partition_table(kernel::BlockDevice& device) {
  std::array<std::byte, 512> sector;
  if (!device.read(0, sector)) return nullptr;
  auto table = output::MbrReport::from(device.path(), sector);
  return table ? std::make_unique<output::MbrReport>(std::move(*table)) : nullptr;
}

std::vector<std::string> table_paths(Context& context, const mdx_super& super) {
  std::vector<std::string> out;
  if (super.version != MDX_SB_0_90) return out;
  for (const mdx_sb0_disk& disk : super.sb0_disks) {
    std::string path;
    if (disk.major || disk.minor) path = context.blocks.path_of({disk.major, disk.minor});
    out.push_back(path.rfind('/', 0) == 0 ? path : "");
  }
  return out;
}

struct Examination {
  Context& context;
  const Options& options;
  config::HomeHost home;
  std::vector<std::unique_ptr<output::ExamineArrayReport>> arrays;  // for --brief

  Result<> one(const std::string& path);
  void group(const mdx_super& super, const std::string& path);
};

void Examination::group(const mdx_super& super, const std::string& path) {
  for (auto& array : arrays)
    if (mdx_sb_same_set(&array->super(), &super)) {
      array->add(path, super.role >= MDX_ROLE_MAX);
      return;
    }
  arrays.push_back(std::make_unique<output::ExamineArrayReport>(super, options.verbose > 0));
  arrays.back()->add(path, super.role >= MDX_ROLE_MAX);
}

Result<> Examination::one(const std::string& path) {
  auto device = context.blocks.open(path, kernel::Access::read);
  if (!device) return fail(Error(device.error()).context(fmt::format("cannot examine {}", path)));
  std::optional<mdx_sb_version> version;
  if (!options.metadata.empty()) version = system::parse_version(options.metadata);
  auto loaded = system::load_superblock(**device, version);
  if (!loaded && loaded.error().code() == Code::not_found && !version) {
    if (auto table = partition_table(**device)) {
      context.reports.push_back(std::move(table));
      return {};
    }
  }
  if (!loaded) return fail(std::move(loaded).error());
  const auto super = std::move(*loaded);
  if (options.brief && !options.export_keys) {
    group(*super, path);
    return {};
  }
  output::ExamineReport::Facts facts;
  facts.path = path;
  facts.local_remark = local_remark(config::ArrayIdentity::from(*super), home);
  facts.dev_sectors = (*device)->sectors();
  facts.bitmap_sectors = system::bitmap_sectors(**device, *super);
  MDCTL_CHECK(stored_words(**device, *super, facts));
  facts.table_paths = table_paths(context, *super);
  context.reports.push_back(std::make_unique<output::ExamineReport>(*super, std::move(facts)));
  return {};
}

Result<int> examine(Context& context, const Options& options) {
  std::vector<std::string> paths;
  for (const auto& device : options.devices) paths.push_back(device.path);
  const bool scanning = paths.empty();
  if (scanning && !options.scan) return fail(Code::usage, "No devices to examine");
  if (scanning) {
    MDCTL_TRY(paths, context.blocks.partitions());
  }
  Examination work{context, options, home_host(context, options), {}};
  int status = 0;
  for (const auto& path : paths) {
    if (scanning && !config::device_allowed(context.config, names_of(context, path))) continue;
    auto done = work.one(path);
    if (done || (scanning && done.error().code() != Code::corrupt)) continue;
    // Nothing of the kind that was asked for is an answer, and for a configuration an empty one.
    const bool nothing = done.error().code() == Code::not_found && !done.error().errno_value();
    if (nothing && options.brief) continue;
    context.console.fail(done.error());
    if (!nothing || options.metadata.empty()) status = 1;
  }
  for (auto& array : work.arrays) context.reports.push_back(std::move(array));
  return status;
}

const Registration registration({"examine", Mode::misc, Action::examine, "superblocks of members",
                                 examine});

}  // namespace
}  // namespace mdctl::cli
