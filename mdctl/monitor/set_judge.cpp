// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/set_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "assemble_plan.h"
#include "config/naming.hpp"

namespace mdctl::monitor {

namespace {

std::string display_name(const mdx_super& super) {
  return super.version == MDX_SB_0_90 ? std::to_string(super.md_minor) : super.set_name;
}

class Judge {
 public:
  explicit Judge(const SetInput& in) : in_(in) {}

  Decision run() {
    select_candidates();
    weigh();
    describe();
    if (in_.array && in_.array->running())
      judge_running();
    else
      judge_stopped();
    return std::move(out_);
  }

 private:
  struct Seat {
    const Member* member;
    std::string excluded;  // why it does not take part at all
    mdx_member_verdict verdict = MDX_MEMBER_FOREIGN;
    __s32 slot = -1;
  };

  // The configuration

  void select_candidates() {
    std::set<std::string> paths;
    for (const Member* member : in_.members)
      paths.insert(member->paths.begin(), member->paths.end());
    identity_ = config::ArrayIdentity::from(*in_.members.front()->super);
    line_ = config::find_array(in_.rules.config, identity_, in_.rules.home,
                               {paths.begin(), paths.end()});
    where_ = config::locality(identity_, in_.rules.home, line_ != nullptr);
    for (const Member* member : in_.members) seats_.push_back({member, exclusion(*member)});
  }

  std::string exclusion(const Member& member) const {
    if (in_.array && in_.array->has(member.number)) return {};
    if (!member.holder.empty()) return "in use by " + member.holder;
    if (!config::device_allowed(in_.rules.config, member.paths))
      return "not among the DEVICE lines of the configuration";
    auto policy = policy_of(member);
    bool listed = line_ != nullptr;
    if (!listed && policy.automatic == "no") return "a POLICY line says auto=no";
    if (!listed && policy.automatic == "homehost" && where_ == config::Locality::foreign)
      return "a POLICY line says auto=homehost, and this is another host's";
    return {};
  }

  config::DevicePolicy policy_of(const Member& member) const {
    return config::policy_for(in_.rules.config,
                              {member.id_paths, member.partition, identity_.metadata});
  }

  std::string config_refusal() const {
    if (line_ && config::ignored(*line_))
      return fmt::format("{}:{} says <ignore>", line_->file, line_->line);
    bool local = where_ == config::Locality::local;
    if (!line_ && !config::auto_allowed(in_.rules.config.auto_rules, identity_.metadata, local))
      return "the AUTO line of the configuration does not allow it";
    return {};
  }

  // The superblocks

  void weigh() {
    std::vector<const mdx_super*> supers;
    for (const Seat& seat : seats_)
      supers.push_back(seat.excluded.empty() ? seat.member->super.get() : nullptr);
    std::vector<mdx_member_verdict> verdicts(supers.size());
    std::vector<__s32> slots(supers.size());
    mdx_assemble_plan(supers.data(), static_cast<__u32>(supers.size()), verdicts.data(),
                      slots.data(), &plan_);
    for (std::size_t i = 0; i < seats_.size(); i++) {
      seats_[i].verdict = verdicts[i];
      seats_[i].slot = slots[i];
    }
  }

  const mdx_super& freshest() const {
    return *seats_[plan_.freshest < 0 ? 0 : static_cast<std::size_t>(plan_.freshest)].member->super;
  }

  void describe() {
    const mdx_super& super = freshest();
    SetView& view = out_.view;
    view.uuid = identity_.uuid;
    view.name = display_name(super);
    view.metadata = identity_.metadata;
    view.level = super.level;
    view.raid_disks = super.raid_disks;
    if (in_.array && !in_.array->clear()) view.array = in_.array->name;
    for (const Seat& seat : seats_)
      view.members.push_back(
          {seat.member->number, seat.member->node,
           seat.excluded.empty() ? mdx_member_verdict_text(seat.verdict) : "left alone", seat.slot,
           seat.excluded});
  }

  MemberView& view_of(const Seat& seat) {
    return out_.view.members[static_cast<std::size_t>(&seat - seats_.data())];
  }

  // A running array: who else may come in

  void judge_running() {
    out_.view.phase = Phase::running;
    out_.view.reason = "running as " + in_.array->name;
    for (const Seat& seat : seats_) {
      if (!seat.excluded.empty() || in_.array->has(seat.member->number)) continue;
      std::string why_not = refuse_newcomer(seat);
      if (why_not.empty())
        add(seat);
      else
        view_of(seat).note = why_not;
    }
  }

  std::string refuse_newcomer(const Seat& seat) const {
    auto left_out = in_.memory.left_out.find(seat.member->number);
    if (left_out != in_.memory.left_out.end() &&
        left_out->second.incarnation == seat.member->incarnation)
      return left_out->second.why;
    if (std::string refusal = config_refusal(); !refusal.empty()) return refusal;
    switch (seat.verdict) {
      case MDX_MEMBER_SPARE:
      case MDX_MEMBER_ACTIVE:
      case MDX_MEMBER_RECOVERING: break;
      case MDX_MEMBER_STALE:
      case MDX_MEMBER_FAULTY:
        if (policy_of(*seat.member).action < config::HotplugAction::re_add || !in_.array->bitmap)
          return fmt::format(
              "{}: the array went on without it; mdctl {} --re-add {} brings it back",
              mdx_member_verdict_text(seat.verdict), in_.array->name, seat.member->node);
        break;
      default: return mdx_member_verdict_text(seat.verdict);
    }
    if (!in_.array->writable()) return "the array is " + in_.array->state;
    // It runs, so it lacks none: one more would make it larger, which only its owner may want.
    const int level = freshest().level;
    if (level == 0 || level == MDX_LEVEL_LINEAR) return "the array is whole without it";
    return {};
  }

  void add(const Seat& seat) {
    Action action = base_action(Action::Kind::add);
    action.name.kernel = in_.array->name;
    action.members = {seat.member->number};
    action.reason = fmt::format("{} is a member ({}) that is not in the running array",
                                seat.member->node, mdx_member_verdict_text(seat.verdict));
    out_.actions.push_back(std::move(action));
  }

  // No array, or an inactive one

  void judge_stopped() {
    std::string refusal = config_refusal();
    if (!refusal.empty()) return set(Phase::refused, refusal);
    if (in_.memory.held)
      return set(Phase::held,
                 "stopped or made by hand; mdctl --assemble or a member that is plugged in again "
                 "starts it");
    if (std::string twins = find_twins(); !twins.empty()) return set(Phase::refused, twins);
    if (plan_.freshest < 0 || !plan_.enough) return set(Phase::waiting, count("not enough to run"));
    if (plan_.needs_force)
      return set(Phase::refused,
                 count("dirty and degraded: its parity cannot be trusted; mdctl --assemble --force "
                       "starts it, data may be wrong"));
    if (plan_.complete)
      start(false, count("complete"));
    else
      judge_degraded();
  }

  // 0.90 knows its members by number alone, so which of two devices with one number is the real one
  // is not ours to guess.
  std::string find_twins() const {
    for (const Seat& twin : seats_) {
      if (twin.verdict != MDX_MEMBER_DUPLICATE || twin.member->super->version != MDX_SB_0_90)
        continue;
      for (const Seat& seat : seats_)
        if (takes_part(seat) && seat.member->super->dev_number == twin.member->super->dev_number &&
            seat.member->super->events == twin.member->super->events)
          return fmt::format("{} and {} have the same 0.90 superblock", seat.member->node,
                             twin.member->node);
    }
    return {};
  }

  void judge_degraded() {
    if (where_ == config::Locality::foreign)
      return set(Phase::waiting, count("another host's, so not started without the others"));
    if (in_.rules.degraded_after.count() == 0)
      return set(Phase::waiting, count("the configuration says never to start it degraded"));
    out_.startable = true;
    auto since = in_.memory.startable_since.value_or(in_.now);
    auto deadline = since + in_.rules.degraded_after;
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(in_.rules.degraded_after);
    if (in_.now < deadline) {
      set(Phase::waiting, count(fmt::format("waiting {} s for the others", seconds.count())));
      out_.view.starts_at = deadline;
      wake_at(deadline);
      return;
    }
    start(true, count(fmt::format("the others did not come in {} s", seconds.count())));
  }

  void start(bool degraded, const std::string& reason) {
    if (in_.memory.attempts >= in_.rules.most_attempts)
      return set(Phase::failed, fmt::format("given up after {} attempts: {}", in_.memory.attempts,
                                            in_.memory.last_failure));
    if (in_.now < in_.memory.next_attempt) {
      set(Phase::failed, in_.memory.last_failure + "; trying again");
      return wake_at(in_.memory.next_attempt);
    }
    set(Phase::ready, reason);
    if (in_.array && in_.array->inactive())
      finish_half_assembled(degraded, reason);
    else
      assemble(degraded, reason);
  }

  // Somebody else may be at work on an array that is not ours.
  void finish_half_assembled(bool degraded, const std::string& reason) {
    bool ours = in_.memory.assembling_as == in_.array->name;
    auto since = in_.memory.startable_since.value_or(in_.now);
    out_.startable = true;
    if (!ours && in_.now < since + in_.rules.others_grace) {
      set(Phase::waiting, fmt::format("{} is being assembled by someone else", in_.array->name));
      return wake_at(since + in_.rules.others_grace);
    }
    bool as_wanted = in_.array->members.size() == wanted().size() &&
                     std::all_of(in_.array->members.begin(), in_.array->members.end(),
                                 [&](const ArrayMember& m) { return is_wanted(m.number); });
    Action action = base_action(as_wanted ? Action::Kind::run : Action::Kind::discard);
    action.name.kernel = in_.array->name;
    action.degraded = degraded;
    action.reason = as_wanted ? "was left half assembled; " + reason
                              : "was left half assembled, and not from the right members";
    out_.actions.push_back(std::move(action));
  }

  void assemble(bool degraded, const std::string& reason) {
    Action action = base_action(Action::Kind::assemble);
    action.name = choose_name();
    action.members = wanted();
    action.degraded = degraded;
    action.reason = reason;
    out_.actions.push_back(std::move(action));
  }

  config::ArrayName choose_name() const {
    bool nodes = in_.rules.config.names;
    if (line_ && !line_->device.empty()) {
      auto name = config::explicit_name(line_->device, nodes, in_.in_use);
      if (name && !in_.in_use.kernel(name->kernel)) return *name;
    }
    return config::automatic_name(identity_, in_.rules.home, where_, nodes, in_.in_use);
  }

  // Members to assemble from, the freshest first: the driver believes the first it gets.
  std::vector<DeviceNumber> wanted() const {
    std::vector<DeviceNumber> out;
    if (plan_.freshest >= 0)
      out.push_back(seats_[static_cast<std::size_t>(plan_.freshest)].member->number);
    for (const Seat& seat : seats_)
      if (takes_part(seat) && seat.member->number != out.front())
        out.push_back(seat.member->number);
    return out;
  }

  bool is_wanted(DeviceNumber number) const {
    auto all = wanted();
    return std::find(all.begin(), all.end(), number) != all.end();
  }

  static bool takes_part(const Seat& seat) {
    if (!seat.excluded.empty()) return false;
    switch (seat.verdict) {
      case MDX_MEMBER_ACTIVE:
      case MDX_MEMBER_RECOVERING:
      case MDX_MEMBER_SPARE:
      case MDX_MEMBER_JOURNAL: return true;
      default: return false;
    }
  }

  // Wording

  Action base_action(Action::Kind kind) const {
    Action action;
    action.kind = kind;
    action.uuid = identity_.uuid;
    action.metadata = identity_.metadata;
    action.set_name = out_.view.name;
    action.read_auto = where_ == config::Locality::foreign;
    return action;
  }

  std::string count(const std::string& what) const {
    return fmt::format("{} of {} members, {}", plan_.active, std::max(plan_.expected, plan_.active),
                       what);
  }

  void set(Phase phase, std::string reason) {
    out_.view.phase = phase;
    out_.view.reason = std::move(reason);
  }

  void wake_at(Milliseconds when) { out_.wake_at = when; }

  const SetInput& in_;
  Decision out_;
  config::ArrayIdentity identity_;
  const model::ArrayConfig* line_ = nullptr;
  config::Locality where_ = config::Locality::foreign;
  std::vector<Seat> seats_;
  mdx_assembly plan_{};
};

}  // namespace

const char* to_string(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::assemble: return "assemble";
    case Action::Kind::run: return "run";
    case Action::Kind::discard: return "discard";
    case Action::Kind::add: return "add";
  }
  return "?";
}

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::running: return "running";
    case Phase::waiting: return "waiting";
    case Phase::ready: return "ready";
    case Phase::held: return "held";
    case Phase::refused: return "refused";
    case Phase::failed: return "failed";
  }
  return "?";
}

Decision judge(const SetInput& input) { return Judge(input).run(); }

}  // namespace mdctl::monitor
