// SPDX-License-Identifier: GPL-2.0-only
// The text is mdadm's to the column: scripts cut it.
#include "output/detail_report.hpp"

#include <fmt/format.h>
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <nlohmann/json.hpp>

#include "model/level.hpp"
#include "output/escape.hpp"
#include "util/size.hpp"

namespace mdctl::output {

using model::ArrayDetail;
using model::DetailMember;

std::string time_text(std::int64_t seconds) {
  const std::time_t when = static_cast<std::time_t>(seconds);
  std::tm local{};
  char text[64];
  ::localtime_r(&when, &local);
  std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &local);
  return text;
}

namespace {

std::string level_text(const ArrayDetail& detail) {
  if (!detail.level) return "-unknown-";
  return model::level_name(*detail.level).value_or("-unknown-");
}

std::string metadata_text(const ArrayDetail& detail) { return detail.metadata; }

std::string member_row(const ArrayDetail& detail, const DetailMember& member) {
  std::string number = member.number < 0 || !member.device ? "-" : std::to_string(member.number);
  std::string slot = member.slot < 0 ? "-" : std::to_string(member.slot);
  std::string state =
      model::member_state_text(member.state, member.slot >= 0, model::member_set(detail, member));
  std::string out = fmt::format("   {:>5}   {:>5}    {:>5}    {:>5}      {}", number,
                                member.device.major, member.device.minor, slot, state);
  if (member.device) out += "   " + member.path;
  return out + "\n";
}

const char* progress_label(const std::string& action) {
  if (action == "recovery") return "Rebuild";
  if (action == "reshape") return "Reshape";
  if (action == "check") return "Check";
  return "Resync";
}

std::vector<const DetailMember*> present(const ArrayDetail& detail) {
  std::vector<const DetailMember*> out;
  for (auto* list : {&detail.slots, &detail.others})
    for (const DetailMember& member : *list)
      if (member.device) out.push_back(&member);
  return out;
}

// What a variable name may hold.
std::string export_name(const std::string& entry) {
  std::string out = entry;
  for (char& c : out)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return out;
}

}  // namespace

std::string DetailReport::geometry_text() const {
  const ArrayDetail& d = detail_;
  std::string out = fmt::format("           Version : {}\n", metadata_text(d));
  if (d.ctime) out += fmt::format("     Creation Time : {}\n", time_text(d.ctime));
  if (d.level) out += fmt::format("        Raid Level : {}\n", level_text(d));
  if (d.active && d.array_kib)
    out += fmt::format("        Array Size : {}{}\n", d.array_kib, human_size(d.array_kib * 1024));
  if (d.active && d.level && *d.level >= 1)
    out += d.used_kib ? fmt::format("     Used Dev Size : {}{}\n", d.used_kib,
                                    human_size(d.used_kib * 1024))
                      : std::string("     Used Dev Size : unknown\n");
  if (d.active) out += fmt::format("      Raid Devices : {}\n", d.raid_disks);
  out += fmt::format("     Total Devices : {}\n", d.total);
  if (d.active && d.metadata == "0.90") out += fmt::format("   Preferred Minor : {}\n", d.minor);
  if (d.persistent) out += "       Persistence : Superblock is persistent\n";
  return out + "\n";
}

std::string DetailReport::state_text() const {
  const ArrayDetail& d = detail_;
  if (!d.active)
    return fmt::format("             State : inactive\n   Working Devices : {}\n\n", d.total);
  std::string out;
  if (!d.bitmap.empty()) out += fmt::format("     Intent Bitmap : {}\n\n", d.bitmap);
  if (d.persistent) out += fmt::format("       Update Time : {}\n", time_text(d.utime));
  out += fmt::format("             State : {} \n", model::array_state_text(d));
  out += fmt::format(
      "    Active Devices : {}\n   Working Devices : {}\n    Failed Devices : {}\n"
      "     Spare Devices : {}\n\n",
      d.active_disks, d.working, d.failed, d.spares);
  const int level = d.level.value_or(0);
  if (model::has_layout(level))
    out += fmt::format("            Layout : {}\n", model::layout_name(level, d.layout));
  if (model::has_chunks(level))
    out += fmt::format("        Chunk Size : {}K\n\n", d.chunk_bytes / 1024);
  if (level == model::kLevelLinear)
    out += fmt::format("          Rounding : {}K\n\n", d.chunk_bytes / 1024);
  if (!d.policy.empty() && d.policy != "unknown")
    out += fmt::format("Consistency Policy : {}\n\n", d.policy);
  if (d.sync && d.sync->phase == model::SyncPhase::running)
    out += fmt::format("{:>11} Status : {}% complete\n\n", progress_label(d.sync->action),
                       static_cast<int>(d.sync->percent));
  return out;
}

std::string DetailReport::identity_text() const {
  const ArrayDetail& d = detail_;
  if (!d.uuid) return {};
  const bool old = d.metadata == "0.90";
  const std::string remark = d.local_remark.empty() ? "" : " " + d.local_remark;
  std::string out;
  if (!old && !d.name.empty())
    out += fmt::format("              Name : {}{}{}\n", d.name, remark.empty() ? "" : " ", remark);
  out += fmt::format("              UUID : {}{}\n", to_string(*d.uuid), old ? remark : "");
  if (old)
    out += fmt::format("            Events : {}.{}\n\n", d.events >> 32, d.events & 0xffffffff);
  else
    out += fmt::format("            Events : {}\n\n", d.events);
  return out;
}

std::string DetailReport::members_text() const {
  std::string out;
  if (!detail_.active) {
    out = "    Number   Major   Minor   RaidDevice\n\n";
    for (const DetailMember& m : detail_.others)
      out += fmt::format("       -   {:>5}    {:>5}        -        {}\n", m.device.major,
                         m.device.minor, m.path);
    return out;
  }
  out = "    Number   Major   Minor   RaidDevice State\n";
  for (const DetailMember& member : detail_.slots) out += member_row(detail_, member);
  if (!detail_.others.empty()) out += "\n";
  for (const DetailMember& member : detail_.others) out += member_row(detail_, member);
  return out;
}

std::string DetailReport::text() const {
  std::string out =
      fmt::format("{}:\n", detail_.path) + geometry_text() + state_text() + identity_text();
  return style_.no_devices ? out : out + members_text();
}

std::string DetailReport::brief() const {
  const ArrayDetail& d = detail_;
  const std::string device = fits_config(d.path) ? d.path : "/dev/" + d.array;
  std::string out = d.active ? "ARRAY " : "INACTIVE-ARRAY ";
  out += config_word(device);
  if (style_.verbose && d.active) out += fmt::format(" level={}", level_text(d));
  if (style_.verbose) out += fmt::format(" num-devices={}", d.active ? d.raid_disks : d.total);
  if (d.persistent && !d.metadata.empty()) out += " metadata=" + d.metadata;
  if (d.spares) out += fmt::format(" spares={}", d.spares);
  if (!d.name.empty() && fits_config(d.name)) out += " name=" + config_word(d.name);
  if (d.uuid) out += " UUID=" + to_string(*d.uuid);
  if (style_.verbose) {
    out += "\n   devices=";
    bool first = true;
    for (const DetailMember* member : present(d)) {
      out += (first ? "" : ",") + member->path;
      first = false;
    }
  }
  return out + "\n";
}

std::string DetailReport::export_keys() const {
  const ArrayDetail& d = detail_;
  std::string out;
  if (d.active) out += fmt::format("MD_LEVEL={}\n", level_text(d));
  out += fmt::format("MD_DEVICES={}\n", d.active ? d.raid_disks : d.total);
  if (!d.metadata.empty()) out += fmt::format("MD_METADATA={}\n", d.metadata);
  if (d.uuid) out += fmt::format("MD_UUID={}\n", to_string(*d.uuid));
  if (d.named_path.rfind("/dev/md/", 0) == 0)
    out += fmt::format("MD_DEVNAME={}\n", export_value(d.named_path.substr(8)));
  if (!d.name.empty()) out += fmt::format("MD_NAME={}\n", export_value(d.name));
  if (style_.no_devices) return out;
  auto members = present(d);
  std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->entry < b->entry; });
  for (const DetailMember* member : members) {
    const std::string key = export_name(member->entry);
    const std::string role = member->slot >= 0 && d.active ? std::to_string(member->slot) : "spare";
    out += fmt::format("MD_DEVICE_{}_ROLE={}\nMD_DEVICE_{}_DEV={}\n", key, role, key,
                       export_value(member->path));
  }
  return out;
}

Json DetailReport::json() const {
  const ArrayDetail& d = detail_;
  Json out;
  out["path"] = d.path;
  out["array"] = d.array;
  out["name_path"] = d.named_path;
  out["active"] = d.active;
  out["array_state"] = d.array_state;
  out["state"] = model::array_state_text(d);
  out["health"] = d.health() == 0 ? "ok" : d.health() == 1 ? "degraded" : "failed";
  out["metadata"] = d.metadata.empty() ? Json(nullptr) : Json(d.metadata);
  out["uuid"] = d.uuid ? Json(to_string(*d.uuid)) : Json(nullptr);
  out["name"] = d.name;
  out["events"] = d.events;
  if (d.level) out["level"] = level_text(d);
  out["layout"] = d.layout;
  if (d.level && model::has_layout(*d.level))
    out["layout_name"] = model::layout_name(*d.level, d.layout);
  out["chunk_bytes"] = d.chunk_bytes;
  out["raid_devices"] = d.raid_disks;
  out["array_size_kib"] = d.array_kib;
  out["used_device_size_kib"] = d.used_kib;
  out["created"] = d.ctime;
  out["updated"] = d.utime;
  out["devices"] = {{"total", d.total},
                    {"active", d.active_disks},
                    {"working", d.working},
                    {"failed", d.failed},
                    {"spare", d.spares}};
  out["consistency_policy"] = d.policy;
  out["bitmap"] = d.bitmap.empty() ? Json(nullptr) : Json(d.bitmap);
  out["sync"] = nullptr;
  if (d.sync)
    out["sync"] = {
        {"action", d.sync->action},       {"running", d.sync->phase == model::SyncPhase::running},
        {"percent", d.sync->percent},     {"done_kib", d.sync->done_kib},
        {"total_kib", d.sync->total_kib}, {"speed_kib", d.sync->speed_kib}};
  out["members"] = Json::array();
  for (auto* list : {&d.slots, &d.others})
    for (const DetailMember& m : *list) {
      Json row;
      row["path"] = m.device ? Json(m.path) : Json(nullptr);
      row["number"] = m.number;
      row["major"] = m.device.major;
      row["minor"] = m.device.minor;
      row["slot"] = m.slot < 0 ? Json(nullptr) : Json(m.slot);
      const std::string set = model::member_set(d, m);
      row["set"] = m.device && !set.empty() ? Json(set) : Json(nullptr);
      row["state"] = d.active ? model::member_state_text(m.state, m.slot >= 0) : "inactive";
      out["members"].push_back(std::move(row));
    }
  return out;
}

}  // namespace mdctl::output
