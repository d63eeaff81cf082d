// SPDX-License-Identifier: GPL-2.0-only
// --assemble: which devices make which array.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <set>

#include "cli/arrays.hpp"
#include "cli/assemble_set.hpp"
#include "cli/consent.hpp"
#include "model/super_update.hpp"

namespace mdctl::cli {
namespace {

constexpr int kNothingFound = 2;

struct Wanted {
  std::optional<Uuid> uuid;
  std::string name;
  std::optional<int> minor;
  const model::ArrayConfig* line = nullptr;  // from the configuration

  bool any() const { return uuid || !name.empty() || minor || line; }
};

class Assembly {
 public:
  Assembly(Context& context, const Options& options)
      : context_(context), options_(options), home_(home_host(context, options)) {}

  Result<int> explicit_array();
  Result<int> scan();

 private:
  Result<Candidates> listed_candidates(const Wanted& wanted);
  Result<Candidates> scanned_candidates();
  std::string mismatch(const Candidate& member, const Wanted& wanted) const;
  Result<std::string> already_active(const Candidates& members);
  bool runs(const Candidates& members);
  bool is_due(Candidates& members) const;
  Result<> assemble(const config::ArrayName& name, const std::string& shown, Candidates members,
                    bool start_degraded, bool read_auto = false);
  // What may come up now in a scan, see scan().
  enum class Round { complete, enough, any };

  int scan_lines(Candidates& pool);
  int missed_lines() const;
  int scan_rest(Candidates& pool);
  Result<int> scan_named(const DeviceArgument& argument);

  Context& context_;
  const Options& options_;
  config::HomeHost home_;
  std::set<Uuid> refused_;                       // told once, not every round
  std::set<const model::ArrayConfig*> settled_;  // lines whose array came up, or was refused
  Round round_ = Round::complete;
};

Uuid uuid_of(const Candidate& member) {
  Uuid out;
  std::memcpy(out.data(), member.super->set_uuid, out.size());
  return out;
}

// Why @member is not what is wanted; empty: it is.
std::string Assembly::mismatch(const Candidate& member, const Wanted& wanted) const {
  const auto identity = config::ArrayIdentity::from(*member.super);
  // With --update these say what is to become, not what is.
  const bool new_uuid = options_.update == "uuid", new_name = options_.update == "name";
  if (wanted.uuid && !new_uuid && identity.uuid != *wanted.uuid) return "has wrong uuid.";
  if (!wanted.name.empty() && !new_name) {
    const std::string& have = identity.name;
    const bool local = !home_.name.empty() && have == home_.name + ":" + wanted.name;
    const bool bare = have.find(':') != std::string::npos && !home_.required &&
                      have.substr(have.find(':') + 1) == wanted.name;
    if (have != wanted.name && !local && !bare) return "has wrong name.";
  }
  if (wanted.minor && identity.minor != wanted.minor) return "has wrong super-minor.";
  if (wanted.line && !config::matches(*wanted.line, identity, home_, member.names))
    return "is not what the configuration says.";
  return {};
}

Result<Candidates> Assembly::listed_candidates(const Wanted& wanted) {
  Candidates out;
  std::optional<mdx_sb_version> version;
  if (!options_.metadata.empty()) version = system::parse_version(options_.metadata);
  for (std::size_t i = 1; i < options_.devices.size(); i++) {
    const std::string& path = options_.devices[i].path;
    auto member = look_at_candidate(context_, path, version);
    if (!member && member.error().code() == Code::busy) {
      context_.console.fail("{} is busy - skipping{}", path,
                            member.error().hint().empty() ? "" : ": " + member.error().hint());
      continue;
    }
    if (!member && member.error().code() == Code::not_found && !member.error().errno_value()) {
      context_.console.fail("no recogniseable superblock on {}", path);
      if (wanted.any()) continue;  // the identity decides, not the list
      return fail(Code::refused, "{} has no superblock - assembly aborted", path);
    }
    if (!member) return fail(std::move(member).error());
    if (auto why = mismatch(*member, wanted); !why.empty()) {
      context_.console.fail("{} {}", path, why);
      continue;
    }
    for (const Candidate& other : out)
      if (other.number == member->number)
        return fail(Code::usage, "{} is on the command line twice", path);
    if (!out.empty() && !mdx_sb_same_set(out.front().super.get(), member->super.get()))
      return fail(Code::refused, "superblock on {} doesn't match others - assembly aborted", path);
    out.push_back(std::move(*member));
  }
  return out;
}

Result<Candidates> Assembly::scanned_candidates() {
  MDCTL_TRY(auto paths, context_.blocks.partitions());
  std::optional<mdx_sb_version> version;
  if (!options_.metadata.empty()) version = system::parse_version(options_.metadata);
  Candidates out;
  for (const auto& path : paths) {
    if (!config::device_allowed(context_.config, names_of(context_, path))) continue;
    auto member = look_at_candidate(context_, path, version);
    if (member) {
      out.push_back(std::move(*member));
    } else if (options_.verbose > 0) {
      const bool nothing = member.error().code() == Code::not_found;
      context_.console.note("{}", nothing ? "no recogniseable superblock on " + path
                                  : member.error().code() == Code::busy
                                      ? path + " is busy - skipping"
                                      : member.error().text());
    }
  }
  return out;
}

// Free members of an array that runs without them are the administrator's business.
// That array, empty: none runs.
Result<std::string> Assembly::already_active(const Candidates& members) {
  MDCTL_TRY(std::string array, array_with(context_, uuid_of(members.front())));
  if (array.empty()) return array;
  auto state = context_.kernel.read(array, "array_state");
  return state && *state != "clear" && *state != "inactive" ? array : std::string();
}

// For --scan, which has no word for it. Where it cannot be known assemble() says why.
bool Assembly::runs(const Candidates& members) {
  auto array = already_active(members);
  return array && !array->empty();
}

// Is it the round for an array with these members?
bool Assembly::is_due(Candidates& members) const {
  if (round_ == Round::any) return true;
  const mdx_assembly plan = judge(members);
  if (!plan.enough || plan.needs_force) return false;
  return round_ == Round::enough || plan.complete;
}

Result<> Assembly::assemble(const config::ArrayName& name, const std::string& shown,
                            Candidates members, bool start_degraded, bool read_auto) {
  MDCTL_TRY(const std::string array, already_active(members));
  if (!array.empty())
    return fail(
        Error(Code::busy, fmt::format("Found some drive for an array that is already active: {}",
                                      recorded_path(context_, array)))
            .hint("use --add or --re-add to put it back"));
  MDCTL_CHECK(name_is_free(context_, name));
  SetRequest request;
  request.name = name;
  request.shown = shown;
  request.start_degraded = start_degraded || options_.run;
  request.readonly = options_.readonly;
  request.force = options_.force;
  request.read_auto = read_auto;
  return assemble_set(context_, options_, request, members);
}

Result<int> Assembly::explicit_array() {
  const std::string& given = options_.devices.front().path;
  Wanted wanted{options_.uuid, options_.name, options_.super_minor, nullptr};
  MDCTL_TRY(auto name, given_name(context_, given));
  if (options_.super_minor_of == "dev") {
    int minor = -1;
    std::sscanf(name.kernel.c_str(), "md%d", &minor);
    wanted.minor = minor;
  }
  const bool listed = options_.devices.size() > 1;
  if (!listed && !wanted.any()) {
    for (const auto& line : context_.config.arrays)
      if (line.device == given) wanted.line = &line;
    if (!wanted.line)
      return fail(Error(Code::refused, fmt::format("{} not identified in config file.", given))
                      .hint("list its devices, or give --uuid"));
  }
  if (options_.verbose > 0) context_.console.note("looking for devices for {}", given);
  Candidates members;
  if (listed) {
    MDCTL_TRY(members, listed_candidates(wanted));
  } else {
    MDCTL_TRY(members, scanned_candidates());
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [&](auto& m) { return !mismatch(m, wanted).empty(); }),
                  members.end());
    for (const Candidate& member : members)
      if (!mdx_sb_same_set(members.front().super.get(), member.super.get()))
        return fail(
            Error(Code::refused, fmt::format("{} and {} belong to different arrays and both match",
                                             members.front().path, member.path))
                .hint("give --uuid"));
  }
  if (members.empty()) {
    context_.console.fail("no devices found for {}", given);
    return kNothingFound;
  }
  MDCTL_CHECK(assemble(name, given, std::move(members), options_.scan && !options_.no_degraded));
  return 0;
}

// Takes those that satisfy @wanted out of @pool, one set of them.
Candidates take(Candidates& pool, const std::function<bool(const Candidate&)>& wanted) {
  Candidates out;
  for (auto it = pool.begin(); it != pool.end();) {
    const bool same = out.empty() || mdx_sb_same_set(out.front().super.get(), it->super.get());
    if (same && wanted(*it)) {
      out.push_back(std::move(*it));
      it = pool.erase(it);
    } else {
      ++it;
    }
  }
  return out;
}

int Assembly::scan_lines(Candidates& pool) {
  int done = 0;
  for (const auto& line : context_.config.arrays) {
    Wanted wanted{options_.uuid, options_.name, options_.super_minor, &line};
    Candidates members =
        take(pool, [&](const Candidate& m) { return mismatch(m, wanted).empty(); });
    if (members.empty() || config::ignored(line) || refused_.count(uuid_of(members.front())) ||
        !is_due(members) || runs(members))
      continue;
    const Uuid uuid = uuid_of(members.front());
    const auto identity = config::ArrayIdentity::from(*members.front().super);
    auto name = line.device.empty() ? Result<config::ArrayName>(config::automatic_name(
                                          identity, home_, config::Locality::local,
                                          context_.config.names, names_in_use(context_)))
                                    : given_name(context_, line.device);
    Result<> up = name ? assemble(*name, name->path(), std::move(members), !options_.no_degraded)
                       : Result<>(fail(name.error()));
    settled_.insert(&line);
    if (up) {
      done++;
      continue;
    }
    refused_.insert(uuid);
    context_.console.fail(up.error());
  }
  return done;
}

// Exit status of a scan for the lines nothing came of.
int Assembly::missed_lines() const {
  int status = 0;
  for (const auto& line : context_.config.arrays) {
    if (config::ignored(line) || settled_.count(&line)) continue;
    context_.console.fail("{} is not assembled: it is active already, or no device is free for it",
                          line.device.empty() ? "an array of the configuration" : line.device);
    status = kNothingFound;
  }
  return status;
}

int Assembly::scan_rest(Candidates& pool) {
  int done = 0;
  while (!pool.empty()) {
    Candidates members = take(pool, [](const Candidate&) { return true; });
    const Wanted wanted{options_.uuid, options_.name, options_.super_minor, nullptr};
    const auto identity = config::ArrayIdentity::from(*members.front().super);
    const auto where = config::locality(identity, home_, false);
    if (!mismatch(members.front(), wanted).empty() || refused_.count(identity.uuid) ||
        !config::auto_allowed(context_.config.auto_rules, identity.metadata,
                              where == config::Locality::local) ||
        !is_due(members) || runs(members))
      continue;
    const auto name = config::automatic_name(identity, home_, where, context_.config.names,
                                             names_in_use(context_));
    // Another host may still be using it, with the members that are not here.
    const bool foreign = where == config::Locality::foreign;
    if (auto up = assemble(name, name.path(), std::move(members), !options_.no_degraded && !foreign,
                           foreign);
        up) {
      done++;
    } else {
      refused_.insert(identity.uuid);
      context_.console.fail(up.error());
    }
  }
  return done;
}

// --scan with array names: the configuration knows their members.
Result<int> Assembly::scan_named(const DeviceArgument& argument) {
  Wanted wanted{options_.uuid, options_.name, options_.super_minor, nullptr};
  for (const auto& line : context_.config.arrays)
    if (line.device == argument.path) wanted.line = &line;
  if (!wanted.any()) return fail(Code::refused, "{} not identified in config file.", argument.path);
  MDCTL_TRY(auto pool, scanned_candidates());
  Candidates members = take(pool, [&](const Candidate& m) { return mismatch(m, wanted).empty(); });
  if (members.empty()) {
    context_.console.fail("no devices found for {}", argument.path);
    return kNothingFound;
  }
  MDCTL_TRY(auto name, given_name(context_, argument.path));
  MDCTL_CHECK(assemble(name, argument.path, std::move(members), !options_.no_degraded));
  return 0;
}

Result<int> Assembly::scan() {
  int status = 0;
  for (const auto& argument : options_.devices) {
    auto done = scan_named(argument);
    if (!done) context_.console.fail(done.error());
    status = std::max(status, done ? *done : 1);
  }
  if (!options_.devices.empty()) return status;
  // Arrays can be members of arrays: again as long as something new came up. What seems to lack
  // members may only wait for one of those, so the whole ones are first, and the hopeless last.
  int total = 0;
  // A configuration that names arrays names all that are wanted.
  const bool listed = std::any_of(context_.config.arrays.begin(), context_.config.arrays.end(),
                                  [](const auto& line) { return !config::ignored(line); });
  round_ = options_.dry_run ? Round::any : Round::complete;
  for (;;) {
    if (options_.verbose > 0) context_.console.note("looking for devices for further assembly");
    MDCTL_TRY(auto pool, scanned_candidates());
    const int now = scan_lines(pool) + (listed ? 0 : scan_rest(pool));
    total += now;
    if (options_.dry_run || (!now && round_ == Round::any)) break;
    round_ = now ? Round::complete : round_ == Round::complete ? Round::enough : Round::any;
  }
  const int refused = refused_.empty() ? 0 : 1;
  if (listed) return refused | missed_lines();
  if (!total && !refused) context_.console.fail("No arrays found in config file or automatically");
  return total ? refused : 1;
}

Result<int> assemble(Context& context, const Options& options) {
  if (options.update == "help" || options.update == "?") {
    context.console.note("Valid --update options are:\n{}", model::update_help());
    return 0;
  }
  if (!options.update.empty()) MDCTL_CHECK(model::check_update(options.update));
  if (options.bitmap == "internal")
    context.console.note(
        "no need to specify --bitmap when assembling arrays with internal or clustered bitmap");
  else if (!options.bitmap.empty())
    return fail(Code::unsupported, "--assemble with a bitmap file is not supported");
  Assembly work(context, options);
  if (options.scan) return work.scan();
  if (options.devices.empty()) return fail(Code::usage, "an md device must be given in this mode");
  return work.explicit_array();
}

const Registration registration({"assemble", Mode::assemble, Action::none,
                                 "assemble a previously created array", assemble});

}  // namespace
}  // namespace mdctl::cli
