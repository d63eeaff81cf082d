// SPDX-License-Identifier: GPL-2.0-only
#include "cli/create_check.hpp"

#include <bit>

#include "model/level.hpp"
#include "model/raid10.hpp"
#include "system/superblock.hpp"
#include "util/size.hpp"

namespace mdctl::cli {
namespace {

constexpr std::size_t kSetNameBytes = 32;

Result<> check_later_features(const Options& options) {
  if (options.bitmap.find('/') != std::string::npos)
    return fail(Error(Code::unsupported, "bitmaps in files are not part of this release")
                    .hint("use --bitmap=internal"));
  if (!options.write_journal.empty())
    return fail(Code::unsupported, "--write-journal is not supported by this release");
  if (options.consistency_policy == "journal" || options.consistency_policy == "ppl")
    return fail(Code::unsupported, "--consistency-policy={} is not supported by this release",
                options.consistency_policy);
  if (options.write_zeroes)
    return fail(Code::unsupported, "--write-zeroes is not supported by this release");
  return {};
}

// Which words about a bitmap go together, and with the level.
Result<> check_bitmap(const Options& options) {
  const bool wanted = options.bitmap == "internal";
  if (wanted && !model::is_redundant(*options.level))
    return fail(Code::refused, "bitmaps not meaningful with level {}",
                model::level_name(*options.level).value_or(options.level_text));
  if (options.write_behind && options.bitmap.empty())
    return fail(Code::refused, "write-behind mode requires a bitmap.");
  if (!options.consistency_policy.empty() && !model::is_redundant(*options.level))
    return fail(Code::usage, "--consistency-policy not meaningful with level {}.",
                model::level_name(*options.level).value_or(options.level_text));
  if (options.consistency_policy == "bitmap" && !wanted)
    return fail(Code::usage, "--bitmap is required for consistency policy: bitmap");
  if (options.consistency_policy == "resync" && wanted)
    return fail(Code::usage, "--bitmap is not compatible with consistency policy: resync");
  return {};
}

std::optional<bool> bitmap_asked_for(const Options& options) {
  if (options.bitmap == "internal") return true;
  if (options.bitmap == "none" || options.consistency_policy == "resync") return false;
  return std::nullopt;
}

model::BitmapRequest bitmap_request(const Options& options) {
  model::BitmapRequest out;
  out.chunk_bytes = options.bitmap_chunk.value_or(0);
  if (options.delay) out.delay = static_cast<std::uint32_t>(*options.delay);
  out.write_behind = static_cast<std::uint32_t>(options.write_behind.value_or(0));
  return out;
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

// What the driver would refuse, but not before superblocks are written.
Result<> check_raid10(const Options& options, std::uint32_t layout) {
  const unsigned copies = model::raid10_copies(layout);
  if (copies == 1)
    return fail(
        Error(Code::refused, fmt::format("layout {} keeps one copy of the data", options.layout))
            .hint("RAID10 wants two at least; RAID0 has one"));
  if (*options.raid_devices < copies)
    return fail(Code::refused, "that layout requires at least {} devices", copies);
  if (options.chunk_kib && !std::has_single_bit(*options.chunk_kib))
    return fail(Code::refused, "chunk size {}K is not a power of 2", *options.chunk_kib);
  return {};
}

// Of the word alone.
Result<std::uint32_t> layout_of(const Options& options) {
  const int level = *options.level;
  if (options.layout.empty()) return model::default_layout(level);
  if (const auto layout = model::parse_layout(level, options.layout)) return *layout;
  if (level == 10)
    return fail(Code::usage,
                "layout for raid10 must be 'nNN', 'oNN' or 'fNN' where NN is a number, not {}",
                options.layout);
  return fail(Code::usage, "layout {} not understood for {}.", options.layout,
              model::level_name(level).value_or("this level"));
}

Result<> check_minimum(const Options& options) {
  const int level = *options.level;
  const unsigned least = level == 6 ? 4 : level == 10 || level == 5 || level == 4 ? 2 : 1;
  if (*options.raid_devices < least)
    return fail(Code::refused, "at least {} raid-devices needed for level {}", least,
                *options.level);
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
  // A word that means nothing comes before what is wrong with the others.
  MDCTL_CHECK(layout_of(options));
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

Result<std::uint32_t> check_layout(const Options& options) {
  MDCTL_TRY(const std::uint32_t out, layout_of(options));
  if (*options.level == 10) MDCTL_CHECK(check_raid10(options, out));
  return out;
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
  MDCTL_CHECK(check_bitmap(options));
  if (options.write_behind && options.bitmap == "none")
    context.console.warn("--write-behind has no effect: the array gets no bitmap");
  out.bitmap = bitmap_asked_for(options);
  out.bitmap_request = bitmap_request(options);
  std::string metadata = options.metadata;
  if (metadata.empty() || metadata == "1.x") metadata = context.config.create_metadata;
  if (metadata.empty() || metadata == "1.x") metadata = "1.2";
  auto version = system::parse_version(metadata);
  if (!version) return fail(Code::usage, "unrecognised metadata identifier: {}", metadata);
  out.version = *version;
  if (out.version == MDX_SB_0_90) MDCTL_CHECK(check_old_limits(options, out.spares));
  MDCTL_TRY(out.layout, check_layout(options));
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
