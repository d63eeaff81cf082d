// SPDX-License-Identifier: GPL-2.0-only
// Sets of members that contradict each other in every way: the verdict stays
// within its promises.
//
// Input: a stream of changes to up to 16 superblocks of one array.
#include <cstdio>
#include <cstdlib>
#include <set>
#include <vector>

#include <linux/raid/md_p.h>

#include "assemble_plan.h"
#include "super_samples.hpp"

using namespace mdx_test;

namespace {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::uint8_t next() {
    if (!left_) return 0;
    left_--;
    return *data_++;
  }
  std::uint32_t word() { return next() | next() << 8; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

void change(mdx_super& sb, Bytes& in) {
  switch (in.next() % 14) {
    case 0: sb.events += in.next(); break;
    case 1: sb.events -= in.next(); break;
    case 2: sb.roles[in.next() % 32] = static_cast<__u16>(in.word()); break;
    case 3: sb.dev_number = in.word(); break;
    case 4: sb.role = in.word(); break;
    case 5: sb.raid_disks = in.next() % 32 + 1; break;
    case 6: sb.max_dev = in.word() % (MDX_SB1_MAX_DEVS + 1); break;
    case 7: sb.feature_map = in.word() & 0x1fff; break;
    case 8: sb.resync_offset = in.next() ? 0 : MDX_SECTOR_NONE; break;
    case 9: sb.set_uuid[0] ^= in.next() & 1; break;
    case 10: sb.layout = in.word(); break;
    case 11: sb.data_size = in.word(); break;
    case 12: sb.level = static_cast<__s8>(in.next() % 12 - 1); break;
    case 13: sb.version = in.next() % MDX_SB_VERSIONS; break;
  }
}

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "plan: %s\n", what);
  std::abort();
}

void check(const std::vector<const mdx_super*>& members,
           const std::vector<mdx_member_verdict>& verdicts, const std::vector<__s32>& slots,
           const mdx_assembly& sum) {
  std::set<__s32> active, originals;
  must(sum.freshest >= -1 && sum.freshest < static_cast<__s32>(members.size()), "freshest");
  for (std::size_t i = 0; i < members.size(); i++) {
    const bool placed = verdicts[i] == MDX_MEMBER_ACTIVE || verdicts[i] == MDX_MEMBER_RECOVERING;
    must(placed == (slots[i] >= 0), "a slot goes with being active or recovering");
    if (!placed) continue;
    must(members[i], "nothing is no member");
    must(slots[i] < static_cast<__s32>(sum.raid_disks), "a slot is below raid_disks");
    const auto* freshest = members[static_cast<std::size_t>(sum.freshest)];
    must(mdx_sb_same_set(members[i], freshest), "members are of one set");
    if (verdicts[i] == MDX_MEMBER_ACTIVE) {
      active.insert(slots[i]);
      must(members[i]->events >= freshest->events || freshest->events - members[i]->events == 1,
           "no active member is stale");
    }
    if (!(members[i]->feature_map & MD_FEATURE_REPLACEMENT))
      must(originals.insert(slots[i]).second, "a slot has one holder");
  }
  must(sum.active == active.size(), "active are counted once a slot");
  must(sum.active <= sum.raid_disks && sum.expected <= sum.raid_disks, "counts are in range");
  must(!sum.needs_force || sum.dirty, "force is for dirty arrays");
  must(!sum.enough || sum.raid_disks > 0, "no array is not enough");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in(data, size);
  std::vector<SuperPtr> owned;
  std::vector<const mdx_super*> members;
  const auto count = in.next() % 17;
  const auto version = static_cast<mdx_sb_version>(in.next() % MDX_SB_VERSIONS);
  for (int i = 0; i < count; i++) {
    auto sb = plain_super(version);
    sb->raid_disks = 8;
    sb->dev_number = static_cast<__u32>(i);
    for (int slot = 0; slot < 16; slot++)
      sb->roles[slot] = slot < 8 ? static_cast<__u16>(slot) : MDX_ROLE_SPARE;
    sb->role = sb->roles[i];
    owned.push_back(std::move(sb));
  }
  while (count && !in.empty()) change(*owned[in.next() % owned.size()], in);
  for (const auto& sb : owned) members.push_back(in.next() == 255 ? nullptr : sb.get());

  std::vector<mdx_member_verdict> verdicts(members.size());
  std::vector<__s32> slots(members.size());
  mdx_assembly sum;
  mdx_assemble_plan(members.data(), static_cast<__u32>(members.size()), verdicts.data(),
                    slots.data(), &sum);
  check(members, verdicts, slots, sum);
  return 0;
}
