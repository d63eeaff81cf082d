// SPDX-License-Identifier: GPL-2.0-only
// What --detail knows about an array, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/device_number.hpp"
#include "model/mdstat.hpp"
#include "util/uuid.hpp"

namespace mdctl::model {

struct DetailMember {
  int number = -1;
  DeviceNumber device;  // 0:0: nobody in this slot
  int slot = -1;        // -1: none
  unsigned state = 0;   // bits of md_p.h, MD_DISK_*
  std::string path;
  std::string entry;  // "dev-sda1"
};

struct ArrayDetail {
  std::string path;        // as asked for
  std::string array;       // "md0"
  std::string named_path;  // "/dev/md/home" where recorded, else /dev/md0
  bool active = false;
  std::string array_state;  // sysfs word

  // identity
  std::string metadata;  // "1.2"; empty: none
  bool persistent = true;
  std::optional<Uuid> uuid;
  std::string name;          // 1.x
  std::string local_remark;  // "(local to host vm)"
  std::uint64_t events = 0;
  int minor = 0;

  // geometry
  std::optional<int> level;
  std::uint32_t layout = 0;
  std::uint32_t chunk_bytes = 0;
  unsigned raid_disks = 0;
  std::uint64_t array_kib = 0;
  std::uint64_t used_kib = 0;  // 0: members differ

  // state
  std::int64_t ctime = 0;
  std::int64_t utime = 0;
  unsigned state_bits = 0;  // MD_SB_*
  unsigned total = 0, active_disks = 0, working = 0, failed = 0, spares = 0;
  bool enough = true;
  std::string policy;  // consistency_policy
  std::string bitmap;  // "Internal", a path, or empty
  std::optional<SyncStatus> sync;

  std::vector<DetailMember> slots;   // one or more a slot, in order; empty slots included
  std::vector<DetailMember> others;  // spares and failed ones

  // 0: all there; 1: degraded; 2: failed. --detail --test.
  int health() const;
};

// "active sync", "spare rebuilding", "faulty", "removed". @in_slot: it has a slot of the array.
// @set: said of one in sync, "set-A"; may be empty.
std::string member_state_text(unsigned state, bool in_slot, const std::string& set = {});
// "set-A" of RAID10's near copies; empty: it is in none.
std::string member_set(const ArrayDetail& detail, const DetailMember& member);
// "clean, degraded, recovering"
std::string array_state_text(const ArrayDetail& detail);

}  // namespace mdctl::model
