// SPDX-License-Identifier: GPL-2.0-only
#include "cli/create_check.hpp"

#include "model/level.hpp"
#include "system/superblock.hpp"
#include "util/size.hpp"

namespace mdctl::cli {
namespace {

constexpr std::size_t kSetNameBytes = 32;

Result<> check_later_features(const Options& options) {
  if (!options.bitmap.empty() && options.bitmap != "none")
    return fail(Error(Code::unsupported, "--create cannot make a write-intent bitmap yet")
                    .hint("use --bitmap=none; mdx has no bitmaps yet, on md mdadm --grow "
                          "--bitmap=internal adds one to the running array"));
  if (!options.write_journal.empty())
    return fail(Code::unsupported, "--write-journal is not supported by this release");
  if (!options.consistency_policy.empty() && options.consistency_policy != "resync")
    return fail(Code::unsupported, "--consistency-policy={} is not supported by this release",
                options.consistency_policy);
  if (options.write_behind)
    return fail(Code::usage, "write-behind mode needs a write-intent bitmap");
  if (options.write_zeroes)
    return fail(Code::unsupported, "--write-zeroes is not supported by this release");
  return {};
}

Result<std::optional<std::uint64_t>> parse_data_offset(const Options& options,
                                                       mdx_sb_version version) {
  if (options.data_offset.empty()) return std::optional<std::uint64_t>{};
  if (options.data_offset == "variable")
    return fail(Code::unsupported, "--data-offset=variable is not supported by this release");
  if (version == MDX_SB_0_90 || version == MDX_SB_1_0)
    return fail(Code::usage, "data-offset setting not supported for {} metadata",
                mdx_sb_version_text(version));
  auto sectors = parse_size_sectors(options.data_offset);
  if (!sectors || *sectors < 2 * MDX_SB_SECTORS)
    return fail(Code::usage, "invalid data-offset: {}", options.data_offset);
  return sectors;
}

Result<std::uint32_t> parse_create_layout(const Options& options) {
  if (options.layout.empty()) return model::default_layout(*options.level);
  auto layout = model::parse_layout(*options.level, options.layout);
  if (!layout)
    return fail(Code::usage, "layout {} not understood for {}.", options.layout,
                model::level_name(*options.level).value_or("this level"));
  return *layout;
}

Result<> check_minimum(const Options& options) {
  const unsigned least = *options.level == 6                          ? 4
                         : *options.level == 5 || *options.level == 4 ? 2
                                                                      : 1;
  if (*options.raid_devices < least)
    return fail(Code::usage, "at least {} raid-devices needed for level {}", least, *options.level);
  if (*options.raid_devices > MDX_SB1_MAX_DEVS)
    return fail(Code::usage, "bad number of raid devices: {}, {} are the most",
                *options.raid_devices, MDX_SB1_MAX_DEVS);
  return {};
}

Result<> check_old_limits(const Options& options, unsigned spares) {
  if (*options.raid_devices + spares > MDX_SB0_MAX_DEVS)
    return fail(
        Error(Code::refused,
              fmt::format("0.90 metadata supports at most {} devices per array", MDX_SB0_MAX_DEVS))
            .hint("use --metadata=1.2"));
  return {};
}

}  // namespace

Result<> check_counts(const Options& options, unsigned spares) {
  if (options.devices.empty()) return fail(Code::usage, "an md device must be given in this mode");
  if (!options.level) {
    return fail(Code::refused, "a RAID level is needed to create an array.");
  }
  if (!options.raid_devices) return fail(Code::refused, "no raid-devices specified.");
  MDCTL_CHECK(check_minimum(options));
  const std::size_t given = options.devices.size() - 1;
  const std::size_t wanted = *options.raid_devices + spares;
  if (given < wanted)
    return fail(Code::refused,
                "You haven't given enough devices (real or missing) to create this array");
  if (given > wanted)
    return fail(Code::refused, "You have listed more devices ({}) than are in the array({})!",
                given, wanted);
  return {};
}

void warn_no_bitmap(Context& context, const Options& options) {
  if (options.has("bitmap-chunk"))
    context.console.warn("--bitmap-chunk has no effect: the array gets no bitmap");
  if (options.delay) context.console.warn("--delay has no effect: the array gets no bitmap");
}

Result<CreateShape> check_create(Context& context, const Options& options) {
  CreateShape out;
  out.spares = options.spare_devices.value_or(0);
  MDCTL_CHECK(check_counts(options, out.spares));
  const int level = *options.level;
  if (level == model::kLevelMultipath || level == model::kLevelFaulty || level < -5)
    return fail(Code::unsupported, "level {} is not supported", options.level_text);
  if (out.spares && !model::is_redundant(level))
    return fail(Code::refused, "This level does not support spare devices");
  if (options.size_kib && *options.size_kib && !model::has_equal_members(level))
    return fail(Code::refused, "size setting is not meaningful for level {}", options.level_text);
  MDCTL_CHECK(check_later_features(options));
  warn_no_bitmap(context, options);
  std::string metadata = options.metadata;
  if (metadata.empty() || metadata == "1.x") metadata = context.config.create_metadata;
  if (metadata.empty() || metadata == "1.x") metadata = "1.2";
  auto version = system::parse_version(metadata);
  if (!version) return fail(Code::usage, "unrecognised metadata identifier: {}", metadata);
  out.version = *version;
  if (out.version == MDX_SB_0_90) MDCTL_CHECK(check_old_limits(options, out.spares));
  MDCTL_TRY(out.layout, parse_create_layout(options));
  MDCTL_TRY(out.data_offset, parse_data_offset(options, out.version));
  return out;
}

std::string short_name(const config::ArrayName& name) {
  if (!name.link.empty()) return name.link;
  for (const char* prefix : {"md_", "md"})
    if (name.kernel.rfind(prefix, 0) == 0) return name.kernel.substr(std::string(prefix).size());
  return name.kernel;
}

std::string full_set_name(const std::string& name, const std::string& host) {
  std::string out = name;
  if (!host.empty() && name.find(':') == std::string::npos &&
      host.size() + 1 + name.size() < kSetNameBytes)
    out = host + ":" + name;
  return out.substr(0, kSetNameBytes);
}

}  // namespace mdctl::cli
