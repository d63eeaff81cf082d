// SPDX-License-Identifier: GPL-2.0-only
// --incremental: one device at a time, as udev finds them.
#include <linux/raid/md_p.h>

#include <algorithm>
#include <cstring>

#include "cli/arrays.hpp"
#include "cli/assemble_set.hpp"
#include "cli/manage.hpp"
#include "output/incremental_report.hpp"

namespace mdctl::cli {
namespace {

Uuid uuid_of(const mdx_super& super) {
  Uuid out;
  std::memcpy(out.data(), super.set_uuid, out.size());
  return out;
}

class Incremental {
 public:
  Incremental(Context& context, const Options& options)
      : context_(context), options_(options), home_(home_host(context, options)) {}

  Result<int> add(const std::string& path);
  Result<int> start_partial();
  Result<int> remove(const std::string& name);
  Result<int> rebuild_map();

 private:
  struct Place {
    config::ArrayName name;
    bool exists = false;
    bool foreign = false;
  };

  Result<Place> place_of(const Candidate& member);
  Result<> attach(const Place& place, const Candidate& member);
  Result<std::string> try_start(const Place& place, const std::string& attached);
  Result<Candidates> present_members(const std::string& array);
  void report(const Place& place, const std::string& started);

  // udev reads what --export prints; people read the rest.
  template <class... Args>
  void say(FormatString<Args...> text, Args&&... args) {
    if (!options_.export_keys) context_.console.note(text, std::forward<Args>(args)...);
  }

  Context& context_;
  const Options& options_;
  config::HomeHost home_;
};

Result<Incremental::Place> Incremental::place_of(const Candidate& member) {
  Place out;
  const mdx_super& super = *member.super;
  const std::string& path = member.path;
  const auto identity = config::ArrayIdentity::from(super);
  const auto* line = config::find_array(context_.config, identity, home_, member.names);
  if (line && config::ignored(*line))
    return fail(Code::refused, "{} is a member of an array that the configuration ignores", path);
  const auto where = config::locality(identity, home_, line != nullptr);
  if (!line && !config::auto_allowed(context_.config.auto_rules, identity.metadata,
                                     where == config::Locality::local))
    return fail(Code::refused, "{} has metadata that the configuration does not assemble by itself",
                path);
  out.foreign = where == config::Locality::foreign;
  MDCTL_TRY(std::string existing, array_with(context_, uuid_of(super)));
  if (!existing.empty()) {
    out.exists = true;
    out.name.kernel = existing;
    const std::string known = recorded_path(context_, existing);
    if (known.rfind("/dev/md/", 0) == 0) out.name.link = known.substr(8);
    return out;
  }
  if (line && !line->device.empty()) {
    MDCTL_TRY(out.name,
              config::explicit_name(line->device, context_.config.names, names_in_use(context_)));
  } else {
    out.name = config::automatic_name(identity, home_, where, context_.config.names,
                                      names_in_use(context_));
  }
  return out;
}

Result<> Incremental::attach(const Place& place, const Candidate& member) {
  MDCTL_CHECK(context_.kernel.create_array(place.name.kernel));
  MDCTL_TRY(auto device, context_.kernel.open_array(place.name.kernel, false));
  auto state = context_.kernel.read(place.name.kernel, "array_state");
  if (!state || *state == "clear") {
    mdu_array_info_t info{};
    info.major_version = member.super->version == MDX_SB_0_90 ? 0 : 1;
    info.minor_version =
        member.super->version == MDX_SB_0_90 ? 90 : member.super->version - MDX_SB_1_0;
    MDCTL_CHECK(device->set_info(info));
  }
  mdu_disk_info_t disk{};
  disk.number = static_cast<int>(member.super->dev_number);
  disk.major = static_cast<int>(member.number.major);
  disk.minor = static_cast<int>(member.number.minor);
  disk.raid_disk = member.super->role < MDX_ROLE_MAX ? static_cast<int>(member.super->role) : -1;
  if (disk.raid_disk >= 0) disk.state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC;
  if (auto added = device->add_disk(disk); !added)
    return fail(std::move(added).error().context(
        fmt::format("failed to add {} to {}", member.path, place.name.path())));
  const auto version = static_cast<mdx_sb_version>(member.super->version);
  return context_.map.put(
      {place.name.kernel, mdx_sb_version_text(version), uuid_of(*member.super), place.name.path()});
}

Result<Candidates> Incremental::present_members(const std::string& array) {
  MDCTL_TRY(auto entries, context_.kernel.members(array));
  Candidates out;
  for (const auto& entry : entries) {
    Candidate member;
    member.path = context_.blocks.path_of(entry.number);
    auto device = context_.blocks.open(member.path, kernel::Access::read);
    if (!device) continue;
    auto super = system::load_superblock(**device);
    if (!super) continue;
    member.number = entry.number;
    member.sectors = (*device)->sectors();
    member.super = std::move(*super);
    out.push_back(std::move(member));
  }
  return out;
}

void Incremental::report(const Place& place, const std::string& started) {
  auto out = std::make_unique<output::IncrementalReport>();
  out->array = place.name.kernel;
  out->name = place.name.link.empty() ? "" : place.name.link;
  out->foreign = place.foreign;
  out->started = started;
  context_.reports.push_back(std::move(out));
}

// "yes", "no" or "unsafe": some members can still come.
Result<std::string> Incremental::try_start(const Place& place, const std::string& attached) {
  const std::string path = place.name.path();
  MDCTL_TRY(auto members, present_members(place.name.kernel));
  const auto plan = judge(members);
  if (!plan.enough) {
    say("{} attached to {}, not enough to start ({}).", attached, path, plan.active);
    return std::string("no");
  }
  if (plan.needs_force) {
    say("{} attached to {}, dirty and degraded: --assemble --force starts it.", attached, path);
    return std::string("no");
  }
  if (!plan.complete && !options_.run) {
    say("{} attached to {}, not enough to start safely.", attached, path);
    return std::string("unsafe");
  }
  // Read-auto: nothing is resynced before somebody writes, members may still turn up.
  if (auto started = context_.kernel.write(place.name.kernel, "array_state", "read-auto"); !started)
    return fail(
        std::move(started)
            .error()
            .context(fmt::format("{} attached to {}, which could not be started", attached, path))
            .hint("the kernel log says why: dmesg | tail"));
  apply_attributes(context_, place.name, uuid_of(*members.front().super),
                   members.front().super->set_name);
  if (auto told = context_.kernel.announce(place.name.kernel); !told)
    context_.console.fail(told.error());
  if (!context_.kernel.udev_running())
    MDCTL_CHECK(context_.kernel.ensure_node(path, place.name.kernel, kNodeTimeout));
  say("{} attached to {}, which has been started.", attached, path);
  return std::string("yes");
}

Result<int> Incremental::add(const std::string& path) {
  if (!config::device_allowed(context_.config, names_of(context_, path)))
    return fail(Code::refused, "{} not permitted by the DEVICE lines of the configuration", path);
  auto member = look_at_candidate(context_, path, std::nullopt);
  if (!member && member.error().code() == Code::not_found && !member.error().errno_value())
    return fail(Code::not_found, "no recognisable superblock on {}.", path);
  if (!member) return fail(std::move(member).error());
  MDCTL_TRY(auto place, place_of(*member));
  auto state = place.exists ? context_.kernel.read(place.name.kernel, "array_state")
                            : Result<std::string>(std::string("clear"));
  if (state && *state != "clear" && *state != "inactive") {
    MDCTL_TRY(auto device, context_.kernel.open_array(place.name.kernel, false));
    Managed array{context_, options_, place.name.kernel, place.name.path(), std::move(device)};
    DeviceArgument argument;
    argument.path = path;
    argument.action = Action::re_add;
    auto back = add_member(array, argument);
    if (!back && back.error().code() != Code::refused) return fail(std::move(back).error());
    if (!back)
      return fail(Error(Code::refused,
                        fmt::format("can only add {} to {} as a spare", path, place.name.path()))
                      .hint("it runs without it; use --add"));
    report(place, "already");
    return 0;
  }
  MDCTL_CHECK(attach(place, *member));
  std::string started = "no";
  if (!context_.kernel.array_number(place.name.kernel) || options_.dry_run)
    started = "unknown";
  else {
    MDCTL_TRY(started, try_start(place, path));
  }
  report(place, started);
  return 0;
}

Result<int> Incremental::start_partial() {
  if (!options_.run) return fail(Code::usage, "--incremental --scan meaningless without --run.");
  MDCTL_TRY(auto arrays, context_.kernel.arrays());
  int status = 0;
  for (const auto& array : arrays) {
    if (context_.kernel.read(array, "array_state").value_or("") != "inactive") continue;
    const std::string path = recorded_path(context_, array);
    MDCTL_TRY(auto members, present_members(array));
    const auto plan = judge(members);
    if (!plan.enough || plan.needs_force) {
      say("{} cannot be started: {}", path, plan.enough ? "dirty and degraded" : "too few members");
      status = 1;
      continue;
    }
    if (auto started = context_.kernel.write(array, "array_state", "read-auto"); !started) {
      context_.console.fail(Error(started.error()).context("failed to start array " + path));
      status = 1;
      continue;
    }
    config::ArrayName name{array, {}};
    if (path.rfind("/dev/md/", 0) == 0) name.link = path.substr(8);
    const mdx_super& super = *members.front().super;
    apply_attributes(context_, name, uuid_of(super), super.set_name);
    if (auto told = context_.kernel.announce(array); !told) context_.console.fail(told.error());
    say("started array {}", path);
  }
  return status;
}

// The device is gone; only its kernel name is left of it.
Result<int> Incremental::remove(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return fail(Code::refused, "incremental removal requires a kernel device name, not a file: {}",
                name);
  MDCTL_TRY(auto arrays, context_.kernel.arrays());
  for (const auto& array : arrays) {
    auto members = context_.kernel.members(array);
    if (!members) continue;
    const auto found = std::find_if(members->begin(), members->end(),
                                    [&](auto& m) { return m.entry == "dev-" + name; });
    if (found == members->end()) continue;
    const std::string attribute = found->entry + "/state";
    if (auto failed = context_.kernel.write(array, attribute, "faulty"))
      say("set {} faulty in {}", name, array);
    MDCTL_TRY(auto device, context_.kernel.open_array(array, false));
    Managed managed{context_, options_, array, array, std::move(device)};
    DeviceArgument argument;
    argument.path = name;
    argument.action = Action::remove;
    MDCTL_CHECK(remove_member(managed, argument));
    return 0;
  }
  return fail(Code::not_found, "{} does not appear to be a component of any array", name);
}

Result<int> Incremental::rebuild_map() {
  for (const auto& entry : context_.map.entries()) MDCTL_CHECK(context_.map.erase(entry.array));
  MDCTL_TRY(auto arrays, context_.kernel.arrays());
  for (const auto& array : arrays) {
    auto members = present_members(array);
    if (!members || members->empty()) continue;
    const mdx_super& super = *members->front().super;
    const auto links = context_.kernel.node_links(array);
    const std::string path = links.empty() ? "/dev/" + array : "/dev/md/" + links.front();
    MDCTL_CHECK(
        context_.map.put({array, mdx_sb_version_text(static_cast<mdx_sb_version>(super.version)),
                          uuid_of(super), path}));
  }
  return 0;
}

Result<int> incremental(Context& context, const Options& options) {
  Incremental work(context, options);
  if (options.rebuild_map)
    if (auto made = work.rebuild_map(); !made) return made;
  if (options.scan) return work.start_partial();
  if (options.devices.empty()) {
    if (options.rebuild_map) return 0;
    return fail(Code::refused, "--incremental requires a device name");
  }
  // udev's rules give it for a replacement that may come to the same place.
  if (!options.id_path.empty() && options.verbose > 0)
    context.console.note("--path is not recorded: no device is added without metadata");
  const std::string& device = options.devices.front().path;
  return options.fail_device ? work.remove(device) : work.add(device);
}

const Registration registration({"incremental", Mode::incremental, Action::none,
                                 "put one device where it belongs", incremental});

}  // namespace
}  // namespace mdctl::cli
