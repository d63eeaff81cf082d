// SPDX-License-Identifier: GPL-2.0-only
#include "model/mdstat.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace mdctl::model {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

// "vda[0](F)"
MdstatMember parse_member(const std::string& word, std::size_t bracket) {
  MdstatMember out;
  out.name = word.substr(0, bracket);
  out.number = std::atoi(word.c_str() + bracket + 1);
  for (std::size_t at = word.find('('); at != std::string::npos; at = word.find('(', at + 1))
    if (at + 1 < word.size()) out.flags += word[at + 1];
  return out;
}

// "md0 : active (read-only) raid1 vdb[1] vda[0](F)"
MdstatArray parse_head(const std::string& line) {
  MdstatArray out;
  std::istringstream words(line);
  std::string word;
  words >> out.name >> word;  // and the colon
  while (words >> word) {
    auto bracket = word.find('[');
    if (bracket != std::string::npos && bracket + 1 < word.size() && is_digit(word[bracket + 1]))
      out.members.push_back(parse_member(word, bracket));
    else if (word == "active" || word == "broken")
      out.active = true;
    else if (word[0] == '(')
      out.read_only = word.substr(1, word.find(')') - 1);
    else if (word != "inactive" && out.level.empty())
      out.level = word;
  }
  return out;
}

void parse_sync(const std::string& line, MdstatArray& out) {
  static const char* const actions[] = {"resync",  "recovery", "recover",
                                        "reshape", "check",    "repair"};
  for (const char* action : actions) {
    auto at = line.find(action);
    if (at == std::string::npos) continue;
    auto equals = line.find('=', at);
    if (equals == std::string::npos) continue;
    SyncStatus sync;
    sync.action = action == std::string("recover") ? "recovery" : action;
    const char* rest = line.c_str() + equals + 1;
    if (line.compare(equals, 8, "=DELAYED") == 0) {
      sync.phase = SyncPhase::delayed;
    } else if (line.compare(equals, 8, "=PENDING") == 0) {
      sync.phase = SyncPhase::pending;
    } else if (line.compare(equals, 7, "=REMOTE") == 0) {
      sync.phase = SyncPhase::remote;
    } else if (std::sscanf(rest, " %lf%% (%llu/%llu) finish=%lfmin speed=%lluK", &sync.percent,
                           &sync.done_kib, &sync.total_kib, &sync.finish_minutes,
                           &sync.speed_kib) < 3) {
      continue;
    }
    out.sync = sync;
    return;
  }
}

// "39936 blocks super 1.2 [2/1] [U_]"
void parse_blocks(const std::string& line, MdstatArray& out) {
  std::istringstream words(line);
  std::string word;
  words >> out.blocks;
  while (words >> word) {
    if (word == "super") {
      words >> out.metadata;
    } else if (word.size() > 2 && word[0] == '[' && is_digit(word[1])) {
      std::sscanf(word.c_str(), "[%d/%d]", &out.raid_disks, &out.working);
    } else if (word.size() > 2 && word[0] == '[' && (word[1] == 'U' || word[1] == '_')) {
      out.pattern = word.substr(1, word.size() - 2);
    }
  }
}

}  // namespace

const MdstatArray* Mdstat::find(std::string_view name) const {
  auto it = std::find_if(arrays.begin(), arrays.end(), [&](auto& a) { return a.name == name; });
  return it == arrays.end() ? nullptr : &*it;
}

Mdstat parse_mdstat(const std::string& text) {
  Mdstat out;
  std::istringstream lines(text);
  bool in_array = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("Personalities", 0) == 0) {
      for (auto at = line.find('['); at != std::string::npos; at = line.find('[', at + 1))
        out.personalities.push_back(line.substr(at + 1, line.find(']', at) - at - 1));
      continue;
    }
    const bool head = line.rfind("md", 0) == 0 && line.size() > 2 &&
                      (is_digit(line[2]) || line[2] == '_') &&
                      line.find(" : ") != std::string::npos;
    if (head) {
      out.arrays.push_back(parse_head(line));
      in_array = true;
    } else if (line.empty() || line[0] != ' ') {
      in_array = false;
    } else if (in_array) {
      MdstatArray& array = out.arrays.back();
      if (line.find(" blocks") != std::string::npos)
        parse_blocks(line, array);
      else if (line.find("bitmap:") != std::string::npos)
        array.bitmap = true;
      else
        parse_sync(line, array);
    }
  }
  return out;
}

}  // namespace mdctl::model
