// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/planner.hpp"

#include <algorithm>

namespace mdctl::monitor {

namespace {

constexpr Milliseconds first_retry{1000};
constexpr Milliseconds last_retry{60000};

Milliseconds retry_after(int attempts) {
  return std::min(first_retry * (1 << std::min(attempts, 6)), last_retry);
}

// What a config line says belongs to the array it identifies.
bool reserved(const model::Config& config, const Uuid& uuid, const std::string& path) {
  return std::any_of(config.arrays.begin(), config.arrays.end(), [&](const auto& line) {
    return line.device == path && line.uuid && *line.uuid != uuid;
  });
}

}  // namespace

void AssemblyPlanner::set_rules(Rules rules) {
  rules_ = std::move(rules);
  for (auto& [uuid, memory] : memory_) memory.attempts = 0;
}

bool AssemblyPlanner::written_in_place(const Member& member) const {
  auto bare = bare_.find(member.number);
  if (bare != bare_.end()) return bare->second == member.incarnation;
  auto known = members_.find(member.number);
  return known != members_.end() && known->second.uuid() != member.uuid() &&
         known->second.incarnation == member.incarnation;
}

void AssemblyPlanner::member_appeared(Member member) {
  bool new_set = memory_.count(member.uuid()) == 0;
  SetMemory& memory = memory_[member.uuid()];
  if (written_in_place(member) && (new_set || memory.held)) {
    memory.held = true;
    memory.held_members[member.number] = member.incarnation;
  }
  bare_.erase(member.number);
  auto known = members_.find(member.number);
  bool news = known == members_.end() || known->second.uuid() != member.uuid() ||
              known->second.incarnation != member.incarnation;
  if (news) {
    memory.attempts = 0;
    memory.next_attempt = Milliseconds{0};
  }
  // The others get their time again, but not because we were restarted.
  if (news && planned_once_) memory.startable_since.reset();
  members_[member.number] = std::move(member);
}

void AssemblyPlanner::member_vanished(DeviceNumber number) {
  members_.erase(number);
  bare_.erase(number);
}

void AssemblyPlanner::device_is_bare(DeviceNumber number, const std::string& incarnation) {
  members_.erase(number);
  bare_[number] = incarnation;
}

void AssemblyPlanner::arrays_are(std::vector<KernelArray> arrays) { arrays_ = std::move(arrays); }

const KernelArray* AssemblyPlanner::array_of(const std::vector<const Member*>& members) const {
  const KernelArray* found = nullptr;
  for (const KernelArray& array : arrays_) {
    if (array.clear()) continue;
    bool holds = std::any_of(members.begin(), members.end(),
                             [&](const Member* m) { return array.has(m->number); });
    if (holds && (!found || array.running())) found = &array;
  }
  return found;
}

void AssemblyPlanner::remember_running(SetMemory& memory, const std::vector<const Member*>& members,
                                       const KernelArray& array) {
  bool same = memory.running_as == array.name;
  memory.running_as = array.name;
  memory.assembling_as.clear();
  memory.held = false;
  memory.held_members.clear();
  memory.startable_since.reset();
  memory.attempts = 0;
  for (const Member* member : members) {
    bool was_in = memory.in_array.count(member->number) &&
                  memory.in_array[member->number] == member->incarnation;
    if (array.has(member->number))
      memory.left_out.erase(member->number);
    else if (same && was_in)
      memory.left_out[member->number] = {member->incarnation,
                                         "removed by hand; mdctl --add brings it back"};
  }
  memory.in_array.clear();
  for (const Member* member : members)
    if (array.has(member->number)) memory.in_array[member->number] = member->incarnation;
}

void AssemblyPlanner::remember_stopped(SetMemory& memory,
                                       const std::vector<const Member*>& members) {
  if (!memory.running_as.empty()) {
    memory.held = true;
    memory.held_members = std::move(memory.in_array);
    for (const Member* member : members)
      memory.held_members.emplace(member->number, member->incarnation);
    memory.running_as.clear();
    memory.in_array.clear();
    memory.left_out.clear();
  }
  if (!memory.held) return;
  for (const Member* member : members) {
    auto known = memory.held_members.find(member->number);
    if (known == memory.held_members.end() || known->second != member->incarnation) {
      memory.held = false;
      memory.held_members.clear();
      return;
    }
  }
}

void AssemblyPlanner::remember(const Uuid& uuid, const std::vector<const Member*>& members,
                               const KernelArray* array) {
  SetMemory& memory = memory_[uuid];
  if (array && array->running())
    remember_running(memory, members, *array);
  else
    remember_stopped(memory, members);
}

config::NamesInUse AssemblyPlanner::names_in_use(const Uuid& uuid,
                                                 const std::vector<Action>& planned) const {
  auto kernel = [this, &uuid, &planned](const std::string& name) {
    return std::any_of(arrays_.begin(), arrays_.end(),
                       [&](const KernelArray& a) { return a.name == name && !a.clear(); }) ||
           std::any_of(planned.begin(), planned.end(),
                       [&](const Action& a) { return a.name.kernel == name; }) ||
           reserved(rules_.config, uuid, "/dev/" + name);
  };
  auto link = [this, &uuid, &planned](const std::string& name) {
    return link_in_use_(name) ||
           std::any_of(planned.begin(), planned.end(),
                       [&](const Action& a) { return a.name.link == name; }) ||
           reserved(rules_.config, uuid, "/dev/md/" + name);
  };
  return {kernel, link};
}

// Nothing is known of a set whose members are all gone, except that it ran or was stopped: its
// partitions may only be away while the disk's table is read again.
void AssemblyPlanner::forget_sets_without_members(
    const std::map<Uuid, std::vector<const Member*>>& sets) {
  std::erase_if(memory_, [&](const auto& entry) {
    const SetMemory& memory = entry.second;
    return sets.count(entry.first) == 0 && !memory.held && memory.running_as.empty() &&
           memory.left_out.empty();
  });
}

std::vector<Action> AssemblyPlanner::plan(Milliseconds now) {
  std::map<Uuid, std::vector<const Member*>> sets;
  for (const auto& [number, member] : members_) sets[member.uuid()].push_back(&member);

  std::vector<Action> actions;
  views_.clear();
  wake_at_.reset();
  for (const auto& [uuid, members] : sets) {
    const KernelArray* array = array_of(members);
    remember(uuid, members, array);
    SetMemory& memory = memory_[uuid];
    Decision decision = judge({rules_, members, array, memory, now, names_in_use(uuid, actions)});
    if (decision.startable && !memory.startable_since)
      memory.startable_since = now;
    else if (!decision.startable)
      memory.startable_since.reset();
    if (decision.wake_at)
      wake_at_ = std::min(wake_at_.value_or(*decision.wake_at), *decision.wake_at);
    views_.push_back(std::move(decision.view));
    for (Action& action : decision.actions) actions.push_back(std::move(action));
  }
  forget_sets_without_members(sets);
  planned_once_ = true;
  return actions;
}

void AssemblyPlanner::begun(const Action& action) {
  if (action.kind == Action::Kind::assemble)
    memory_[action.uuid].assembling_as = action.name.kernel;
}

void AssemblyPlanner::finished(const Action& action, const Result<>& result, Milliseconds now) {
  SetMemory& memory = memory_[action.uuid];
  if (result) {
    memory.attempts = 0;
    // Seen running or not: when it is gone at the next look, somebody has stopped it.
    if (action.kind == Action::Kind::assemble) {
      memory.running_as = action.name.kernel;
      memory.assembling_as.clear();
      for (DeviceNumber number : action.members)
        if (auto member = members_.find(number); member != members_.end())
          memory.in_array[number] = member->second.incarnation;
    }
    // One that the driver throws out again at once counts as removed.
    if (action.kind == Action::Kind::add)
      for (DeviceNumber number : action.members)
        if (auto member = members_.find(number); member != members_.end())
          memory.in_array[number] = member->second.incarnation;
    return;
  }
  if (action.kind == Action::Kind::add) {
    for (DeviceNumber number : action.members)
      if (auto member = members_.find(number); member != members_.end())
        memory.left_out[number] = {member->second.incarnation,
                                   "could not be added: " + result.error().message()};
    return;
  }
  memory.next_attempt = now + retry_after(memory.attempts);
  memory.last_failure = result.error().message();
  memory.attempts++;
}

}  // namespace mdctl::monitor
