// SPDX-License-Identifier: GPL-2.0-only
// What the configuration means for one array or device: pure functions, no system calls.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/config.hpp"
#include "super_format.h"
#include "util/uuid.hpp"

namespace mdctl::config {

// What identifies an array in its superblocks.
struct ArrayIdentity {
  Uuid uuid{};
  std::string name;          // 1.x set name as stored, "host:name"; 0.90: empty
  std::string metadata;      // "0.90", "1.2"
  std::optional<int> minor;  // preferred minor, 0.90 only
  std::optional<int> level;
  std::optional<int> raid_disks;

  static ArrayIdentity from(const mdx_super& super);
};

// Who we are when an array's home is judged.
struct HomeHost {
  std::string name;      // empty: nobody, "<none>"
  bool required = true;  // false: other hosts' arrays count as ours

  // @option is --homehost's argument, empty if not given; @hostname is what "<system>" means.
  static HomeHost from(const model::Config& config, const std::string& option,
                       const std::string& hostname);
};

enum class Locality {
  local,      // made for this host, or for any, or listed in the configuration
  undecided,  // not ours by its record, but homes are not to be checked
  foreign,
};

// Does the array's own record name @host as its home? 1.x: prefix of the name; 0.90: a hash in the
// last half of the uuid.
bool records_home(const ArrayIdentity& array, const std::string& host);

// @listed: an ARRAY line names the array.
Locality locality(const ArrayIdentity& array, const HomeHost& home, bool listed);

// Does the ARRAY line @line identify @array? A line without any identity (uuid, name, super-minor,
// devices) matches nothing. @devices are the paths of the member in question, any of which may
// match devices=; level, num-devices and metadata must not contradict.
bool matches(const model::ArrayConfig& line, const ArrayIdentity& array, const HomeHost& home,
             const std::vector<std::string>& devices);

// The first ARRAY line that matches, or null.
const model::ArrayConfig* find_array(const model::Config& config, const ArrayIdentity& array,
                                     const HomeHost& home, const std::vector<std::string>& devices);

inline bool ignored(const model::ArrayConfig& line) { return line.device == "<ignore>"; }

// Is a device with any of these paths allowed by the DEVICE lines?
bool device_allowed(const model::Config& config, const std::vector<std::string>& paths);

// What SYSFS lines say of an array, in their order. @names: all it may be called there, its set
// name and paths.
std::vector<std::pair<std::string, std::string>> attributes_for(
    const model::Config& config, const Uuid& uuid, const std::vector<std::string>& names);

// May an array that no ARRAY line names be assembled by itself? @rules are AUTO's.
bool auto_allowed(const std::vector<model::AutoRule>& rules, const std::string& metadata,
                  bool local);

// What may happen to a device that appears, in rising order of what is allowed.
enum class HotplugAction { include, re_add, spare, spare_same_slot, force_spare };

// POLICY and PART-POLICY lines as they apply to one device.
struct DevicePolicy {
  std::vector<std::string> domains;
  HotplugAction action = HotplugAction::include;
  std::optional<std::string> automatic;  // auto=: "yes", "no", "homehost"
};

struct PolicyQuery {
  std::vector<std::string> id_paths;  // names below /dev/disk/by-path
  int partition = 0;                  // its number; 0: a whole disk
  std::string metadata;               // "1.2", empty if the device is bare
};

DevicePolicy policy_for(const model::Config& config, const PolicyQuery& device);

}  // namespace mdctl::config
