// SPDX-License-Identifier: GPL-2.0-only
#include "model/array_detail.hpp"

#include <linux/raid/md_p.h>

#include "model/raid10.hpp"

namespace mdctl::model {
namespace {

bool has(unsigned state, int bit) { return state & 1u << bit; }

std::string sync_word(const SyncStatus& sync) {
  std::string word = sync.action == "recovery"  ? "recovering"
                     : sync.action == "reshape" ? "reshaping"
                     : sync.action == "check"   ? "checking"
                                                : "resyncing";
  if (sync.phase == SyncPhase::delayed) word += " (DELAYED)";
  if (sync.phase == SyncPhase::pending) word += " (PENDING)";
  if (sync.phase == SyncPhase::remote) word += " (REMOTE)";
  return word;
}

}  // namespace

int ArrayDetail::health() const {
  if (!active) return 2;
  if (active_disks >= raid_disks) return 0;
  return enough ? 1 : 2;
}

std::string member_state_text(unsigned state, bool in_slot, const std::string& set) {
  std::string out;
  auto add = [&](const std::string& word) { out += out.empty() ? word : " " + word; };
  if (has(state, MD_DISK_FAULTY)) add("faulty");
  if (has(state, MD_DISK_ACTIVE)) add("active");
  if (has(state, MD_DISK_SYNC)) add("sync");
  if (has(state, MD_DISK_SYNC) && !set.empty()) add(set);
  if (has(state, MD_DISK_REMOVED)) add("removed");
  if (has(state, MD_DISK_WRITEMOSTLY)) add("writemostly");
  if (has(state, MD_DISK_FAILFAST)) add("failfast");
  if (has(state, MD_DISK_JOURNAL)) add("journal");
  constexpr unsigned known = 1u << MD_DISK_ACTIVE | 1u << MD_DISK_SYNC | 1u << MD_DISK_REMOVED |
                             1u << MD_DISK_FAULTY | 1u << MD_DISK_JOURNAL;
  if (!(state & known)) {
    add("spare");
    if (in_slot) add("rebuilding");
  }
  return out;
}

std::string member_set(const ArrayDetail& detail, const DetailMember& member) {
  const bool near = (detail.layout >> 8 & 255) == 1;
  if (detail.level != 10 || !near || member.slot < 0) return {};
  const auto set = raid10_set(detail.layout, detail.raid_disks, static_cast<unsigned>(member.slot));
  return set ? std::string("set-") + static_cast<char>('A' + *set) : std::string();
}

std::string array_state_text(const ArrayDetail& detail) {
  if (!detail.active) return "inactive";
  std::string out;
  const bool plain = detail.level && *detail.level <= 0 && !detail.array_state.empty();
  if (!has(detail.state_bits, MD_SB_CLEAN))
    out = "active";
  else
    out = plain ? detail.array_state : "clean";
  if (detail.active_disks < detail.raid_disks) out += detail.enough ? ", degraded" : ", FAILED";
  if (detail.sync) out += ", " + sync_word(*detail.sync);
  return out;
}

}  // namespace mdctl::model
