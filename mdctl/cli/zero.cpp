// SPDX-License-Identifier: GPL-2.0-only
// --zero-superblock: forget that a device was a member.
#include "cli/arrays.hpp"
#include "cli/consent.hpp"
#include "output/done_report.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {
namespace {

constexpr int kNotDone = 2;

// False: there is none of the version that was asked for.
Result<bool> zero_one(Context& context, const Options& options, const std::string& path) {
  MDCTL_TRY(auto device, open_member(context, path, kernel::Access::write));
  bool any = false;
  for (unsigned v = 0; v < MDX_SB_VERSIONS; v++) {
    const auto version = static_cast<mdx_sb_version>(v);
    if (!options.metadata.empty() && system::parse_version(options.metadata) != version) continue;
    auto super = system::load_superblock(*device, version);
    // A broken one is erased only if its owner insists.
    if (!super && !(options.force && super.error().code() == Code::corrupt)) continue;
    MDCTL_CHECK(system::erase_superblock(*device, version));
    any = true;
  }
  if (any) {
    context.reports.push_back(std::make_unique<output::DoneReport>("zeroed", path, path));
    return true;
  }
  if (!options.metadata.empty()) {
    context.console.fail("No superblock {} found on {}", options.metadata, path);
    return false;
  }
  context.console.note("Unrecognised md component device - {}", path);
  return true;
}

Result<int> zero(Context& context, const Options& options) {
  if (options.devices.empty()) return fail(Code::usage, "No devices given.");
  int status = 0;
  for (const auto& device : options.devices) {
    auto done = zero_one(context, options, device.path);
    if (!done || !*done) status = kNotDone;
    if (done) continue;
    context.console.fail(
        Error(done.error())
            .context(fmt::format("Couldn't open {} for write - not zeroing", device.path)));
  }
  return status;
}

const Registration registration({"zero-superblock", Mode::misc, Action::zero_superblock,
                                 "erase superblocks", zero});

}  // namespace
}  // namespace mdctl::cli
