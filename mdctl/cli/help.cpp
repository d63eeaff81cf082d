// SPDX-License-Identifier: GPL-2.0-only
#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command.hpp"
#include "cli/option_table.hpp"

namespace mdctl::cli {
namespace {

struct Usage {
  Mode mode;
  const char* lines;
};

constexpr Usage kUsages[] = {
    {Mode::create,
     "mdctl --create ARRAY --level=L --raid-devices=N [options] DEVICE...\n"
     "Write superblocks to the devices and start a new array of them. The word 'missing'\n"
     "stands for a device that is not there yet. Devices that hold something are named, and\n"
     "overwritten only with consent: an answer, or --run.\n"},
    {Mode::build,
     "mdctl --build ARRAY --level=L --raid-devices=N [options] DEVICE...\n"
     "Start an array without superblocks: linear, 0, 1 or 10. Nothing is written to the devices\n"
     "by mdctl.\n"},
    {Mode::assemble,
     "mdctl --assemble ARRAY [options] DEVICE...\n"
     "mdctl --assemble --scan [options] [ARRAY...]\n"
     "Start an array that was made before. Without --scan the devices are those listed, or\n"
     "those with --uuid or --name. With --scan the configuration names the arrays; if it\n"
     "names none, every array whose members are found is started.\n"},
    {Mode::manage,
     "mdctl [--manage] ARRAY [--add|--re-add|--remove|--fail|--replace] DEVICE...\n"
     "Change the members of a running array. Several operations are done in their order:\n"
     "  mdctl /dev/md0 --fail /dev/sda1 --remove /dev/sda1 --add /dev/sdc1\n"
     "  mdctl /dev/md0 --add /dev/sdd1 --replace /dev/sdb1 --with /dev/sdd1\n"},
    {Mode::incremental,
     "mdctl --incremental [options] DEVICE\n"
     "mdctl --incremental --fail NAME\n"
     "Put one device into the array it belongs to, and start the array once it is complete.\n"},
    {Mode::misc,
     "mdctl --detail|--examine|--query|--stop|--wait|... [options] DEVICE...\n"
     "Report on arrays and members, or act on arrays.\n"},
    {Mode::grow,
     "mdctl --grow ARRAY [options] [--add DEVICE...]\n"
     "Change a running array: the number of a mirror's devices, what is used of them, its\n"
     "write-intent bitmap; a linear array becomes longer by devices. Reshapes are not part of\n"
     "this release.\n"},
    {Mode::monitor, "mdctl --monitor [options] [ARRAY...]\nNot part of this release.\n"},
};

// "-l, --level=ARG", from the tables.
std::string spelling(const OptionRow& row, Mode mode) {
  std::string letter = "    ";
  for (const LetterRow& l : letter_rows())
    if (std::string_view(l.name) == row.name && (l.modes & bit(mode))) {
      letter = fmt::format("-{}, ", l.letter);
      break;
    }
  const char* tail = row.argument == 1 ? "=ARG" : row.argument == 2 ? "[=ARG]" : "";
  return fmt::format("  {}--{}{}", letter, row.name, tail);
}

std::string option_lines(Mode mode, bool common) {
  std::string out;
  for (const OptionRow& row : option_rows()) {
    if (!row.help || !(row.modes & bit(mode)) || (row.modes == kAnyMode) != common) continue;
    out += fmt::format("{:<28} {}\n", spelling(row, mode), row.help);
  }
  return out;
}

}  // namespace

std::string help_text(Mode mode) {
  const auto* usage = std::find_if(std::begin(kUsages), std::end(kUsages),
                                   [&](const Usage& u) { return u.mode == mode; });
  std::string out = "Usage: ";
  if (usage != std::end(kUsages))
    return fmt::format("Usage: {}\nOptions:\n{}\nCommon to all:\n{}", usage->lines,
                       option_lines(mode, false), option_lines(mode, true));
  out =
      "mdctl makes, starts, changes and shows Linux software RAID arrays. It takes mdadm's\n"
      "command line and drives md and mdx alike.\n\n";
  for (const Usage& u : kUsages) {
    std::string_view lines(u.lines);
    out += fmt::format("  {}\n", lines.substr(0, lines.find('\n')));
  }
  for (const Command& command : commands())
    if (command.mode == Mode::other)
      out += fmt::format("  mdctl --{}: {}\n", command.name, command.summary);
  out += "\n`mdctl --create --help` and the like tell more, `mdctl --help-options` all options.\n";
  return out;
}

std::string options_text() {
  std::string out;
  for (const OptionRow& row : option_rows())
    if (row.help) out += fmt::format("{:<28} {}\n", spelling(row, Mode::none), row.help);
  for (const Command& command : commands()) {
    if (command.mode == Mode::other)
      out += fmt::format("      --{:<20} {}\n", command.name, command.summary);
    for (const auto& extra : command.extra)
      out += fmt::format("      --{:<20} {}\n", extra.name, extra.help);
  }
  return out;
}

std::string version_text(const std::string& program, const kernel::Driver& driver) {
  std::string live;
  switch (driver.kind) {
    case kernel::Driver::Kind::mdx:
      live = "mdx" + (driver.version.empty() ? "" : " " + driver.version) +
             (driver.md_face ? ", with md's face" : "");
      break;
    case kernel::Driver::Kind::md:
      live = driver.built_in ? "md, built into the kernel" : "md, the kernel's own";
      break;
    case kernel::Driver::Kind::none: live = "none is loaded"; break;
  }
  return fmt::format("{} - v{} - driver: {}\n", program, MDCTL_VERSION, live);
}

}  // namespace mdctl::cli
