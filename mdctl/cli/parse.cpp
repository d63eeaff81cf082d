// SPDX-License-Identifier: GPL-2.0-only
#include "cli/parse.hpp"

#include <getopt.h>

#include <algorithm>
#include <cstring>

#include "cli/command.hpp"
#include "cli/option_table.hpp"

namespace mdctl::cli {
namespace {

constexpr int kFirstLong = 1000;
constexpr int kFirstExtra = 5000;

const OptionRow* find_row(const char* name) {
  for (const OptionRow& row : option_rows())
    if (!std::strcmp(row.name, name)) return &row;
  return nullptr;
}

const LetterRow* find_letter(char letter, Mode mode) {
  for (const LetterRow& row : letter_rows())
    if (row.letter == letter && (row.modes & bit(mode))) return &row;
  return nullptr;
}

// getopt's description of the letters that exist in @mode. '-': devices are returned in order.
std::string letters_of(Mode mode) {
  std::string out = "-";
  for (const LetterRow& row : letter_rows()) {
    if (!(row.modes & bit(mode)) || out.find(row.letter, 1) != std::string::npos) continue;
    out += row.letter;
    const OptionRow* option = find_row(row.name);
    if (option->argument == 1) out += ':';
    if (option->argument == 2) out += "::";
  }
  return out;
}

struct ExtraOption {
  const Command* command;
  std::string name;
  int argument;
  bool selects;
};

std::vector<ExtraOption> extra_options() {
  std::vector<ExtraOption> out;
  for (const Command& command : commands()) {
    if (command.mode == Mode::other) out.push_back({&command, command.name, 0, true});
    for (const auto& extra : command.extra)
      if (!find_row(extra.name.c_str()))
        out.push_back({&command, extra.name, extra.argument, false});
  }
  return out;
}

// A second name for the row before it: what both begin with is no ambiguity.
bool is_alias(const OptionRow& row, const OptionRow& before) {
  return !row.help && before.help && row.handle == before.handle && row.modes == before.modes &&
         row.argument == before.argument;
}

std::vector<option> long_options(const std::vector<ExtraOption>& extras) {
  std::vector<option> out;
  const auto& rows = option_rows();
  for (std::size_t i = 0; i < rows.size(); i++) {
    const bool alias = i && is_alias(rows[i], rows[i - 1]);
    const int value = alias ? out.back().val : kFirstLong + static_cast<int>(i);
    out.push_back({rows[i].name, rows[i].argument, nullptr, value});
  }
  int value = kFirstExtra;
  for (const ExtraOption& extra : extras)
    out.push_back({extra.name.c_str(), extra.argument, nullptr, value++});
  out.push_back({nullptr, 0, nullptr, 0});
  return out;
}

Result<> add_device(ParseState& state, const char* path) {
  Options& options = state.options();
  const bool inferred = options.mode == Mode::manage && options.mode_option.empty();
  if (inferred && !options.devices.empty() && state.device_action == Action::none &&
      options.action == Action::none)
    return fail(Code::usage,
                "An option must be given to set the mode before a second device\n"
                "       ({}) is listed",
                path);
  if (options.mode == Mode::grow && !options.devices.empty() && state.device_action != Action::add)
    return fail(Code::usage, "Must give -a/--add for devices to add: {}", path);
  if (options.mode == Mode::none) options.mode = Mode::manage;
  state.wants_device = false;
  DeviceArgument device;
  device.path = path;
  device.action = state.device_action;
  device.write_mostly = state.write_mostly;
  device.failfast = state.failfast;
  options.devices.push_back(std::move(device));
  return {};
}

Result<> apply_row(ParseState& state, const OptionRow& row, const std::string& argument) {
  const Mode mode = state.options().mode;
  if (!(row.modes & bit(mode))) {
    if (mode == Mode::none)
      return fail(Code::usage, "{} does not set the mode, and so cannot be the first option.",
                  state.spelled);
    return fail(Code::usage, "option {} not valid in {} mode", state.spelled, mode_name(mode));
  }
  return row.handle(state, argument);
}

Result<> apply_extra(ParseState& state, const ExtraOption& extra, const std::string& argument) {
  Options& options = state.options();
  // "--daemon" used to be short for monitor's --daemonise and stays it there.
  if (extra.selects && options.mode == Mode::monitor) {
    options.extra["daemonise"] = argument;
    return {};
  }
  if (extra.selects) {
    if (options.mode == Mode::other && options.other == extra.name) return {};
    MDCTL_CHECK(enter_mode(state, Mode::other));
    options.other = extra.name;
    return {};
  }
  options.extra[extra.name] = argument;
  return {};
}

// "'--remove' '--replace'": what an abbreviation could mean; empty: nothing, or one thing.
std::string possibilities(const std::string& word, const std::vector<option>& longs) {
  if (word.rfind("--", 0) != 0) return {};
  const std::string start = word.substr(2, word.find('=') - 2);
  std::string out;
  unsigned count = 0;
  for (const option& row : longs) {
    if (!row.name || std::string_view(row.name).substr(0, start.size()) != start) continue;
    out += fmt::format("{}'--{}'", count++ ? " " : "", row.name);
  }
  return count > 1 ? out : "";
}

// What getopt complained about; it has printed nothing.
Failure complain(int code, char** argv, const std::vector<option>& longs) {
  const std::string word = ::optopt && ::optopt < kFirstLong
                               ? fmt::format("option -- '{}'", static_cast<char>(::optopt))
                               : fmt::format("option '{}'", argv[::optind - 1]);
  if (code == ':') return fail(Code::usage, "{} requires an argument", word);
  if (::optopt && ::optopt < kFirstLong) return fail(Code::usage, "invalid {}", word);
  if (::optopt) return fail(Code::usage, "{} doesn't allow an argument", word);
  if (const auto all = possibilities(argv[::optind - 1], longs); !all.empty())
    return fail(Code::usage, "{} is ambiguous; possibilities: {}", word, all);
  return fail(Code::usage, "unrecognized {}", word);
}

// A device and nothing to do with it: tell what it is.
void infer_query(ParseState& state) {
  Options& options = state.options();
  if (options.mode != Mode::manage || options.mode_option == "--manage") return;
  const bool nothing = std::all_of(options.devices.begin(), options.devices.end(),
                                   [](auto& d) { return d.action == Action::none; });
  if (nothing && options.action == Action::none && !options.devices.empty()) {
    options.mode = Mode::misc;
    options.action = Action::query;
    for (auto& device : options.devices) device.action = Action::query;
  }
}

}  // namespace

const char* mode_name(Mode mode) {
  switch (mode) {
    case Mode::assemble: return "assemble";
    case Mode::build: return "build";
    case Mode::create: return "create";
    case Mode::grow: return "grow";
    case Mode::incremental: return "incremental";
    case Mode::manage: return "manage";
    case Mode::misc: return "misc";
    case Mode::monitor: return "monitor";
    default: return "";
  }
}

bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    const std::string_view word = argv[i];
    if (word == "--") return false;
    if (word.size() > 2 && std::string_view("--json").substr(0, word.size()) == word) return true;
  }
  return false;
}

Result<Parsed> parse(int argc, char** argv) {
  const auto extras = extra_options();
  const auto longs = long_options(extras);
  ParseState state;
  ::optind = 0;  // start over: glibc's word for a new scan
  ::opterr = 0;
  for (;;) {
    const std::string letters = letters_of(state.options().mode);
    int index = -1;
    int code = ::getopt_long(argc, argv, letters.c_str(), longs.data(), &index);
    if (code == -1) break;
    if (code == '?' || code == ':') return complain(code, argv, longs);
    const std::string argument = ::optarg ? ::optarg : "";
    if (code == 1) {
      MDCTL_CHECK(add_device(state, ::optarg));
    } else if (code >= kFirstExtra) {
      state.spelled = fmt::format("--{}", longs[static_cast<std::size_t>(index)].name);
      MDCTL_CHECK(
          apply_extra(state, extras[static_cast<std::size_t>(code - kFirstExtra)], argument));
    } else if (code >= kFirstLong) {
      const OptionRow& row = option_rows()[static_cast<std::size_t>(code - kFirstLong)];
      state.spelled = fmt::format("--{}", row.name);
      MDCTL_CHECK(apply_row(state, row, argument));
    } else {
      const LetterRow* letter = find_letter(static_cast<char>(code), state.options().mode);
      state.spelled = fmt::format("-{}", static_cast<char>(code));
      MDCTL_CHECK(apply_row(state, *find_row(letter->name), argument));
    }
    if (state.out.ask != Ask::command) return state.out;
  }
  for (; ::optind < argc; ::optind++) MDCTL_CHECK(add_device(state, argv[::optind]));
  if (state.wants_device) return fail(Code::usage, "option requires an argument -- 'r'");
  infer_query(state);
  if (state.options().raid_devices == 1u && !state.options().force)
    return fail(Code::usage,
                "'1' is an unusual number of drives for an array, so it is probably\n"
                "     a mistake.  If you really mean it you will need to specify --force before\n"
                "     setting the number of drives.");
  // A scan is for a configuration file: one line an array.
  Options& options = state.options();
  if (options.scan && options.devices.empty() &&
      (options.action == Action::detail || options.action == Action::examine))
    options.brief = true;
  return state.out;
}

}  // namespace mdctl::cli
