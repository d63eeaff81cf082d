// SPDX-License-Identifier: GPL-2.0-only
// Which words there are, where they may stand, and what they set.
#include "cli/option_table.hpp"

#include <bit>
#include <charconv>
#include <utility>

#include "bitmap_format.h"
#include "model/level.hpp"
#include "util/size.hpp"

namespace mdctl::cli {
namespace {

using model::parse_level;

constexpr unsigned N = bit(Mode::none), A = bit(Mode::assemble), B = bit(Mode::build),
                   C = bit(Mode::create), G = bit(Mode::grow), I = bit(Mode::incremental),
                   M = bit(Mode::manage), X = bit(Mode::misc), F = bit(Mode::monitor);

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <Mode mode>
Result<> set_mode(ParseState& state, const std::string&) {
  return enter_mode(state, mode);
}

template <Action action>
Result<> set_misc(ParseState& state, const std::string&) {
  return enter_action(state, Mode::misc, action);
}

template <Action action>
Result<> set_manage(ParseState& state, const std::string&) {
  if (state.in(Mode::none)) MDCTL_CHECK(enter_mode(state, Mode::manage));
  state.device_action = action;
  return {};
}

template <bool Options::*member>
Result<> set_flag(ParseState& state, const std::string&) {
  state.options().*member = true;
  return {};
}

template <std::string Options::*member>
Result<> set_text(ParseState& state, const std::string& argument) {
  state.options().*member = argument;
  return {};
}

Result<> refuse_cluster(ParseState& state, const std::string&) {
  return fail(Error(Code::unsupported, state.spelled + " is for clustered arrays, which are not "
                                                       "part of this release")
                  .hint("mdadm has them"));
}

Result<> ignore(ParseState&, const std::string&) { return {}; }

Result<> keep_extra(ParseState& state, const std::string& argument) {
  state.options()
      .extra[state.spelled.rfind("--", 0) == 0 ? state.spelled.substr(2) : state.spelled] =
      argument;
  return {};
}

Result<> ask_help(ParseState& state, const std::string&) {
  state.out.ask = Ask::help;
  return {};
}
Result<> ask_help_options(ParseState& state, const std::string&) {
  state.out.ask = Ask::help_options;
  return {};
}
Result<> ask_version(ParseState& state, const std::string&) {
  state.out.ask = Ask::version;
  return {};
}

Result<> more_verbose(ParseState& state, const std::string&) {
  state.options().verbose++;
  return {};
}
Result<> less_verbose(ParseState& state, const std::string&) {
  state.options().verbose--;
  return {};
}

// -R, -S, -o and -w act on arrays in manage and misc mode and are flags elsewhere.
template <Action action, bool Options::*flag>
Result<> act_or_flag(ParseState& state, const std::string&) {
  if (state.in(Mode::none) || state.in(Mode::misc)) return enter_action(state, Mode::misc, action);
  if (state.in(Mode::manage)) {
    Options& options = state.options();
    if (options.action != Action::none)
      return fail(Code::usage, "Cannot both {} and another of run, stop, readonly and readwrite",
                  state.spelled);
    options.action = action;
    return {};
  }
  state.options().*flag = true;
  return {};
}

// --readwrite among a manage command's devices clears write-mostly for those behind it.
Result<> set_readwrite(ParseState& state, const std::string&) {
  if (state.in(Mode::manage) &&
      (state.device_action == Action::add || state.device_action == Action::re_add)) {
    state.write_mostly = false;
    return {};
  }
  return act_or_flag<Action::readwrite, &Options::run>(state, "");
}

Result<> set_write_mostly(ParseState& state, const std::string&) {
  state.write_mostly = true;
  return {};
}
Result<> set_failfast(ParseState& state, const std::string&) {
  state.failfast = true;
  return {};
}
Result<> clear_failfast(ParseState& state, const std::string&) {
  state.failfast = false;
  return {};
}

Result<> set_with(ParseState& state, const std::string&) {
  if (state.device_action != Action::replace && state.device_action != Action::with)
    return fail(Code::usage, "--with must follow --replace");
  state.device_action = Action::with;
  return {};
}

// -f is "fail" in incremental and manage mode; the word --force is always force.
Result<> set_fail(ParseState& state, const std::string&) {
  if (state.in(Mode::incremental)) {
    state.options().fail_device = true;
    return {};
  }
  return set_manage<Action::fail>(state, "");
}

Result<> set_remove(ParseState& state, const std::string&) {
  if (state.in(Mode::incremental)) {
    state.options().fail_device = true;
    return {};
  }
  state.wants_device = state.spelled == "-r";
  return set_manage<Action::remove>(state, "");
}

Result<> set_level(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (options.level)
    return fail(Code::usage, "raid level may only be set once.  Second value is {}.", argument);
  options.level = parse_level(argument);
  options.level_text = argument;
  if (!options.level) return fail(Code::usage, "invalid raid level: {}", argument);
  const int level = *options.level;
  const bool buildable = level == 0 || level == 1 || level == 10 || level == model::kLevelLinear ||
                         level == model::kLevelMultipath || level == model::kLevelFaulty;
  if (options.mode == Mode::build && !buildable)
    return fail(Code::usage, "Raid level {} not permitted with --build.", argument);
  return {};
}

Result<> set_raid_devices(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  auto count = number<unsigned>(argument);
  if (options.raid_devices)
    return fail(Code::usage, "raid-devices set twice: {} and {}", *options.raid_devices, argument);
  if (!count || *count == 0)
    return fail(Code::usage, "invalid number of raid devices: {}", argument);
  options.raid_devices = count;
  return {};
}

Result<> set_spare_devices(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  auto count = number<unsigned>(argument);
  if (options.spare_devices)
    return fail(Code::usage, "spare-devices set twice: {} and {}", *options.spare_devices,
                argument);
  if (options.level && !model::is_redundant(*options.level))
    return fail(Code::usage, "spare-devices setting is incompatible with raid level {}",
                options.level_text);
  if (!count) return fail(Code::usage, "invalid number of spare-devices: {}", argument);
  options.spare_devices = count;
  return {};
}

Result<> set_size(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (options.size_kib)
    return fail(Code::usage, "size may only be specified once. Second value is {}.", argument);
  if (argument == "max") {
    options.size_kib = 0;
    return {};
  }
  auto sectors = parse_size_sectors(argument);
  if (!sectors || *sectors < 2) return fail(Code::usage, "invalid size: {}", argument);
  options.size_kib = *sectors / 2;
  return {};
}

Result<> set_chunk(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (options.chunk_kib)
    return fail(Code::usage, "chunk/rounding may only be specified once. Second value is {}.",
                argument);
  auto sectors = parse_size_sectors(argument);
  if (!sectors || *sectors < 8 || *sectors % 8 || *sectors / 2 > 1u << 20)
    return fail(Code::usage, "invalid chunk/rounding value: {}", argument);
  options.chunk_kib = static_cast<std::uint32_t>(*sectors / 2);
  return {};
}

Result<> set_metadata(ParseState& state, const std::string& argument) {
  static const char* const known[] = {"0",   "0.9", "0.90", "00.90", "default", "1",
                                      "1.0", "1.1", "1.2",  "1.x",   "0.swap"};
  if (!state.options().metadata.empty())
    return fail(Code::usage, "metadata specified more than once: {} and {}",
                state.options().metadata, argument);
  for (const char* name : known)
    if (argument == name) {
      state.options().metadata = argument;
      return {};
    }
  if (argument == "ddf" || argument == "imsm")
    return fail(Error(Code::unsupported, fmt::format("{} metadata is not md's own", argument))
                    .hint("use mdadm for firmware RAID"));
  return fail(Code::usage, "unrecognised metadata identifier: {}", argument);
}

Result<> set_uuid(ParseState& state, const std::string& argument) {
  if (state.options().uuid)
    return fail(Code::usage, "uuid cannot be set twice.  Second value {}.", argument);
  state.options().uuid = parse_uuid(argument);
  if (!state.options().uuid) return fail(Code::usage, "Bad uuid: {}", argument);
  return {};
}

Result<> set_name(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (!options.name.empty())
    return fail(Code::usage, "name cannot be set twice.  Second value {}.", argument);
  if (argument.size() > 32)
    return fail(Code::usage, "name '{}' is too long, 32 chars max.", argument);
  options.name = argument;
  return {};
}

Result<> set_super_minor(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (options.super_minor || !options.super_minor_of.empty())
    return fail(Code::usage, "super-minor cannot be set twice.  Second value: {}.", argument);
  if (argument == "dev") {
    options.super_minor_of = argument;
    return {};
  }
  options.super_minor = number<int>(argument);
  if (!options.super_minor || *options.super_minor < 0)
    return fail(Code::usage, "Bad super-minor number: {}.", argument);
  return {};
}

Result<> set_update(ParseState& state, const std::string& argument) {
  if (!state.options().update.empty())
    return fail(Code::usage, "Can only update one aspect of superblock, both {} and {} given.",
                state.options().update, argument);
  state.options().update = argument;
  return {};
}

Result<> set_action(ParseState& state, const std::string& argument) {
  MDCTL_CHECK(enter_action(state, Mode::misc, Action::sync_action));
  for (const char* word : {"idle", "frozen", "check", "repair"})
    if (argument == word) {
      state.options().sync_action = argument;
      return {};
    }
  return fail(Code::usage, "action must be one of idle, frozen, check, repair");
}

Result<> set_bitmap(ParseState& state, const std::string& argument) {
  Options& options = state.options();
  if (!options.bitmap.empty())
    return fail(Code::usage, "bitmap cannot be set twice. Second value: {}.", argument);
  if (argument == "clustered") return refuse_cluster(state, argument);
  const bool file = argument.find('/') != std::string::npos;
  if (argument != "internal" && argument != "none" && !file && !state.in(Mode::assemble))
    return fail(Code::usage,
                "bitmap file must contain a '/', or be 'internal', or be 'clustered', or 'none'\n"
                "       not '{}'",
                argument);
  options.bitmap = argument;
  return {};
}

Result<> set_bitmap_chunk(ParseState& state, const std::string& argument) {
  const auto sectors = parse_size_sectors(argument);
  if (!sectors || !std::has_single_bit(*sectors) || *sectors * 512 > MDX_BITMAP_CHUNK_MAX)
    return fail(Code::usage, "invalid bitmap chunksize: {}", argument);
  state.options().bitmap_chunk = static_cast<std::uint32_t>(*sectors * 512);
  return {};
}

Result<> set_policy(ParseState& state, const std::string& argument) {
  for (const char* word : {"resync", "bitmap", "journal", "ppl"})
    if (argument == word) {
      state.options().consistency_policy = argument;
      return {};
    }
  return fail(Code::usage, "Invalid consistency policy: {}", argument);
}

Result<> set_delay(ParseState& state, const std::string& argument) {
  state.options().delay = number<int>(argument);
  if (!state.options().delay || *state.options().delay < 1)
    return fail(Code::usage, "invalid delay: {}", argument);
  return {};
}

Result<> set_array_size(ParseState& state, const std::string& argument) {
  auto sectors = argument == "max" ? std::optional<std::uint64_t>(0) : parse_size_sectors(argument);
  const bool none = sectors && *sectors < 2 && argument != "max";
  if (!sectors || none) return fail(Code::usage, "invalid array size: {}", argument);
  state.options().array_size_kib = *sectors / 2;
  return {};
}

Result<> set_write_behind(ParseState& state, const std::string& argument) {
  auto value = argument.empty() ? std::optional<int>(256) : number<int>(argument);
  if (!value || *value < 0 || *value > 16383)
    return fail(Code::usage,
                "Invalid value for maximum outstanding write-behind writes: {}.\n"
                "     Must be between 0 and 16383.",
                argument);
  state.options().write_behind = value;
  return {};
}

Result<> set_directory(ParseState& state, const std::string& argument) {
  state.options().directory = argument;
  return enter_action(state, Mode::misc,
                      state.spelled == "--dump" ? Action::dump : Action::restore);
}

Result<> set_scan(ParseState& state, const std::string&) {
  state.options().scan = true;
  return {};
}

// --wait is misc's; in create and manage mode its letter marks devices write-mostly.
std::vector<OptionRow> array_rows() {
  return {
      // modes
      {"assemble", 0, kAnyMode, set_mode<Mode::assemble>, "assemble a previously created array"},
      {"build", 0, kAnyMode, set_mode<Mode::build>, "build an array without metadata"},
      {"create", 0, kAnyMode, set_mode<Mode::create>, "create a new array"},
      {"grow", 0, kAnyMode, set_mode<Mode::grow>, "change size, devices or bitmap of an array"},
      {"incremental", 0, kAnyMode, set_mode<Mode::incremental>, "add one device where it belongs"},
      {"manage", 0, kAnyMode, set_mode<Mode::manage>, "change the members of an array"},
      {"misc", 0, kAnyMode, set_mode<Mode::misc>, "report on or modify md devices"},
      {"monitor", 0, kAnyMode, set_mode<Mode::monitor>, nullptr},
      {"follow", 0, kAnyMode, set_mode<Mode::monitor>, nullptr},
      // everywhere
      {"help", 0, kAnyMode, ask_help, "help; after a mode, help about it"},
      {"help-options", 0, kAnyMode, ask_help_options, "all options"},
      {"version", 0, kAnyMode, ask_version, "version and the driver that is live"},
      {"json", 0, kAnyMode, set_flag<&Options::json>, "print one JSON document"},
      {"dry-run", 0, kAnyMode, set_flag<&Options::dry_run>,
       "say what would be done, change nothing"},
      {"verbose", 0, kAnyMode, more_verbose, "say more"},
      {"quiet", 0, kAnyMode, less_verbose, "say only what went wrong"},
      {"brief", 0, kAnyMode, set_flag<&Options::brief>, "one line an array"},
      {"export", 0, kAnyMode, set_flag<&Options::export_keys>, "KEY=value lines"},
      {"force", 0, kAnyMode, set_flag<&Options::force>, "override checks"},
      {"scan", 0, kAnyMode, set_scan, "take what is missing from the configuration or mdstat"},
      {"test", 0, X | M | F, set_flag<&Options::test>, "exit status tells the state"},
      {"config", 1, kAnyMode, set_text<&Options::config_file>, "another configuration file"},
      {"homehost", 1, kAnyMode, set_text<&Options::homehost>, "host that arrays belong to"},
      {"home-cluster", 1, A | C, refuse_cluster, nullptr},
      {"metadata", 1, kAnyMode, set_metadata, "0.90, 1.0, 1.1 or 1.2"},
      {"prefer", 1, kAnyMode, set_text<&Options::prefer>,
       "with --detail: names with this directory"},
      {"offroot", 0, kAnyMode, set_flag<&Options::offroot>, nullptr},
      {"auto", 1, A | B | C | I | G, ignore, nullptr},
      {"symlinks", 1, A | B | C | I, ignore, nullptr},
      // geometry
      {"level", 1, B | C | G, set_level, "linear, 0, 1, ..."},
      {"raid-devices", 1, B | C | G, set_raid_devices, "number of active devices"},
      {"raid-disks", 1, B | C | G, set_raid_devices, nullptr},
      {"spare-devices", 1, C, set_spare_devices, "number of spare devices"},
      {"spare-disks", 1, C, set_spare_devices, nullptr},
      {"size", 1, B | C | G, set_size, "KiB of each device to use (or K, M, G, T; max)"},
      {"array-size", 1, G, set_array_size, "KiB to show of the array until it stops; max"},
      {"chunk", 1, B | C | G, set_chunk, "chunk size in KiB"},
      {"rounding", 1, B | C | G, set_chunk, "rounding of a linear array"},
      {"layout", 1, B | C | G, set_text<&Options::layout>, "layout of the level"},
      {"parity", 1, B | C | G, set_text<&Options::layout>, nullptr},
      {"bitmap", 1, A | B | C | G, set_bitmap, "write-intent bitmap: internal or none"},
      {"bitmap-chunk", 1, B | C | G, set_bitmap_chunk, "KiB that one bit of it stands for"},
      {"delay", 1, B | C | G | F, set_delay, "seconds between two looks for bits to clear"},
      {"write-behind", 2, B | C | G, set_write_behind, "writes write-mostly devices may be late"},
      {"write-mostly", 0, B | C | M, set_write_mostly, "following devices are read last"},
      {"failfast", 0, C | M, set_failfast, "following devices fail at the first error"},
      {"nofailfast", 0, M, clear_failfast, "not so for the following"},
      {"assume-clean", 0, B | C | G, set_flag<&Options::assume_clean>, "do not resync"},
      {"write-zeroes", 0, C, set_flag<&Options::write_zeroes>, nullptr},
      {"data-offset", 1, C | G, set_text<&Options::data_offset>, "space before the data"},
      {"name", 1, A | C | I | X, set_name, "name of the array"},
      {"uuid", 1, A | C | I, set_uuid, "uuid of the array"},
      {"write-journal", 1, C, set_text<&Options::write_journal>, nullptr},
      {"consistency-policy", 1, C | G, set_policy, "resync or bitmap"},
      {"nodes", 1, A | C | G, refuse_cluster, nullptr},
      {"backup-file", 1, A | G, set_text<&Options::backup_file>, nullptr},
      {"invalid-backup", 0, A, set_flag<&Options::invalid_backup>, nullptr},
      {"continue", 0, G, set_flag<&Options::continue_reshape>, nullptr},
      {"super-minor", 1, A, set_super_minor, "preferred minor in a 0.90 superblock"},
      {"update", 1, A | M | X, set_update, "change the superblocks while assembling"},
      {"no-degraded", 0, A | I, set_flag<&Options::no_degraded>, "do not start degraded"},
      // manage
      {"add", 0, N | M | G, set_manage<Action::add>, "add devices"},
      {"re-add", 0, N | M, set_manage<Action::re_add>, "put recent members back"},
      {"add-spare", 0, N | M, set_manage<Action::add_spare>, "add devices as spares"},
      {"add-journal", 0, N | M, set_manage<Action::add_journal>, nullptr},
      {"remove", 0, N | M | I, set_remove, "remove devices, or all failed, faulty, detached"},
      {"fail", 0, N | M | I, set_fail, "mark devices faulty"},
      {"set-faulty", 0, N | M | I, set_fail, nullptr},
      {"replace", 0, N | M, set_manage<Action::replace>, "rebuild devices onto spares"},
      {"with", 0, M, set_with, "the spares to be used for that"},
      {"cluster-confirm", 0, N | M, set_manage<Action::cluster_confirm>, nullptr},
      // misc
      {"run", 0, kAnyMode, act_or_flag<Action::run, &Options::run>, "start, even if odd"},
      {"stop", 0, N | M | X, act_or_flag<Action::stop, &Options::run>, "stop arrays"},
      {"readonly", 0, N | M | X | A | C, act_or_flag<Action::readonly, &Options::readonly>,
       "make read-only"},
      {"readwrite", 0, N | M | X, set_readwrite, "make read-write"},
      {"query", 0, kAnyMode, set_misc<Action::query>, "what is this device to md"},
      {"detail", 0, kAnyMode, set_misc<Action::detail>, "details of arrays"},
      {"detail-platform", 0, kAnyMode, set_misc<Action::detail_platform>, nullptr},
      {"examine", 0, kAnyMode, set_misc<Action::examine>, "superblocks of members"},
      {"examine-bitmap", 0, kAnyMode, set_misc<Action::examine_bitmap>, "write-intent bitmaps"},
      {"examine-badblocks", 0, kAnyMode, set_misc<Action::examine_badblocks>, "bad-block logs"},
      {"zero-superblock", 0, kAnyMode, set_misc<Action::zero_superblock>, "erase superblocks"},
      {"wait", 0, kAnyMode, set_misc<Action::wait>, "wait for resync or recovery"},
      {"wait-clean", 0, kAnyMode, set_misc<Action::wait_clean>, "wait until marked clean"},
      {"action", 1, kAnyMode, set_action, "check, repair, idle or frozen"},
      {"no-devices", 0, X, set_flag<&Options::no_devices>, "details without the members"},
      {"dump", 1, kAnyMode, set_directory, nullptr},
      {"restore", 1, kAnyMode, set_directory, nullptr},
  };
}

// Subarrays, incremental mode and the monitor.
std::vector<OptionRow> watch_rows() {
  return {
      {"udev-rules", 2, kAnyMode, set_misc<Action::udev_rules>, nullptr},
      {"update-subarray", 1, kAnyMode, set_misc<Action::update_subarray>, nullptr},
      {"kill-subarray", 1, kAnyMode, set_misc<Action::kill_subarray>, nullptr},
      // incremental
      {"rebuild-map", 0, I, set_flag<&Options::rebuild_map>, "make the map file anew"},
      {"path", 1, I, set_text<&Options::id_path>, nullptr},
      // monitor
      {"mail", 1, F, keep_extra, nullptr},
      {"program", 1, F, keep_extra, nullptr},
      {"alert", 1, F, keep_extra, nullptr},
      {"syslog", 0, F, keep_extra, nullptr},
      {"increment", 1, F, keep_extra, nullptr},
      {"daemonise", 0, F, keep_extra, nullptr},
      {"daemonize", 0, F, keep_extra, nullptr},
      {"pid-file", 1, F, keep_extra, nullptr},
      {"oneshot", 0, F, keep_extra, nullptr},
      {"no-sharing", 0, F, keep_extra, nullptr},
  };
}

std::vector<OptionRow> make_rows() {
  std::vector<OptionRow> rows = array_rows();
  for (OptionRow& row : watch_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

const std::vector<OptionRow>& option_rows() {
  static const std::vector<OptionRow> rows = make_rows();
  return rows;
}

const std::vector<LetterRow>& letter_rows() {
  static const std::vector<LetterRow> rows = {
      {'A', kAnyMode, "assemble"},
      {'B', kAnyMode, "build"},
      {'C', kAnyMode, "create"},
      {'D', kAnyMode, "detail"},
      {'E', kAnyMode, "examine"},
      {'F', kAnyMode, "monitor"},
      {'G', kAnyMode, "grow"},
      {'I', kAnyMode, "incremental"},
      {'Q', kAnyMode, "query"},
      {'X', kAnyMode, "examine-bitmap"},
      {'h', kAnyMode, "help"},
      {'V', kAnyMode, "version"},
      {'Y', kAnyMode, "export"},
      {'v', kAnyMode, "verbose"},
      {'q', kAnyMode, "quiet"},
      {'s', kAnyMode, "scan"},
      {'e', kAnyMode, "metadata"},
      {'R', kAnyMode, "run"},
      {'b', A | B | C | G, "bitmap"},
      {'b', kAnyMode, "brief"},
      {'c', B | C | G, "chunk"},
      {'c', kAnyMode, "config"},
      {'a', A | B | C | I, "auto"},
      {'a', kAnyMode, "add"},
      {'f', N | M | I, "fail"},
      {'f', F, "daemonise"},
      {'f', kAnyMode, "force"},
      {'r', I, "rebuild-map"},
      {'r', F, "increment"},
      {'r', kAnyMode, "remove"},
      {'W', B | C | M, "write-mostly"},
      {'W', kAnyMode, "wait"},
      {'p', F, "program"},
      {'p', kAnyMode, "layout"},
      {'m', F, "mail"},
      {'m', kAnyMode, "super-minor"},
      {'i', F, "pid-file"},
      {'1', F, "oneshot"},
      {'y', F, "syslog"},
      {'S', kAnyMode, "stop"},
      {'o', kAnyMode, "readonly"},
      {'w', kAnyMode, "readwrite"},
      {'t', kAnyMode, "test"},
      {'l', kAnyMode, "level"},
      {'n', kAnyMode, "raid-devices"},
      {'x', kAnyMode, "spare-devices"},
      {'z', kAnyMode, "size"},
      {'Z', kAnyMode, "array-size"},
      {'u', kAnyMode, "uuid"},
      {'N', kAnyMode, "name"},
      {'U', kAnyMode, "update"},
      {'d', kAnyMode, "delay"},
      {'k', kAnyMode, "consistency-policy"},
  };
  return rows;
}

Result<> enter_mode(ParseState& state, Mode mode) {
  Options& options = state.options();
  // Devices before the mode made it manage; so does --manage before --add.
  if (options.mode != Mode::none && options.mode != mode)
    return fail(Code::usage, "{} would set mdadm mode to \"{}\", but it is already set to \"{}\".",
                state.spelled, mode_name(mode), mode_name(options.mode));
  options.mode = mode;
  options.mode_option = state.spelled;
  return {};
}

Result<> enter_action(ParseState& state, Mode mode, Action action) {
  if (state.in(Mode::none)) MDCTL_CHECK(enter_mode(state, mode));
  if (!state.in(mode))
    return fail(Code::usage, "{} would set mdadm mode to \"{}\", but it is already set to \"{}\".",
                state.spelled, mode_name(mode), mode_name(state.options().mode));
  Options& options = state.options();
  if (options.action != Action::none && options.action != action) {
    if (action == Action::examine)
      return fail(Code::usage, "--examine/-E cannot be given with {}", options.mode_option);
    return fail(Code::refused, "only one action can be given, {} is one too many", state.spelled);
  }
  options.action = action;
  state.device_action = action;
  return {};
}

}  // namespace mdctl::cli
