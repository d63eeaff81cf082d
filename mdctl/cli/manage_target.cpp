// SPDX-License-Identifier: GPL-2.0-only
// Which members a word of a manage command means.
#include <algorithm>
#include <cerrno>

#include "cli/manage.hpp"
#include "model/raid10.hpp"
#include "output/done_report.hpp"

namespace mdctl::cli {
namespace {

constexpr std::string_view kSet = "set-";

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

std::string number_text(kernel::DeviceNumber number) {
  return fmt::format("{}:{}", number.major, number.minor);
}

// As mdadm calls an operation where it refuses a word.
std::string letter_of(Action action) {
  switch (action) {
    case Action::add: return "-a";
    case Action::fail: return "-f";
    case Action::remove: return "-r";
    case Action::re_add: return "--re-add";
    case Action::replace: return "-R";
    case Action::with: return "-W";
    default: return "--add-spare";
  }
}

// Members in the set of that letter.
Result<std::vector<Target>> set_members(Managed& array, const std::string& word) {
  MDCTL_TRY(const auto info, array.device->info());
  const auto layout = static_cast<std::uint32_t>(info.layout);
  const auto disks = static_cast<unsigned>(info.raid_disks);
  const auto wanted = static_cast<unsigned>(word.back() - 'A');
  if (info.level != 10) return fail(Code::refused, "'{}' only meaningful with RAID10 arrays", word);
  if (!model::raid10_set(layout, disks, 0) || wanted >= model::raid10_copies(layout))
    return fail(Error(Code::refused, fmt::format("'{}' not meaningful with this array", word))
                    .hint("--detail shows the sets of a RAID10 array that has some"));
  MDCTL_TRY(const auto members, array.context.kernel.members(array.array));
  std::vector<Target> out;
  for (const auto& member : members) {
    const auto text = array.context.kernel.read(array.array, member.entry + "/slot");
    unsigned slot = 0;
    if (!text || std::sscanf(text->c_str(), "%u", &slot) != 1) continue;
    if (model::raid10_set(layout, disks, slot) == wanted)
      out.push_back({number_text(member.number), member.number, member.entry});
  }
  return out;
}

bool is_set(const std::string& word) {
  return word.starts_with(kSet) && word.size() == kSet.size() + 1;
}

}  // namespace

bool has_state(Managed& array, const std::string& entry, const std::string& word) {
  return has_word(array.context.kernel.read(array.array, entry + "/state").value_or(""), word);
}

Result<> check_word(const DeviceArgument& argument) {
  const std::string& word = argument.path;
  const Action action = argument.action;
  if (word == "missing" && action != Action::re_add)
    return fail(Code::refused, "'missing' only meaningful with --re-add");
  const bool failed = word == "failed" || word == "faulty";
  if (failed && action != Action::remove && action != Action::re_add)
    return fail(Code::refused, "{} only meaningful with -r or --re-add, not {}", word,
                letter_of(action));
  const bool leaves = action == Action::remove || action == Action::fail;
  if (word == "detached" && !leaves)
    return fail(Code::refused, "detached only meaningful with -r of -f, not {}", letter_of(action));
  if (is_set(word) && !leaves)
    return fail(Code::refused, "'{}' only meaningful with -r or -f", word);
  return {};
}

Result<Target> target_of(Managed& array, const std::string& path) {
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  Target out{path, {}, {}};
  if (path.find('/') == std::string::npos) {
    for (const auto& member : members)
      if (member.entry == "dev-" + path) {
        out.entry = member.entry;
        out.number = member.number;
        return out;
      }
    return fail(Code::not_found, "{} does not appear to be a component of {}", path, array.shown);
  }
  auto number = array.context.blocks.number(path);
  if (!number && number.error().errno_value() == ENOENT)
    return fail(Code::not_found, "stat failed for {}: No such file or directory", path);
  if (!number) return fail(std::move(number).error());
  out.number = *number;
  for (const auto& member : members)
    if (member.number == *number) out.entry = member.entry;
  return out;
}

Result<std::optional<std::vector<Target>>> targets_by_word(Managed& array,
                                                           const std::string& word) {
  std::optional<std::vector<Target>> out;
  if (is_set(word)) {
    MDCTL_TRY(out, set_members(array, word));
    return out;
  }
  if (word != "failed" && word != "faulty" && word != "detached") return out;
  MDCTL_TRY(auto members, array.context.kernel.members(array.array));
  out.emplace();
  for (const auto& member : members) {
    const bool gone = !member.number || array.context.blocks.path_of(member.number)[0] != '/';
    if (word == "detached" ? !gone : !has_state(array, member.entry, "faulty")) continue;
    out->push_back({number_text(member.number), member.number, member.entry});
  }
  return out;
}

void report_done(Managed& array, const char* what, const std::string& path,
                 const std::string& said) {
  array.changed = true;
  array.context.reports.push_back(
      std::make_unique<output::DoneReport>(what, array.array, path, said));
}

std::string errno_text(const Error& error) {
  return error.errno_value() ? std::generic_category().message(error.errno_value())
                             : error.message();
}

}  // namespace mdctl::cli
