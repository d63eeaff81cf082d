// SPDX-License-Identifier: GPL-2.0-only
#include "cli/assemble_set.hpp"

#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "cli/arrays.hpp"
#include "cli/consent.hpp"
#include "cli/create_check.hpp"
#include "model/super_update.hpp"
#include "output/done_report.hpp"
#include "system/bitmap.hpp"

namespace mdctl::cli {
namespace {

std::string drives(unsigned count, const char* what = "drive") {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

bool joins(const Candidate& member) {
  return member.verdict == MDX_MEMBER_ACTIVE || member.verdict == MDX_MEMBER_RECOVERING ||
         member.verdict == MDX_MEMBER_SPARE || member.verdict == MDX_MEMBER_JOURNAL;
}

unsigned count_of(const Candidates& members, mdx_member_verdict verdict) {
  return static_cast<unsigned>(
      std::count_if(members.begin(), members.end(), [&](auto& m) { return m.verdict == verdict; }));
}

std::string found_text(const Candidates& members, const mdx_assembly& plan) {
  std::string out = drives(plan.active);
  const unsigned rebuilding = count_of(members, MDX_MEMBER_RECOVERING);
  const unsigned spares = count_of(members, MDX_MEMBER_SPARE);
  if (rebuilding) out += fmt::format("{} {} rebuilding", spares ? "," : " and", rebuilding);
  if (spares) out += " and " + drives(spares, "spare");
  return out;
}

Result<> store(Context& context, Candidate& member) {
  MDCTL_TRY(auto device, open_member(context, member.path, kernel::Access::write));
  return system::store_superblock(*device, *member.super);
}

using Supers = std::vector<mdx_super>;

Supers supers_of(const Candidates& members) {
  Supers out;
  for (const Candidate& member : members) out.push_back(*member.super);
  return out;
}

mdx_assembly judge_as(Candidates& members, const Supers& supers) {
  for (std::size_t i = 0; i < members.size(); i++) *members[i].super = supers[i];
  return judge(members);
}

// Could @member, if it were taken at its word, stand in a slot that nobody has? One whose rebuild
// was not done holds only part of the data, whatever its slot.
bool can_be_raised(const Candidate& member, const Candidates& members) {
  const mdx_super& super = *member.super;
  if (member.verdict != MDX_MEMBER_STALE && member.verdict != MDX_MEMBER_FAULTY) return false;
  if (super.role >= MDX_ROLE_MAX || super.feature_map & MD_FEATURE_RECOVERY_OFFSET) return false;
  return std::none_of(members.begin(), members.end(), [&](auto& other) {
    return joins(other) && other.slot == static_cast<int>(super.role);
  });
}

// What @raised has to say becomes what @fresh says, but for itself; the others hear of it.
void raise_one(Candidates& members, Candidate& raised, const mdx_super& fresh) {
  mdx_super& super = *raised.super;
  const __u32 number = super.dev_number;
  const auto role = static_cast<__u16>(super.role);
  super.events = fresh.events;
  super.resync_offset = fresh.resync_offset;
  super.max_dev = fresh.max_dev;
  std::copy(std::begin(fresh.roles), std::end(fresh.roles), super.roles);
  std::copy(std::begin(fresh.sb0_disks), std::end(fresh.sb0_disks), super.sb0_disks);
  for (Candidate& member : members) {
    mdx_super& told = *member.super;
    if (&member != &raised && !joins(member)) continue;
    if (number < told.max_dev) told.roles[number] = role;
    if (told.version == MDX_SB_0_90 && number < MDX_SB0_MAX_DEVS)
      told.sb0_disks[number] = super.sb0_this;
  }
}

// --force: the least stale members are taken at their word until the array can run. Nothing is
// written unless that is enough.
Result<> raise_stale(Context& context, Candidates& members, mdx_assembly& plan) {
  const Supers before = supers_of(members);
  std::vector<std::string> notes;
  std::set<const Candidate*> tried;
  while (!plan.enough && plan.freshest >= 0) {
    Candidate* best = nullptr;
    for (Candidate& member : members)
      if (!tried.count(&member) && can_be_raised(member, members) &&
          (!best || member.super->events > best->super->events))
        best = &member;
    if (!best) break;
    tried.insert(best);
    const Supers last = supers_of(members);
    const mdx_super fresh = *members[static_cast<std::size_t>(plan.freshest)].super;
    std::string note = fmt::format("forcing event count in {}({}) from {} up to {}", best->path,
                                   best->super->role, best->super->events, fresh.events);
    const auto active = plan.active;
    raise_one(members, *best, fresh);
    plan = judge(members);
    if (plan.active > active)
      notes.push_back(std::move(note));
    else
      plan = judge_as(members, last);
  }
  if (!plan.enough) {
    plan = judge_as(members, before);
    return {};
  }
  for (const auto& note : notes) context.console.note("{}", note);
  for (Candidate& member : members)
    if (joins(member)) MDCTL_CHECK(store(context, member));
  return {};
}

Result<> mark_clean(Context& context, const std::string& shown, Candidates& members,
                    mdx_assembly& plan) {
  context.console.note("Marking array {} as 'clean'", shown);
  for (Candidate& member : members) {
    if (!joins(member)) continue;
    member.super->resync_offset = MDX_SECTOR_NONE;
    MDCTL_CHECK(store(context, member));
  }
  plan = judge(members);
  return {};
}

Result<> apply_updates(Context& context, const Options& options, const SetRequest& request,
                       Candidates& members) {
  const auto home = home_host(context, options);
  model::UpdateRequest update;
  update.what = options.update;
  update.uuid = options.uuid.value_or(random_uuid());
  update.home = home.name;
  std::string name = options.name.empty() ? short_name(request.name) : options.name;
  if (update.what == "homehost") {
    const std::string old = members.front().super->set_name;
    name = old.substr(old.find(':') + 1);
  }
  update.name = full_set_name(name, home.name);
  std::sscanf(request.name.kernel.c_str(), "md%u", &update.minor);
  if (update.what == "uuid" && !options.uuid && members.front().super->version == MDX_SB_0_90)
    model::set_home_hash(update.uuid, home.name);
  for (Candidate& member : members) {
    update.dev_sectors = member.sectors;
    if (update.what == "bbl") {
      MDCTL_TRY(auto device, open_member(context, member.path, kernel::Access::read));
      update.bitmap_sectors = system::bitmap_sectors(*device, *member.super);
    }
    MDCTL_TRY(bool changed, model::apply_update(update, *member.super));
    if (!changed) continue;
    MDCTL_TRY(auto device, open_member(context, member.path, kernel::Access::write));
    if (update.what == "uuid") MDCTL_CHECK(system::rename_bitmap(*device, *member.super));
    MDCTL_CHECK(system::store_superblock(*device, *member.super));
  }
  return {};
}

// 0.90 knows its members by number alone: a disk that is seen twice, or a copy of it, cannot be
// told from the real one.
Result<> refuse_twins(const std::string& shown, const Candidates& members) {
  for (const Candidate& twin : members) {
    if (twin.verdict != MDX_MEMBER_DUPLICATE || twin.super->version != MDX_SB_0_90) continue;
    for (const Candidate& member : members)
      if (joins(member) && member.super->dev_number == twin.super->dev_number &&
          member.super->events == twin.super->events)
        return fail(Error(Code::refused,
                          fmt::format("{} and {} have the same 0.90 superblock, of member {} of {}",
                                      member.path, twin.path, twin.super->dev_number, shown))
                        .hint("list the members, and of these the right one"));
  }
  return {};
}

// Only a reshape has a backup, and without restoring it the array would be started torn.
Result<> refuse_backup(const Options& options, const std::string& shown,
                       const Candidates& members) {
  if (options.backup_file.empty() && !options.invalid_backup) return {};
  for (const Candidate& member : members)
    if (member.super->feature_map & MD_FEATURE_RESHAPE_ACTIVE)
      return fail(Error(Code::unsupported,
                        fmt::format("{} is being reshaped, and restoring a backup of that is not "
                                    "part of this release",
                                    shown))
                      .hint("mdadm --assemble --backup-file does it"));
  return {};
}

void tell_members(Context& context, const Options& options, const std::string& shown,
                  const Candidates& members, const mdx_assembly& plan) {
  for (const Candidate& member : members) {
    if (joins(member)) continue;
    if (member.verdict == MDX_MEMBER_STALE || member.verdict == MDX_MEMBER_FAULTY) {
      if (options.verbose > 0)
        context.console.note("{} is left out of {}: {}", member.path, shown,
                             mdx_member_verdict_text(member.verdict));
    } else {
      context.console.note("{} is left out of {}: {}", member.path, shown,
                           mdx_member_verdict_text(member.verdict));
    }
  }
  if (options.verbose <= 0) return;
  for (unsigned slot = 0; slot < plan.raid_disks; slot++)
    if (std::none_of(members.begin(), members.end(),
                     [&](auto& m) { return m.slot == static_cast<int>(slot); }))
      context.console.note("no uptodate device for slot {} of {}", slot, shown);
}

// What keeps the array from starting, or nothing.
Result<> may_start(const SetRequest& request, const Candidates& members, const mdx_assembly& plan) {
  if (plan.freshest < 0) return fail(Code::refused, "no usable member of {}", request.shown);
  const std::string found = found_text(members, plan);
  if (!plan.enough) {
    const bool stale = count_of(members, MDX_MEMBER_STALE) + count_of(members, MDX_MEMBER_FAULTY);
    Error error(Code::refused, fmt::format("{} assembled from {} - not enough to start the array.",
                                           request.shown, found));
    if (stale) error = std::move(error).hint("--force takes out-of-date members as well");
    return fail(std::move(error));
  }
  if (plan.needs_force)
    return fail(Error(Code::refused,
                      fmt::format("{} assembled from {} - not started: it is dirty and degraded, "
                                  "some stripes may be wrong.",
                                  request.shown, found))
                    .hint("--force starts it, check the file system afterwards"));
  if (!plan.complete && !request.start_degraded)
    return fail(Code::refused, "{} assembled from {} - need {} to start it (use --run to insist).",
                request.shown, found,
                plan.expected == plan.raid_disks
                    ? fmt::format("all {}", plan.raid_disks)
                    : fmt::format("{} of {}", plan.expected, plan.raid_disks));
  return {};
}

Result<> hand_over(Context& context, const Options& options, const SetRequest& request,
                   kernel::ArrayDevice& device, const Candidates& members,
                   const mdx_assembly& plan) {
  const mdx_super& fresh = *members[static_cast<std::size_t>(plan.freshest)].super;
  mdu_array_info_t info{};
  info.major_version = fresh.version == MDX_SB_0_90 ? 0 : 1;
  info.minor_version = fresh.version == MDX_SB_0_90 ? 90 : fresh.version - MDX_SB_1_0;
  MDCTL_CHECK(device.set_info(info));
  // By slot, spares behind, the freshest last: the order md's own tools have.
  const Candidate* freshest = &members[static_cast<std::size_t>(plan.freshest)];
  auto rank = [&](const Candidate* m) {
    return std::pair(m == freshest, static_cast<unsigned>(m->slot));
  };
  std::vector<const Candidate*> order;
  for (const Candidate& member : members)
    if (joins(member)) order.push_back(&member);
  std::stable_sort(order.begin(), order.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });
  for (const Candidate* member : order) {
    mdu_disk_info_t disk{};
    disk.number = static_cast<int>(member->super->dev_number);
    disk.major = static_cast<int>(member->number.major);
    disk.minor = static_cast<int>(member->number.minor);
    disk.raid_disk = member->slot;
    if (member->slot >= 0) disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
    if (auto added = device.add_disk(disk); !added)
      return fail(std::move(added).error().context("failed to add " + member->path));
    if (options.verbose > 0)
      context.console.note("added {} to {} as {}", member->path, request.shown, member->slot);
  }
  return {};
}

Result<> start(Context& context, const SetRequest& request, kernel::ArrayDevice& device) {
  Result<> started;
  if (request.readonly)
    started = context.kernel.write(request.name.kernel, "array_state", "readonly");
  else if (request.read_auto)
    started = context.kernel.write(request.name.kernel, "array_state", "read-auto");
  else
    started = device.run();
  if (!started)
    return fail(std::move(started)
                    .error()
                    .context(fmt::format("failed to RUN_ARRAY {}", request.shown))
                    .hint("the kernel log says why: dmesg | tail"));
  return {};
}

}  // namespace

Result<Candidate> look_at_candidate(Context& context, const std::string& path,
                                    std::optional<mdx_sb_version> version) {
  auto device = open_member(context, path, kernel::Access::exclusive);
  // Something else is no mistake in the line: udev and scans name what there is.
  if (device ? !(*device)->is_block() : device.error().code() == Code::usage)
    return fail(Code::refused, "{} is not a block device.", path);
  if (!device) return fail(std::move(device).error());
  Candidate out;
  out.path = path;
  out.names = names_of(context, path);
  out.number = (*device)->number();
  out.sectors = (*device)->sectors();
  MDCTL_TRY(out.super, system::load_own_superblock(context.blocks, **device, version));
  return out;
}

mdx_assembly judge(Candidates& members) {
  std::vector<const mdx_super*> supers;
  for (const Candidate& member : members) supers.push_back(member.super.get());
  std::vector<mdx_member_verdict> verdicts(members.size());
  std::vector<__s32> slots(members.size());
  mdx_assembly plan{};
  mdx_assemble_plan(supers.data(), static_cast<__u32>(supers.size()), verdicts.data(), slots.data(),
                    &plan);
  for (std::size_t i = 0; i < members.size(); i++) {
    members[i].verdict = verdicts[i];
    members[i].slot = slots[i];
  }
  return plan;
}

Result<> assemble_set(Context& context, const Options& options, const SetRequest& request,
                      Candidates& members) {
  mdx_assembly plan = judge(members);
  MDCTL_CHECK(refuse_twins(request.shown, members));
  MDCTL_CHECK(refuse_backup(options, request.shown, members));
  if (!options.update.empty()) {
    MDCTL_CHECK(apply_updates(context, options, request, members));
    plan = judge(members);
  }
  if (options.verbose > 0)
    for (const Candidate& member : members)
      context.console.note("{} is identified as a member of {}, slot {}.", member.path,
                           request.shown, member.slot);
  if (request.force && !plan.enough) MDCTL_CHECK(raise_stale(context, members, plan));
  if (request.force && plan.enough && plan.needs_force)
    MDCTL_CHECK(mark_clean(context, request.shown, members, plan));
  tell_members(context, options, request.shown, members, plan);
  MDCTL_CHECK(may_start(request, members, plan));

  MDCTL_TRY(auto node, open_new_array(context, request.name));
  auto up = hand_over(context, options, request, *node.device, members, plan);
  if (up) up = start(context, request, *node.device);
  if (!up) {
    if (auto stopped = node.device->stop(); !stopped) context.console.fail(stopped.error());
    return up;
  }
  const mdx_super& fresh = *members[static_cast<std::size_t>(plan.freshest)].super;
  Uuid uuid;
  std::memcpy(uuid.data(), fresh.set_uuid, uuid.size());
  MDCTL_CHECK(publish_array(context, request.name,
                            mdx_sb_version_text(static_cast<mdx_sb_version>(fresh.version)), uuid,
                            fresh.set_name));
  std::string text = drives(plan.active);
  const unsigned rebuilding = count_of(members, MDX_MEMBER_RECOVERING);
  const unsigned spares = count_of(members, MDX_MEMBER_SPARE);
  if (plan.active < plan.raid_disks) text += fmt::format(" (out of {})", plan.raid_disks);
  if (rebuilding) text += fmt::format("{} {} rebuilding", spares ? "," : " and", rebuilding);
  if (spares) text += " and " + drives(spares, "spare");
  context.console.note("{} has been started with {}.", request.shown, text);
  context.reports.push_back(
      std::make_unique<output::DoneReport>("assembled", request.name.kernel, request.shown));
  return {};
}

}  // namespace mdctl::cli
