// SPDX-License-Identifier: GPL-2.0-only
#include "machine.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/envelope.hpp"
#include "cli/parse.hpp"
#include "system/superblock.hpp"

namespace mdctl::test {

bool SimConsole::confirm(std::string_view question) {
  questions.emplace_back(question);
  if (meanwhile) meanwhile();
  if (answers.empty()) return false;
  const bool answer = answers.front();
  answers.pop_front();
  return answer;
}

bool Outcome::said_text(const std::string& part) const {
  for (const auto& line : said)
    if (line.find(part) != std::string::npos) return true;
  return false;
}

Machine::Machine() {
  char name[] = "/tmp/mdctl-unit-XXXXXX";
  map_directory = ::mkdtemp(name);
}

Machine::~Machine() { std::filesystem::remove_all(map_directory); }

void Machine::add_disks(unsigned count, std::uint64_t sectors) {
  for (unsigned i = 0; i < count; i++)
    blocks.add(std::string("/dev/vd") + static_cast<char>('a' + i), sectors);
}

Outcome Machine::run(std::vector<std::string> arguments) {
  Outcome out;
  arguments.insert(arguments.begin(), "mdctl");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  auto parsed = cli::parse(static_cast<int>(arguments.size()), argv.data());
  if (!parsed) {
    out.status = parsed.error().code() == Code::usage ? 2 : 1;
    out.said.push_back(parsed.error().text());
    return out;
  }
  const cli::Options& options = parsed->options;
  const cli::Command* command = cli::find_command(options);
  if (!command) {
    out.status = 2;
    return out;
  }
  SimConsole console;
  console.answers = answers;
  console.meanwhile = meanwhile;
  console.set_quiet(options.quiet());
  auto gate_kernel = kernel::dry_run_kernel(kernel, out.plan);
  auto gate_blocks = kernel::dry_run_block_devices(blocks, out.plan);
  system::MapFile map(map_directory, options.dry_run);
  kernel::Kernel& used_kernel =
      options.dry_run ? *gate_kernel : static_cast<kernel::Kernel&>(kernel);
  kernel::BlockDevices& used_blocks =
      options.dry_run ? *gate_blocks : static_cast<kernel::BlockDevices&>(blocks);
  cli::Context context{used_kernel, used_blocks, map, console, config, "box", now, &lock};
  auto status = command->run(context, options);
  cli::Envelope envelope{kernel.driver(), command->name, 0, {}, {}, {}};
  envelope.messages = console.messages;
  if (status) {
    out.status = *status;
  } else {
    out.status = status.error().code() == Code::usage ? 2 : command->failure_status;
    envelope.error = status.error();
    console.fail(status.error());
  }
  envelope.status = out.status;
  if (options.dry_run) envelope.plan = out.plan;
  out.document = envelope.document(context.reports);
  for (const auto& report : context.reports) {
    out.out += options.export_keys ? report->export_keys()
               : options.brief     ? report->brief()
                                   : report->text();
    out.json.push_back(report->json());
  }
  out.said = console.lines;
  out.questions = console.questions;
  return out;
}

mdx_super super_of(Machine& machine, const std::string& path) {
  auto device = machine.blocks.open(path, kernel::Access::read);
  REQUIRE(device.has_value());
  auto super = system::load_superblock(**device);
  REQUIRE_MESSAGE(super.has_value(), path);
  return **super;
}

}  // namespace mdctl::test
