// SPDX-License-Identifier: GPL-2.0-only
#include "config/rules.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "config/words.hpp"
#include "util/sha1.hpp"

namespace mdctl::config {

namespace {

bool glob_matches(const std::string& pattern, const std::string& text, int flags) {
  return fnmatch(pattern.c_str(), text.c_str(), flags) == 0;
}

bool any_matches(const std::vector<std::string>& patterns, const std::vector<std::string>& paths) {
  for (const std::string& pattern : patterns)
    for (const std::string& path : paths)
      if (glob_matches(pattern, path, FNM_PATHNAME)) return true;
  return false;
}

// "1.2", "1", "1.x" and "default" are the same family to whoever writes a rule.
bool same_metadata(const std::string& wanted, const std::string& metadata) {
  std::string w = to_lower(wanted);
  if (w == metadata) return true;
  if (w == "0" || w == "0.9" || w == "0.90" || w == "00.90") return metadata == "0.90";
  bool version_1 = metadata.rfind("1.", 0) == 0;
  return version_1 &&
         (w == "1" || w == "1.x" || w == "default" || w == "1." || w == metadata.substr(1));
}

// "host:name" may be given with or without its host, if that is ours.
bool same_name(const std::string& wanted, const ArrayIdentity& array, const HomeHost& home) {
  if (array.name.empty()) return false;
  if (wanted == array.name) return true;
  auto colon = array.name.find(':');
  if (colon == std::string::npos)
    return !home.name.empty() && wanted == home.name + ":" + array.name;
  std::string host = array.name.substr(0, colon);
  bool ours = host == "any" || host == home.name || home.name.empty() || !home.required;
  return ours && array.name.compare(colon + 1, std::string::npos, wanted) == 0;
}

// The hash as mdadm's byte order shows it: each group of four is one number.
bool records_home_0(const Uuid& uuid, const std::string& host) {
  constexpr std::size_t group = 4;
  auto hash = sha1(host);
  for (std::size_t i = 0; i < 8; i++) {
    std::size_t shown = i / group * group + (group - 1 - i % group);
    if (uuid[8 + shown] != hash[i]) return false;
  }
  return true;
}

HotplugAction action_of(const std::string& text) {
  static constexpr std::pair<std::string_view, HotplugAction> names[] = {
      {"re-add", HotplugAction::re_add},
      {"spare", HotplugAction::spare},
      {"spare-same-slot", HotplugAction::spare_same_slot},
      {"force-spare", HotplugAction::force_spare}};
  for (const auto& [name, action] : names)
    if (iequals(name, text)) return action;
  return HotplugAction::include;
}

bool path_matches(const model::Config::Policy& policy, const std::string& pattern,
                  const PolicyQuery& device) {
  for (const std::string& path : device.id_paths) {
    if (glob_matches(pattern, path, FNM_PATHNAME)) return true;
    // PART-POLICY names the disk and means its partitions.
    std::string suffix = fmt::format("-part{}", device.partition);
    if (policy.partitions && path.size() > suffix.size() && path.ends_with(suffix) &&
        glob_matches(pattern, path.substr(0, path.size() - suffix.size()), FNM_PATHNAME))
      return true;
  }
  return false;
}

// All conditions hold; of several values for one condition any may.
bool policy_applies(const model::Config::Policy& policy, const PolicyQuery& device) {
  if (policy.partitions && device.partition == 0) return false;
  bool path_given = false, path_ok = false;
  for (const auto& [key, value] : policy.words) {
    if (key == "path") {
      path_given = true;
      path_ok = path_ok || path_matches(policy, value, device);
    } else if (key == "type" && !policy.partitions) {
      if (iequals(value, "part") != (device.partition != 0)) return false;
    } else if (key == "metadata" && !device.metadata.empty()) {
      if (!same_metadata(value, device.metadata)) return false;
    }
  }
  return !path_given || path_ok;
}

}  // namespace

ArrayIdentity ArrayIdentity::from(const mdx_super& super) {
  ArrayIdentity out;
  std::copy(std::begin(super.set_uuid), std::end(super.set_uuid), out.uuid.begin());
  out.metadata = mdx_sb_version_text(static_cast<mdx_sb_version>(super.version));
  out.level = super.level;
  out.raid_disks = static_cast<int>(super.raid_disks);
  if (super.version == MDX_SB_0_90)
    out.minor = static_cast<int>(super.md_minor);
  else
    out.name = super.set_name;
  return out;
}

HomeHost HomeHost::from(const model::Config& config, const std::string& option,
                        const std::string& hostname) {
  HomeHost home{.name = config.homehost, .required = config.homehost_required};
  if (iequals(option, "<ignore>"))
    home.required = false;
  else if (!option.empty())
    home.name = option;
  if (home.name.empty() || iequals(home.name, "<system>"))
    home.name = hostname;
  else if (iequals(home.name, "<none>"))
    home.name.clear();
  if (home.name == "any") home.required = false;
  return home;
}

bool records_home(const ArrayIdentity& array, const std::string& host) {
  if (host.empty()) return false;
  if (array.metadata == "0.90") return records_home_0(array.uuid, host);
  return array.name.size() > host.size() && array.name.compare(0, host.size(), host) == 0 &&
         array.name[host.size()] == ':';
}

Locality locality(const ArrayIdentity& array, const HomeHost& home, bool listed) {
  if (listed || records_home(array, home.name) || records_home(array, "any"))
    return Locality::local;
  if (home.name.empty() || !home.required) return Locality::undecided;
  return Locality::foreign;
}

bool matches(const model::ArrayConfig& line, const ArrayIdentity& array, const HomeHost& home,
             const std::vector<std::string>& devices) {
  // Members of containers are firmware RAID, which has other identities.
  if (!line.container.empty() || !line.member.empty()) return false;
  bool identified = false;
  if (line.uuid) {
    if (*line.uuid != array.uuid) return false;
    identified = true;
  }
  if (!line.name.empty()) {
    if (!same_name(line.name, array, home)) return false;
    identified = true;
  }
  if (line.super_minor) {
    if (line.super_minor != array.minor) return false;
    identified = true;
  }
  if (!line.devices.empty()) {
    if (!any_matches(line.devices, devices)) return false;
    identified = true;
  }
  if (line.level && array.level && *line.level != *array.level) return false;
  if (line.raid_disks && array.raid_disks && *line.raid_disks != *array.raid_disks) return false;
  if (!line.metadata.empty() && !same_metadata(line.metadata, array.metadata)) return false;
  return identified;
}

const model::ArrayConfig* find_array(const model::Config& config, const ArrayIdentity& array,
                                     const HomeHost& home,
                                     const std::vector<std::string>& devices) {
  for (const model::ArrayConfig& line : config.arrays)
    if (matches(line, array, home, devices)) return &line;
  return nullptr;
}

bool device_allowed(const model::Config& config, const std::vector<std::string>& paths) {
  if (config.device_patterns.empty()) return true;
  for (const std::string& pattern : config.device_patterns)
    if (iequals(pattern, "partitions")) return true;
  return any_matches(config.device_patterns, paths);
}

std::vector<std::pair<std::string, std::string>> attributes_for(
    const model::Config& config, const Uuid& uuid, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& line : config.sysfs) {
    const bool named =
        !line.name.empty() && std::find(names.begin(), names.end(), line.name) != names.end();
    if (line.uuid ? *line.uuid != uuid : !named) continue;
    out.insert(out.end(), line.attributes.begin(), line.attributes.end());
  }
  return out;
}

bool auto_allowed(const std::vector<model::AutoRule>& rules, const std::string& metadata,
                  bool local) {
  for (const model::AutoRule& rule : rules) {
    if (rule.what == "all") return rule.allow;
    if (rule.what == "homehost") {
      if (local) return rule.allow;
    } else if (same_metadata(rule.what, metadata)) {
      return rule.allow;
    }
  }
  return true;
}

DevicePolicy policy_for(const model::Config& config, const PolicyQuery& device) {
  DevicePolicy out;
  for (const model::Config::Policy& policy : config.policies) {
    if (!policy_applies(policy, device)) continue;
    for (const auto& [key, value] : policy.words) {
      if (key == "action") out.action = std::max(out.action, action_of(value));
      if (key == "auto") out.automatic = to_lower(value);
      if (key == "domain")
        out.domains.push_back(policy.partitions ? fmt::format("{}-part{}", value, device.partition)
                                                : value);
    }
  }
  return out;
}

}  // namespace mdctl::config
