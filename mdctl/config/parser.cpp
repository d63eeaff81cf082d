// SPDX-License-Identifier: GPL-2.0-only
#include "config/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "config/lexer.hpp"
#include "config/words.hpp"
#include "model/level.hpp"

namespace mdctl::config {

namespace {

using model::Config;

// What a keyword's handler sees: its statement, and where to put values and complaints.
class Line {
 public:
  Line(const Statement& statement, const std::string& file, Config& config)
      : config(config), statement_(statement), file_(file) {}

  const std::vector<Word>& words() const { return statement_.words; }
  std::size_t size() const { return statement_.words.size(); }
  const std::string& keyword() const { return statement_.words.front().text; }
  const std::string& word(std::size_t i) const { return statement_.words[i].text; }
  const std::string& file() const { return file_; }
  int line() const { return statement_.line; }

  void problem(int line, std::string text) {
    config.problems.push_back({file_, line, std::move(text)});
  }
  void problem(std::string text) { problem(statement_.line, std::move(text)); }

  Config& config;

 private:
  const Statement& statement_;
  const std::string& file_;
};

void parse_device(Line& line) {
  for (std::size_t i = 1; i < line.size(); i++) line.config.device_patterns.push_back(line.word(i));
}

void set_once(Line& line, std::string& target) {
  if (line.size() < 2)
    line.problem(fmt::format("{} needs a value", line.keyword()));
  else if (target.empty())
    target = line.word(1);
}

void parse_mailaddr(Line& line) { set_once(line, line.config.mail_to); }
void parse_program(Line& line) { set_once(line, line.config.program); }
void parse_homecluster(Line& line) { set_once(line, line.config.homecluster); }

void parse_mailfrom(Line& line) {
  if (!line.config.mail_from.empty()) return;
  std::string joined;
  for (std::size_t i = 1; i < line.size(); i++) {
    if (i > 1) joined += ' ';
    joined += line.word(i);
  }
  line.config.mail_from = joined;
}

void parse_homehost(Line& line) {
  Config& config = line.config;
  if (!config.homehost.empty() || !config.homehost_required) return;
  std::size_t at = 1;
  if (line.size() > at && iequals(line.word(at), "<ignore>")) {
    config.homehost_required = false;
    at++;
  }
  if (line.size() > at)
    config.homehost = line.word(at);
  else if (at == 1)
    line.problem("HOMEHOST needs a name, <system>, <none> or <ignore>");
}

void parse_auto_line(Line& line) {
  if (!line.config.auto_rules.empty()) return;
  for (std::size_t i = 1; i < line.size(); i++)
    parse_auto(line.word(i), line.file(), line.words()[i].line, line.config);
}

void parse_seconds(Line& line, int& target, int unset, std::string_view none) {
  if (target != unset) return;
  auto value = line.size() < 2 ? std::nullopt : parse_number<int>(line.word(1));
  if (value && *value >= 0)
    target = *value;
  else if (line.size() >= 2 && !none.empty() && iequals(line.word(1), none))
    target = 0;
  else
    line.problem(fmt::format("{} needs a number of seconds", line.keyword()));
}

void parse_monitordelay(Line& line) { parse_seconds(line, line.config.monitor_delay, 0, {}); }

void parse_degraded_after(Line& line) {
  parse_seconds(line, line.config.degraded_after, -1, "never");
}

// Attributes of firmware RAID that mdctl does not drive: known, and nothing to do.
void parse_elsewhere(Line&) {}

struct Keyword {
  std::string_view name;
  void (*parse)(Line& line);
};

struct Tag {
  std::string_view name;
  bool once;  // the first word counts; those after it are reported
  // False if the value makes no sense.
  bool (*set)(model::ArrayConfig& array, const std::string& value);
};

bool set_uuid(std::optional<Uuid>& target, const std::string& value) {
  target = parse_uuid(value);
  return target.has_value();
}

bool set_number(std::optional<int>& target, const std::string& value) {
  target = parse_number<int>(value);
  return target && *target >= 0;
}

bool set_level(model::ArrayConfig& array, const std::string& value) {
  array.level = model::parse_level(value);
  return array.level.has_value();
}

using Array = model::ArrayConfig;

constexpr std::array array_tags{
    Tag{"uuid", true, [](Array& a, const std::string& v) { return set_uuid(a.uuid, v); }},
    Tag{"name", true, [](Array& a, const std::string& v) { return !(a.name = v).empty(); }},
    Tag{"super-minor", true,
        [](Array& a, const std::string& v) { return set_number(a.super_minor, v); }},
    Tag{"superminor", true,
        [](Array& a, const std::string& v) { return set_number(a.super_minor, v); }},
    Tag{"devices", true, [](Array& a, const std::string& v) { return split_commas(v, a.devices); }},
    Tag{"level", false, set_level},
    Tag{"num-devices", false,
        [](Array& a, const std::string& v) { return set_number(a.raid_disks, v); }},
    Tag{"disks", false, [](Array& a, const std::string& v) { return set_number(a.raid_disks, v); }},
    Tag{"spares", false, [](Array& a, const std::string& v) { return set_number(a.spares, v); }},
    Tag{"spare-group", true,
        [](Array& a, const std::string& v) { return !(a.spare_group = v).empty(); }},
    Tag{"auto", false, [](Array&, const std::string&) { return true; }},
    Tag{"bitmap", true, [](Array& a, const std::string& v) { return !(a.bitmap = v).empty(); }},
    Tag{"metadata", true, [](Array& a, const std::string& v) { return !(a.metadata = v).empty(); }},
    Tag{"container", true,
        [](Array& a, const std::string& v) { return !(a.container = v).empty(); }},
    Tag{"member", true, [](Array& a, const std::string& v) { return !(a.member = v).empty(); }},
};

// "/dev/md0", "home" and "<ignore>" all name the array's device.
std::string array_device(const std::string& word) {
  if (iequals(word, "<ignore>")) return "<ignore>";
  return word.front() == '/' ? word : "/dev/md/" + word;
}

// An identity that cannot be read must not make the line match more than was meant.
void parse_array(Line& line) {
  Array array;
  array.file = line.file();
  array.line = line.line();
  bool good = true;
  std::vector<std::string_view> given;
  for (std::size_t i = 1; i < line.size(); i++) {
    const std::string& word = line.word(i);
    // No tag begins with a slash, and a device may have a '=' in its name.
    auto pair = word.rfind('/', 0) == 0 ? std::nullopt : split_pair(word);
    if (!pair) {
      if (word.empty() || !array.device.empty()) {
        line.problem(line.words()[i].line, fmt::format("'{}' is no tag=value", word));
        good = false;
      } else {
        array.device = array_device(word);
      }
      continue;
    }
    auto tag = std::find_if(array_tags.begin(), array_tags.end(),
                            [&](const Tag& t) { return iequals(t.name, pair->first); });
    if (tag == array_tags.end()) {
      line.problem(line.words()[i].line, fmt::format("ARRAY has no tag '{}'", pair->first));
    } else if (tag->once && std::find(given.begin(), given.end(), tag->name) != given.end()) {
      line.problem(line.words()[i].line,
                   fmt::format("only specify {} once, {} ignored", tag->name, word));
    } else if (!tag->set(array, pair->second)) {
      line.problem(line.words()[i].line,
                   fmt::format("{}= cannot be '{}'", pair->first, pair->second));
      good = false;
    } else {
      given.push_back(tag->name);
    }
  }
  if (good && line.size() > 1) line.config.arrays.push_back(std::move(array));
}

bool set_yes_no(bool& target, const std::string& value) {
  if (!iequals(value, "yes") && !iequals(value, "no")) return false;
  target = iequals(value, "yes");
  return true;
}

bool set_create(Config& config, const std::string& tag, const std::string& value) {
  bool unused = false;
  if (iequals(tag, "owner")) return (config.owner = user_id(value)).has_value();
  if (iequals(tag, "group")) return (config.group = group_id(value)).has_value();
  if (iequals(tag, "mode"))
    return (config.mode = parse_number<std::uint32_t>(value, 8)).has_value();
  if (iequals(tag, "metadata")) return !(config.create_metadata = value).empty();
  if (iequals(tag, "names")) return set_yes_no(config.names, value);
  if (iequals(tag, "bbl")) return set_yes_no(config.bad_block_log, value);
  if (iequals(tag, "symlinks")) return set_yes_no(unused, value);
  return iequals(tag, "auto");
}

void parse_create(Line& line) {
  for (std::size_t i = 1; i < line.size(); i++) {
    auto pair = split_pair(line.word(i));
    if (!pair || !set_create(line.config, pair->first, pair->second))
      line.problem(line.words()[i].line, fmt::format("CREATE cannot have '{}'", line.word(i)));
  }
}

bool known_policy_word(const std::string& key, const std::string& value) {
  auto one_of = [&](std::initializer_list<std::string_view> known) {
    return std::any_of(known.begin(), known.end(),
                       [&](std::string_view k) { return iequals(k, value); });
  };
  if (iequals(key, "domain") || iequals(key, "path") || iequals(key, "metadata"))
    return !value.empty();
  if (iequals(key, "type")) return one_of({"disk", "part"});
  if (iequals(key, "auto")) return one_of({"yes", "no", "homehost"});
  if (iequals(key, "action"))
    return one_of({"include", "re-add", "spare", "spare-same-slot", "force-spare"});
  return false;
}

void parse_policy_words(Line& line, bool partitions) {
  Config::Policy policy{partitions, {}};
  for (std::size_t i = 1; i < line.size(); i++) {
    auto pair = split_pair(line.word(i));
    if (!pair || !known_policy_word(pair->first, pair->second)) {
      line.problem(line.words()[i].line,
                   fmt::format("{} cannot have '{}'", line.keyword(), line.word(i)));
      return;  // a condition less would make the policy wider than it was meant
    }
    policy.words.emplace_back(to_lower(pair->first), pair->second);
  }
  if (!policy.words.empty()) line.config.policies.push_back(std::move(policy));
}

void parse_policy(Line& line) { parse_policy_words(line, false); }
void parse_part_policy(Line& line) { parse_policy_words(line, true); }

void parse_sysfs(Line& line) {
  Config::Sysfs sysfs;
  for (std::size_t i = 1; i < line.size(); i++) {
    auto pair = split_pair(line.word(i));
    bool good = pair.has_value() && !pair->first.empty() &&
                pair->first.find("..") == std::string::npos && pair->first.front() != '/';
    if (good && iequals(pair->first, "uuid"))
      good = set_uuid(sysfs.uuid, pair->second);
    else if (good && iequals(pair->first, "name"))
      sysfs.name = pair->second;
    else if (good)
      sysfs.attributes.emplace_back(pair->first, pair->second);
    if (!good) {
      line.problem(line.words()[i].line, fmt::format("SYSFS cannot have '{}'", line.word(i)));
      return;
    }
  }
  if (!sysfs.uuid && sysfs.name.empty())
    line.problem("SYSFS needs uuid= or name=");
  else
    line.config.sysfs.push_back(std::move(sysfs));
}

// In order: an abbreviation means the first that fits.
constexpr std::array keywords{
    Keyword{"device", parse_device},
    Keyword{"array", parse_array},
    Keyword{"mailaddr", parse_mailaddr},
    Keyword{"mailfrom", parse_mailfrom},
    Keyword{"program", parse_program},
    Keyword{"create", parse_create},
    Keyword{"homehost", parse_homehost},
    Keyword{"homecluster", parse_homecluster},
    Keyword{"auto", parse_auto_line},
    Keyword{"policy", parse_policy},
    Keyword{"part-policy", parse_part_policy},
    Keyword{"sysfs", parse_sysfs},
    Keyword{"monitordelay", parse_monitordelay},
    Keyword{"degraded-after", parse_degraded_after},
    Keyword{"encryption_no_verify", parse_elsewhere},
    Keyword{"imsm_disable_orom", parse_elsewhere},
    Keyword{"probing", parse_elsewhere},
};

const Keyword* find_keyword(const std::string& word) {
  constexpr std::size_t shortest = 3;
  if (word.size() < shortest) return nullptr;
  auto found = std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& k) {
    return iequals(k.name.substr(0, word.size()), word);
  });
  return found == keywords.end() ? nullptr : &*found;
}

}  // namespace

void parse_auto(std::string_view words, const std::string& file, int line, Config& config) {
  static constexpr std::string_view known[] = {"0.90", "0.9", "0",   "1.x",  "1",        "1.0",
                                               "1.1",  "1.2", "ddf", "imsm", "homehost", "all"};
  for (const std::string& word : split_blanks(words)) {
    bool sign = word.front() == '+' || word.front() == '-';
    std::string what = to_lower(word.substr(sign ? 1 : 0));
    if (std::find(std::begin(known), std::end(known), what) == std::end(known))
      config.problems.push_back({file, line, fmt::format("AUTO does not know '{}'", word)});
    else
      config.auto_rules.push_back({word.front() != '-', what});
  }
}

void parse_config(std::string_view text, const std::string& file, Config& config) {
  config.files.push_back(file);
  for (const Statement& statement : split_statements(text, file, config.problems)) {
    Line line(statement, file, config);
    if (const Keyword* keyword = find_keyword(line.keyword()))
      keyword->parse(line);
    else
      line.problem(fmt::format("no such keyword '{}'", line.keyword()));
  }
}

}  // namespace mdctl::config
