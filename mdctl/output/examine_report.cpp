// SPDX-License-Identifier: GPL-2.0-only
#include "output/examine_report.hpp"

#include <fmt/format.h>
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "model/array_detail.hpp"
#include "model/level.hpp"
#include "output/detail_report.hpp"
#include "output/escape.hpp"
#include "util/size.hpp"
#include "util/uuid.hpp"

namespace mdctl::output {
namespace {

Uuid uuid_of(const __u8 (&raw)[16]) {
  Uuid out;
  std::memcpy(out.data(), raw, out.size());
  return out;
}

std::string level_text(const mdx_super& sb) {
  return model::level_name(sb.level).value_or("-unknown-");
}

const char* version_text(const mdx_super& sb) {
  return mdx_sb_version_text(static_cast<mdx_sb_version>(sb.version));
}

std::string name_without_home(const mdx_super& sb) {
  const char* colon = std::strchr(sb.set_name, ':');
  return colon ? colon + 1 : sb.set_name;
}

bool is_journal(const mdx_super& sb) { return sb.role == MDX_ROLE_JOURNAL; }

// Slots that a shrinking array still has.
std::uint32_t slots_of(const mdx_super& sb) {
  const bool shrinks = sb.feature_map & MD_FEATURE_RESHAPE_ACTIVE && sb.delta_disks < 0;
  return sb.raid_disks + (shrinks ? static_cast<std::uint32_t>(-sb.delta_disks) : 0);
}

// "AA.R": one letter a slot.
std::string slot_letters(const mdx_super& sb) {
  std::string out;
  for (std::uint32_t slot = 0; slot < slots_of(sb); slot++) {
    const auto count = std::count(sb.roles, sb.roles + sb.max_dev, static_cast<__u16>(slot));
    out += count == 0 ? '.' : count == 1 ? 'A' : 'R';
  }
  return out;
}

std::string role_text(const mdx_super& sb) {
  if (is_journal(sb)) return "Journal";
  if (sb.role >= MDX_ROLE_MAX) return "spare";
  if (sb.feature_map & MD_FEATURE_REPLACEMENT) return fmt::format("Replacement device {}", sb.role);
  return fmt::format("Active device {}", sb.role);
}

// With PPL the word of the bitmap's place holds its own: offset from the superblock, size.
struct PplPlace {
  std::int16_t offset;
  std::uint16_t sectors;
};

std::optional<PplPlace> ppl_place(const mdx_super& sb) {
  if (!(sb.feature_map & (MD_FEATURE_PPL | MD_FEATURE_MULTIPLE_PPLS))) return std::nullopt;
  const auto word = static_cast<std::uint32_t>(sb.bitmap_offset);
  return PplPlace{static_cast<std::int16_t>(word & 0xffff), static_cast<std::uint16_t>(word >> 16)};
}

std::string size_line(const char* label, std::uint64_t value, const char* unit,
                      std::uint64_t bytes) {
  return fmt::format("{:>15} : {} {}{}\n", label, value, unit, human_size(bytes));
}

std::string chunk_lines(const mdx_super& sb) {
  std::string out;
  if (model::has_layout(sb.level)) {
    const bool unknown = sb.level == 0 && !(sb.feature_map & MD_FEATURE_RAID0_LAYOUT);
    if (!unknown)
      out += fmt::format("         Layout : {}\n", model::layout_name(sb.level, sb.layout));
  }
  if (model::has_chunks(sb.level))
    out += fmt::format("     Chunk Size : {}K\n", sb.chunk_sectors / 2);
  if (sb.level == model::kLevelLinear)
    out += fmt::format("       Rounding : {}K\n", sb.chunk_sectors / 2);
  return out;
}

// Space around the data that nothing uses.
std::pair<std::int64_t, std::int64_t> unused_space(const mdx_super& sb, std::uint64_t dev_sectors,
                                                   std::uint64_t bitmap_sectors) {
  const auto super = static_cast<std::int64_t>(sb.super_offset);
  const auto data = static_cast<std::int64_t>(sb.data_offset);
  const auto used = static_cast<std::int64_t>(
      sb.size && sb.level > 0 ? std::min<std::uint64_t>(sb.size, sb.data_size) : sb.data_size);
  const bool bitmap = sb.feature_map & MD_FEATURE_BITMAP_OFFSET;
  const auto bitmap_end = sb.bitmap_offset + static_cast<std::int64_t>(bitmap_sectors);
  if (super <= data) {
    std::int64_t start = super + 72;  // superblock and what old bitmaps took
    if (bitmap) start = std::max(start, super + bitmap_end);
    if (sb.bblog_size && sb.bblog_offset > 0)
      start = std::max(start, super + sb.bblog_offset + sb.bblog_size);
    return {data - start, static_cast<std::int64_t>(dev_sectors) - data - used};
  }
  std::int64_t end = super;
  if (bitmap && sb.bitmap_offset < 0) end = std::min<std::int64_t>(end, super + sb.bitmap_offset);
  if (const auto ppl = ppl_place(sb)) end = std::min<std::int64_t>(end, super + ppl->offset);
  if (sb.bblog_size && sb.bblog_offset < 0)
    end = std::min<std::int64_t>(end, super + sb.bblog_offset);
  return {data, end - data - used};
}

Json table_json(const mdx_super& sb) {
  Json out = Json::array();
  for (std::uint32_t slot = 0; slot < sb.raid_disks; slot++) {
    const auto* found = std::find(sb.roles, sb.roles + sb.max_dev, static_cast<__u16>(slot));
    out.push_back(found != sb.roles + sb.max_dev);
  }
  return out;
}

}  // namespace

std::uint64_t array_sectors(const mdx_super& sb) {
  if (sb.level < 1) return 0;
  const auto ratio = model::data_ratio(sb.level, sb.raid_disks, sb.layout);
  return sb.size * ratio.multiply / ratio.divide;
}

std::string ExamineReport::sizes_1() const {
  const mdx_super& sb = super_;
  std::string out = size_line("Avail Dev Size", sb.data_size, "sectors", sb.data_size * 512);
  if (sb.level > 0) {
    const std::uint64_t total = array_sectors(sb);
    out += size_line("Array Size", total / 2, "KiB", total * 512);
  }
  if (sb.size != sb.data_size && sb.level != 0)
    out += size_line("Used Dev Size", sb.size, "sectors", sb.size * 512);
  if (sb.data_offset) out += fmt::format("    Data Offset : {} sectors\n", sb.data_offset);
  out += fmt::format("   Super Offset : {} sectors\n", sb.super_offset);
  if ((sb.feature_map & MD_FEATURE_RECOVERY_OFFSET) && !is_journal(sb))
    out += fmt::format("Recovery Offset : {} sectors\n", sb.recovery_offset);
  auto [before, after] = unused_space(sb, facts_.dev_sectors, facts_.bitmap_sectors);
  if (before > 0 || after > 0)
    out += fmt::format("   Unused Space : before={} sectors, after={} sectors\n", before, after);
  return out;
}

std::string ExamineReport::ppl_line() const {
  const auto ppl = ppl_place(super_);
  if (!ppl) return {};
  return fmt::format("            PPL : {} sectors at offset {} sectors from superblock\n",
                     ppl->sectors, ppl->offset);
}

// What the array is becoming; a blank line behind it.
std::string ExamineReport::reshape_lines() const {
  const mdx_super& sb = super_;
  if (!(sb.feature_map & MD_FEATURE_RESHAPE_ACTIVE)) return {};
  std::string out = fmt::format("  Reshape pos'n : {}{}\n", sb.reshape_position / 2,
                                human_size(sb.reshape_position * 512));
  if (sb.delta_disks)
    out += fmt::format("  Delta Devices : {} ({}->{})\n", sb.delta_disks,
                       static_cast<std::int64_t>(sb.raid_disks) - sb.delta_disks, sb.raid_disks);
  if (sb.new_level != sb.level)
    out += fmt::format("      New Level : {}\n",
                       model::level_name(sb.new_level).value_or("-unknown-"));
  if (sb.new_layout != sb.layout && (sb.level == 5 || sb.level == 6 || sb.level == 10))
    out += fmt::format("     New Layout : {}\n", model::layout_name(sb.level, sb.new_layout));
  if (sb.new_chunk_sectors != sb.chunk_sectors)
    out += sb.version == MDX_SB_0_90
               ? fmt::format("  New Chunksize : {}\n", sb.new_chunk_sectors * 512ULL)
               : fmt::format("  New Chunksize : {}K\n", sb.new_chunk_sectors / 2);
  return out + "\n";
}

std::string ExamineReport::tail_1() const {
  const mdx_super& sb = super_;
  std::string out = "\n";
  if (sb.feature_map & MD_FEATURE_BITMAP_OFFSET)
    out += fmt::format("Internal Bitmap : {} sectors from superblock\n", sb.bitmap_offset);
  out += ppl_line() + reshape_lines();
  if (sb.devflags)
    out += fmt::format("          Flags :{}{}\n", sb.devflags & WriteMostly1 ? " write-mostly" : "",
                       sb.devflags & FailFast1 ? " failfast" : "");
  out += fmt::format("    Update Time : {}\n", time_text(static_cast<std::int64_t>(sb.utime)));
  if (sb.bblog_size && sb.bblog_offset)
    out += fmt::format("  Bad Block Log : {} entries available at offset {} sectors{}\n",
                       sb.bblog_size * 512 / 8, sb.bblog_offset,
                       sb.feature_map & MD_FEATURE_BAD_BLOCKS ? " - bad blocks present." : "");
  out += fmt::format("       Checksum : {:x} - correct\n", facts_.checksum);
  out += fmt::format("         Events : {}\n\n", sb.events);
  out += chunk_lines(sb) + "\n";
  out += fmt::format("   Device Role : {}\n", role_text(sb));
  out += fmt::format("   Array State : {} ('A' == active, '.' == missing, 'R' == replacing)\n",
                     slot_letters(sb));
  return out;
}

std::string ExamineReport::text_1() const {
  const mdx_super& sb = super_;
  std::string out = fmt::format("{}:\n          Magic : {:08x}\n        Version : {}\n",
                                facts_.path, MD_SB_MAGIC, version_text(sb));
  out += fmt::format("    Feature Map : {:#x}\n", sb.feature_map);
  out += fmt::format("     Array UUID : {}\n", to_string(uuid_of(sb.set_uuid)));
  out += fmt::format("           Name : {}{}{}\n", sb.set_name,
                     facts_.local_remark.empty() ? "" : "  ", facts_.local_remark);
  out += fmt::format("  Creation Time : {}\n", time_text(static_cast<std::int64_t>(sb.ctime)));
  out +=
      fmt::format("     Raid Level : {}\n   Raid Devices : {}\n\n", level_text(sb), sb.raid_disks);
  out += sizes_1();
  const bool clean = sb.resync_offset == MDX_SECTOR_NONE || sb.level <= 0;
  out += fmt::format("          State : {}\n", clean ? "clean" : "active");
  out += fmt::format("    Device UUID : {}\n", to_string(uuid_of(sb.device_uuid)));
  return out + tail_1();
}

std::string ExamineReport::table_0_90() const {
  const mdx_super& sb = super_;
  std::string out = "\n      Number   Major   Minor   RaidDevice State\n";
  auto row = [&](const char* head, const mdx_sb0_disk& disk, std::size_t index) {
    std::string state = disk.state & 1u << MD_DISK_FAULTY && disk.state & 1u << MD_DISK_REMOVED
                            ? "faulty removed"
                            : model::member_state_text(disk.state, false);
    std::string path = index < facts_.table_paths.size() ? facts_.table_paths[index] : "";
    out += fmt::format("{:>4}  {:>4}   {:>5}    {:>5}    {:>5}      {}{}\n", head, disk.number,
                       disk.major, disk.minor, static_cast<int>(disk.raid_disk), state,
                       path.empty() ? "" : "   " + path);
  };
  row("this", sb.sb0_this, sb.sb0_this.number);
  out += "\n";
  const std::uint64_t rows = std::min<std::uint64_t>(
      std::uint64_t{slots_of(sb)} + facts_.counters.spare, MDX_SB0_MAX_DEVS);
  for (std::size_t i = 0; i < rows; i++) row(std::to_string(i).c_str(), sb.sb0_disks[i], i);
  return out;
}

std::string ExamineReport::text_0_90() const {
  const mdx_super& sb = super_;
  const auto present =
      std::count_if(std::begin(sb.sb0_disks), std::end(sb.sb0_disks), [](const mdx_sb0_disk& disk) {
        return !(disk.state & 1u << MD_DISK_REMOVED) && (disk.state || disk.major || disk.minor);
      });
  const bool reshapes = sb.feature_map & MD_FEATURE_RESHAPE_ACTIVE;
  std::string out = fmt::format("{}:\n          Magic : {:08x}\n        Version : 0.{}.00\n",
                                facts_.path, MD_SB_MAGIC, reshapes ? 91 : 90);
  out += fmt::format("           UUID : {}{}{}\n", to_string(uuid_of(sb.set_uuid)),
                     facts_.local_remark.empty() ? "" : " ", facts_.local_remark);
  out += fmt::format("  Creation Time : {}\n", time_text(static_cast<std::int64_t>(sb.ctime)));
  out += fmt::format("     Raid Level : {}\n", level_text(sb));
  if (sb.level > 0) {
    const std::uint64_t total = array_sectors(sb);
    out += fmt::format("  Used Dev Size : {}{}\n", sb.size / 2, human_size(sb.size * 512));
    out += fmt::format("     Array Size : {}{}\n", total / 2, human_size(total * 512));
  }
  out += fmt::format("   Raid Devices : {}\n  Total Devices : {}\nPreferred Minor : {}\n\n",
                     sb.raid_disks, present, sb.md_minor);
  out += reshape_lines();
  out += fmt::format("    Update Time : {}\n", time_text(static_cast<std::int64_t>(sb.utime)));
  out += fmt::format("          State : {}\n",
                     sb.resync_offset == MDX_SECTOR_NONE ? "clean" : "active");
  if (sb.feature_map & MD_FEATURE_BITMAP_OFFSET) out += "Internal Bitmap : present\n";
  out += fmt::format(
      " Active Devices : {}\nWorking Devices : {}\n Failed Devices : {}\n"
      "  Spare Devices : {}\n",
      facts_.counters.active, facts_.counters.working, facts_.counters.failed,
      facts_.counters.spare);
  out += fmt::format("       Checksum : {:x} - correct\n         Events : {}\n\n", facts_.checksum,
                     sb.events);
  return out + chunk_lines(sb) + table_0_90();
}

std::string ExamineReport::text() const {
  return super_.version == MDX_SB_0_90 ? text_0_90() : text_1();
}

std::string ExamineReport::brief() const {
  ExamineArrayReport line(super_, false);
  line.add(facts_.path, super_.role >= MDX_ROLE_MAX);
  return line.brief();
}

std::string ExamineReport::export_keys() const {
  const mdx_super& sb = super_;
  std::string out = fmt::format("MD_LEVEL={}\nMD_DEVICES={}\n", level_text(sb), sb.raid_disks);
  // mdadm calls 0.90's creation time that, and udev's database has it so.
  if (sb.version == MDX_SB_0_90)
    return out + fmt::format("MD_UUID={}\nMD_UPDATE_TIME={}\nMD_EVENTS={}\n",
                             to_string(uuid_of(sb.set_uuid)), sb.ctime, sb.events);
  if (sb.set_name[0]) out += fmt::format("MD_NAME={}\n", export_value(sb.set_name));
  if (sb.level > 0)
    out += fmt::format("MD_ARRAY_SIZE={}\n", brief_decimal_size(array_sectors(sb) * 512));
  return out + fmt::format("MD_UUID={}\nMD_UPDATE_TIME={}\nMD_DEV_UUID={}\nMD_EVENTS={}\n",
                           to_string(uuid_of(sb.set_uuid)), sb.utime,
                           to_string(uuid_of(sb.device_uuid)), sb.events);
}

Json ExamineReport::json() const {
  const mdx_super& sb = super_;
  Json out;
  out["path"] = facts_.path;
  out["metadata"] = version_text(sb);
  out["feature_map"] = sb.feature_map;
  out["array_uuid"] = to_string(uuid_of(sb.set_uuid));
  out["name"] = sb.set_name;
  out["local"] = !facts_.local_remark.empty();
  out["created"] = sb.ctime;
  out["updated"] = sb.utime;
  out["level"] = level_text(sb);
  out["layout"] = sb.layout;
  if (model::has_layout(sb.level)) out["layout_name"] = model::layout_name(sb.level, sb.layout);
  out["chunk_bytes"] = sb.chunk_sectors * 512ULL;
  out["raid_devices"] = sb.raid_disks;
  out["available_sectors"] = sb.data_size;
  out["used_sectors"] = sb.size;
  out["array_sectors"] = array_sectors(sb);
  out["data_offset"] = sb.data_offset;
  out["super_offset"] = sb.super_offset;
  out["clean"] = sb.resync_offset == MDX_SECTOR_NONE;
  out["resync_offset"] =
      sb.resync_offset == MDX_SECTOR_NONE ? Json(nullptr) : Json(sb.resync_offset);
  out["events"] = sb.events;
  if (sb.version == MDX_SB_0_90)
    out["preferred_minor"] = sb.md_minor;
  else
    out["device_uuid"] = to_string(uuid_of(sb.device_uuid));
  out["device_number"] = sb.dev_number;
  out["role"] = sb.role < MDX_ROLE_MAX       ? Json(sb.role)
                : sb.role == MDX_ROLE_SPARE  ? Json("spare")
                : sb.role == MDX_ROLE_FAULTY ? Json("faulty")
                                             : Json("journal");
  out["write_mostly"] = (sb.devflags & WriteMostly1) != 0;
  out["failfast"] = (sb.devflags & FailFast1) != 0;
  out["bitmap_offset"] =
      sb.feature_map & MD_FEATURE_BITMAP_OFFSET ? Json(sb.bitmap_offset) : Json(nullptr);
  out["bad_block_log"] = sb.bblog_size ? Json(sb.bblog_offset) : Json(nullptr);
  out["slots"] = table_json(sb);
  return out;
}

void ExamineArrayReport::add(const std::string& path, bool spare) {
  paths_.insert(paths_.begin(), path);
  spares_ += spare;
}

std::string ExamineArrayReport::brief() const {
  const mdx_super& sb = super_;
  std::string out = "ARRAY ";
  if (sb.version == MDX_SB_0_90) {
    out += fmt::format("/dev/md{}", sb.md_minor);
    if (verbose_) out += fmt::format(" level={} num-devices={}", level_text(sb), sb.raid_disks);
    out += " UUID=" + to_string(uuid_of(sb.set_uuid));
  } else {
    const std::string name = name_without_home(sb);
    if (!name.empty()) out += config_device(name) + "  ";
    if (verbose_) out += fmt::format("level={} ", level_text(sb));
    out += fmt::format("metadata={} ", version_text(sb));
    if (verbose_) out += fmt::format("num-devices={} ", sb.raid_disks);
    out += "UUID=" + to_string(uuid_of(sb.set_uuid));
    if (sb.set_name[0] && fits_config(sb.set_name)) out += " name=" + config_word(sb.set_name);
  }
  out += "\n";
  if (spares_) out += fmt::format("   spares={}", spares_);
  if (verbose_) {
    out += "   devices=";
    for (std::size_t i = 0; i < paths_.size(); i++) out += (i ? "," : "") + paths_[i];
  }
  return spares_ || verbose_ ? out + "\n" : out;
}

Json ExamineArrayReport::json() const {
  return {{"array_uuid", to_string(uuid_of(super_.set_uuid))},
          {"metadata", version_text(super_)},
          {"name", super_.set_name},
          {"level", level_text(super_)},
          {"raid_devices", super_.raid_disks},
          {"spares", spares_},
          {"devices", paths_}};
}

}  // namespace mdctl::output
