// SPDX-License-Identifier: GPL-2.0-only
// --examine-badblocks: what members know to be bad of themselves.
#include <linux/raid/md_p.h>

#include "cli/command.hpp"
#include "output/bad_blocks_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

Result<> read_log(kernel::BlockDevice& device, const mdx_super& super,
                  output::BadBlocksReport& report) {
  using Log = output::BadBlocksReport::Log;
  report.log = !super.bblog_size                           ? Log::none
               : super.feature_map & MD_FEATURE_BAD_BLOCKS ? Log::used
                                                           : Log::empty;
  if (report.log != Log::used) return {};
  // Decoding has proved that the log is on the device, and how long one may be.
  std::vector<std::byte> log(std::size_t{super.bblog_size} * 512);
  const auto sector = static_cast<std::int64_t>(super.super_offset) + super.bblog_offset;
  if (auto done = device.read(static_cast<std::uint64_t>(sector) * 512, log); !done)
    return fail(std::move(done).error().context("Cannot read bad-blocks list"));
  report.ranges = model::decode_bad_blocks(log, super.bblog_shift);
  return {};
}

Result<> examine_one(Context& context, const Options& options, const std::string& path) {
  MDCTL_TRY(auto device, context.blocks.open(path, kernel::Access::read));
  std::optional<mdx_sb_version> version;
  if (!options.metadata.empty()) version = system::parse_version(options.metadata);
  MDCTL_TRY(const auto super, system::load_superblock(*device, version));
  if (super->version == MDX_SB_0_90)
    return fail(Code::unsupported, "0.90 metadata does not support badblocks: {}", path);
  auto report = std::make_unique<output::BadBlocksReport>();
  report->path = path;
  MDCTL_CHECK(read_log(*device, *super, *report));
  context.reports.push_back(std::move(report));
  return {};
}

Result<int> examine_badblocks(Context& context, const Options& options) {
  return each_device(context, options,
                     [&](const std::string& path) { return examine_one(context, options, path); });
}

const Registration registration({"examine-badblocks", Mode::misc, Action::examine_badblocks,
                                 "bad-block logs of members", examine_badblocks});

}  // namespace
}  // namespace mdctl::cli
