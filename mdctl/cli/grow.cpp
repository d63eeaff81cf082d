// SPDX-License-Identifier: GPL-2.0-only
#include "cli/grow.hpp"

#include <cerrno>

#include "cli/arrays.hpp"
#include "model/level.hpp"

namespace mdctl::cli {
namespace {

bool is_array_size(const Options& options) { return options.array_size_kib.has_value(); }

bool adds_devices(const Options& options) { return options.devices.size() > 1; }

// Geometry besides the bitmap.
bool changes_shape(const Options& options) {
  return options.size_kib || options.raid_devices || options.chunk_kib || !options.layout.empty() ||
         options.level || !options.data_offset.empty();
}

Failure no_reshape(const std::string& what) {
  return fail(Error(Code::unsupported,
                    fmt::format("{} is a reshape, which is not part of this release", what))
                  .hint("mdadm --grow does it on the kernel's md"));
}

Result<> refuse_reshapes(const Options& options, const mdu_array_info_t& info) {
  if (options.level && *options.level != info.level) return no_reshape("another level");
  if (!options.layout.empty()) return no_reshape("another layout");
  if (options.chunk_kib) return no_reshape("another chunk size");
  if (!options.data_offset.empty()) return no_reshape("another data offset");
  if (options.continue_reshape) return no_reshape("what is to be continued");
  if (options.raid_devices && static_cast<int>(*options.raid_devices) != info.raid_disks &&
      info.level != 1)
    return no_reshape("another number of devices, but for RAID1,");
  return {};
}

// Which words exclude each other.
Result<> check_words(const Options& options) {
  if (is_array_size(options) && (options.raid_devices || options.level))
    return fail(Code::refused,
                "cannot change array size in same operation as changing raiddisks or level.\n"
                "    Change size first, then check that data is still intact.");
  if (!options.bitmap.empty() && (changes_shape(options) || adds_devices(options)))
    return fail(Code::refused,
                "--bitmap changes cannot be used with other geometry changes in --grow mode");
  if (adds_devices(options) && !options.raid_devices && !options.level &&
      (options.size_kib || options.chunk_kib || !options.layout.empty()))
    return fail(Code::refused, "--add cannot be used with other geometry changes in --grow mode");
  if (options.size_kib &&
      (options.raid_devices || options.level || options.chunk_kib || !options.layout.empty()))
    return fail(Code::refused,
                "cannot change component size at the same time as other changes.\n"
                "   Change size first, then check data is intact before making other changes.");
  if (options.bitmap.find('/') != std::string::npos)
    return fail(Error(Code::unsupported, "bitmaps in files are not part of this release")
                    .hint("use --bitmap=internal"));
  if (!options.consistency_policy.empty())
    return fail(Error(Code::unsupported, fmt::format("--consistency-policy={} cannot be changed to",
                                                     options.consistency_policy))
                    .hint("--bitmap=internal and --bitmap=none change it; ppl is mdadm's"));
  return {};
}

Result<> grow_one(Managed& array) {
  const Options& options = array.options;
  MDCTL_TRY(const auto info, array.device->info());
  MDCTL_CHECK(refuse_reshapes(options, info));
  if (is_array_size(options)) MDCTL_CHECK(set_array_size(array));
  if (adds_devices(options) && !options.raid_devices) return append_members(array);
  if (!options.bitmap.empty()) return grow_bitmap(array, info);
  if (options.raid_devices) return grow_members(array, info);
  if (options.size_kib) return grow_component(array, info);
  if (!is_array_size(options)) array.context.console.note("no changes to --grow");
  return {};
}

Result<int> grow(Context& context, const Options& options) {
  if (options.devices.empty()) return fail(Code::usage, "an md device must be given in this mode");
  MDCTL_CHECK(check_words(options));
  const std::string& path = options.devices.front().path;
  auto name = array_at(context, path);
  if (!name && name.error().errno_value() == ENOENT)
    return fail(Code::not_found, "error opening {}: No such file or directory", path);
  if (!name) return fail(std::move(name).error());
  MDCTL_TRY(auto device, context.kernel.open_array(*name, false));
  Managed array{context, options, *name, path, std::move(device)};
  if (!array.device->info())
    return fail(Error(Code::not_found, fmt::format("{} is not an active md array - aborting", path))
                    .hint("start it with --run or --assemble"));
  MDCTL_CHECK(grow_one(array));
  return 0;
}

const Registration registration({"grow", Mode::grow, Action::none,
                                 "change size, devices or bitmap of an array", grow});

}  // namespace

}  // namespace mdctl::cli
