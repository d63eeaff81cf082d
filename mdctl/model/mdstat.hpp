// SPDX-License-Identifier: GPL-2.0-only
// /proc/mdstat as values. Its grammar is ABI: tools parse it, and so do we.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdctl::model {

enum class SyncPhase { running, delayed, pending, remote };

struct SyncStatus {
  std::string action;  // "resync", "recovery", "check", "reshape"
  SyncPhase phase = SyncPhase::running;
  double percent = 0;
  unsigned long long done_kib = 0;
  unsigned long long total_kib = 0;
  double finish_minutes = 0;
  unsigned long long speed_kib = 0;  // per second
};

struct MdstatMember {
  std::string name;
  int number = -1;
  std::string flags;  // letters of "(F)", "(S)", "(R)", "(W)", "(J)"
};

struct MdstatArray {
  std::string name;
  bool active = false;
  std::string read_only;  // "", "read-only", "auto-read-only"
  std::string level;      // "raid1"; empty if inactive
  std::vector<MdstatMember> members;
  unsigned long long blocks = 0;
  std::string metadata;  // "1.2", "external:ddf", "non-persistent"; empty: 0.90
  int raid_disks = -1;   // from "[2/1]"; -1: none shown
  int working = -1;
  std::string pattern;  // "U_"
  std::optional<SyncStatus> sync;
  bool bitmap = false;
};

struct Mdstat {
  std::vector<std::string> personalities;
  std::vector<MdstatArray> arrays;

  const MdstatArray* find(std::string_view name) const;
};

// Never fails: what is not understood is skipped, as mdadm does.
Mdstat parse_mdstat(const std::string& text);

}  // namespace mdctl::model
