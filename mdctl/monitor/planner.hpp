// SPDX-License-Identifier: GPL-2.0-only
// AssemblyPlanner: what appears and disappears goes in, what is to be done comes out. No system
// calls, no clock of its own: the caller says what time it is, so tests decide it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "monitor/decision.hpp"
#include "monitor/memory.hpp"
#include "monitor/set_judge.hpp"
#include "monitor/world.hpp"
#include "util/error.hpp"

namespace mdctl::monitor {

class AssemblyPlanner {
 public:
  // @link_in_use: does /dev/md/NAME exist or belong to another array?
  AssemblyPlanner(Rules rules, std::function<bool(const std::string& link)> link_in_use)
      : rules_(std::move(rules)), link_in_use_(std::move(link_in_use)) {}

  void set_rules(Rules rules);
  const Rules& rules() const { return rules_; }

  // Events. A member that appears again with another superblock replaces what was known.
  // One whose superblock was written while the device was there belongs to somebody who is making
  // an array: that set is his to start.
  void member_appeared(Member member);
  void member_vanished(DeviceNumber number);
  // A device without a superblock is there.
  void device_is_bare(DeviceNumber number, const std::string& incarnation);
  // All arrays that have an object now.
  void arrays_are(std::vector<KernelArray> arrays);

  // What to do now. Also brings views() up to date.
  std::vector<Action> plan(Milliseconds now);
  // Before an action is begun, so that a restart knows whose half-assembled array it finds.
  void begun(const Action& action);
  // After it. A failure is tried again after a while, a few times, then left until a member comes.
  void finished(const Action& action, const Result<>& result, Milliseconds now);

  // When plan() should be called again even if nothing happens.
  std::optional<Milliseconds> wake_at() const { return wake_at_; }
  const std::vector<SetView>& views() const { return views_; }
  const std::map<DeviceNumber, Member>& members() const { return members_; }

  // What must survive a restart.
  const Memory& memory() const { return memory_; }
  void restore(Memory memory) { memory_ = std::move(memory); }

 private:
  bool written_in_place(const Member& member) const;
  const KernelArray* array_of(const std::vector<const Member*>& members) const;
  void remember(const Uuid& uuid, const std::vector<const Member*>& members,
                const KernelArray* array);
  void remember_running(SetMemory& memory, const std::vector<const Member*>& members,
                        const KernelArray& array);
  void remember_stopped(SetMemory& memory, const std::vector<const Member*>& members);
  config::NamesInUse names_in_use(const Uuid& uuid, const std::vector<Action>& planned) const;
  void forget_sets_without_members(const std::map<Uuid, std::vector<const Member*>>& sets);

  Rules rules_;
  std::function<bool(const std::string&)> link_in_use_;
  std::map<DeviceNumber, Member> members_;
  Incarnations bare_;
  std::vector<KernelArray> arrays_;
  Memory memory_;
  std::vector<SetView> views_;
  std::optional<Milliseconds> wake_at_;
  bool planned_once_ = false;
};

}  // namespace mdctl::monitor
