// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run.hpp"

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/envelope.hpp"
#include "cli/help.hpp"
#include "cli/parse.hpp"
#include "config/loader.hpp"
#include "kernel/block_device_linux.hpp"
#include "kernel/dry_run.hpp"
#include "kernel/kernel_linux.hpp"
#include "output/text_console.hpp"
#include "system/lock.hpp"

namespace mdctl::cli {
namespace {

constexpr int kUsageStatus = 2;
constexpr int kRefusedStatus = 1;

// mdadm by name or by link, mdctl otherwise: messages say what was typed.
std::string program_name(const char* argv0) {
  std::string name = argv0 ? argv0 : "";
  if (auto slash = name.rfind('/'); slash != std::string::npos) name.erase(0, slash + 1);
  return name == "mdadm" ? name : "mdctl";
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  // With its domain, as mdadm records it.
  return name;
}

void print_usage(const std::string& program) {
  std::fprintf(stderr, "Usage: %s --help\n  for help\n", program.c_str());
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string plan_text(const kernel::Plan& plan) {
  std::string out;
  int n = 1;
  for (const auto& step : plan) {
    out += fmt::format("would {}: {}", n++, step.target + ": " + step.action);
    if (!step.overwrites.empty()) out += fmt::format(" (overwrites {})", step.overwrites);
    out += "\n";
  }
  return out.empty() ? "would do nothing\n" : out;
}

// Everything a command needs, owned.
struct Session {
  std::unique_ptr<kernel::Kernel> kernel;
  std::unique_ptr<kernel::BlockDevices> blocks;
  std::unique_ptr<kernel::Kernel> gate_kernel;
  std::unique_ptr<kernel::BlockDevices> gate_blocks;
  kernel::Plan plan;
  model::Config config;
};

struct Finished {
  int status = 0;
  std::optional<Error> error;
  output::Reports reports;
};

void print_reports(const Options& options, const output::Reports& reports) {
  for (const auto& report : reports) {
    if (options.export_keys)
      print(report->export_keys());
    else if (options.brief)
      print(report->brief());
    else
      print(report->text());
  }
}

Result<Session> open_session(const Options& options, output::Console& console) {
  Session out;
  MDCTL_TRY(out.config, config::load_config(options.config_file));
  const kernel::NodeAccess access{out.config.owner, out.config.group, out.config.mode};
  MDCTL_TRY(out.kernel, kernel::linux_kernel({}, access));
  out.blocks = kernel::linux_block_devices();
  for (const auto& problem : out.config.problems)
    console.warn("{}:{}: {}", problem.file, problem.line, problem.text);
  return out;
}

void print_document(const Envelope& envelope, const output::Reports& reports) {
  // Names from disks may be any bytes.
  print(envelope.document(reports).dump(2, ' ', false, output::Json::error_handler_t::replace) +
        "\n");
}

int finish(Session& session, const Options& options, const Command& command,
           output::Console& console, Finished done) {
  if (options.json) {
    const auto& recorder = static_cast<output::RecordingConsole&>(console);
    print_document(
        {session.kernel->driver(), command.name, done.status, std::move(done.error),
         recorder.messages(), options.dry_run ? std::optional(session.plan) : std::nullopt},
        done.reports);
    return done.status;
  }
  if (done.error) console.fail(*done.error);
  print_reports(options, done.reports);
  if (options.dry_run) print(plan_text(session.plan));
  return done.status;
}

kernel::Driver live_driver() {
  auto kernel = kernel::linux_kernel();
  return kernel ? (*kernel)->driver() : kernel::Driver{};
}

// For what fails before there is a session: the same document as any other failure.
int report_early(int status, const std::string& command, Error error,
                 std::optional<kernel::Plan> plan) {
  print_document({live_driver(), command, status, std::move(error), {}, std::move(plan)}, {});
  return status;
}

// Commands that put arrays together or take them apart keep the daemon's hands off meanwhile.
bool changes_arrays(const Options& options) {
  if (options.dry_run) return false;
  switch (options.mode) {
    case Mode::assemble:
    case Mode::build:
    case Mode::create:
    case Mode::grow:
    case Mode::incremental:
    case Mode::manage: return true;
    case Mode::misc: break;
    default: return false;
  }
  switch (options.action) {
    case Action::run:
    case Action::stop:
    case Action::readonly:
    case Action::readwrite:
    case Action::restore:
    case Action::zero_superblock: return true;
    default: return false;
  }
}

class HeldLock final : public LockGate {
 public:
  // Only somebody who has it stands in the way; who may not take it will not get far anyway.
  Result<> take() override {
    constexpr std::chrono::seconds patience{30};
    auto lock = system::ArrayLock::acquire(system::default_run_directory, patience);
    if (!lock && lock.error().code() == Code::busy) return fail(std::move(lock).error());
    if (lock) lock_ = std::move(*lock);
    return {};
  }
  void release() override { lock_.reset(); }

 private:
  std::optional<system::ArrayLock> lock_;
};

int run_command(const Command& command, const Options& options, const std::string& program) {
  std::unique_ptr<output::TextConsole> console =
      options.json ? std::make_unique<output::RecordingConsole>(program)
                   : std::make_unique<output::TextConsole>(program);
  console->set_quiet(options.quiet());
  auto session = open_session(options, *console);
  if (!session && options.json)
    return report_early(kRefusedStatus, command.name, std::move(session).error(),
                        options.dry_run ? std::optional(kernel::Plan{}) : std::nullopt);
  if (!session) {
    console->fail(session.error());
    return kRefusedStatus;
  }
  // The gates stand in for the real thing before anything can be asked of it.
  if (options.dry_run) {
    session->gate_kernel = kernel::dry_run_kernel(*session->kernel, session->plan);
    session->gate_blocks = kernel::dry_run_block_devices(*session->blocks, session->plan);
  }
  system::MapFile map("/run/mdadm", options.dry_run);
  Context context{options.dry_run ? *session->gate_kernel : *session->kernel,
                  options.dry_run ? *session->gate_blocks : *session->blocks,
                  map,
                  *console,
                  session->config,
                  host_name(),
                  std::time(nullptr)};
  Finished done;
  HeldLock lock;
  Result<> taken;
  if (changes_arrays(options)) {
    taken = lock.take();
    context.lock = &lock;
  }
  auto status = taken ? command.run(context, options) : Result<int>(Failure(taken.error()));
  lock.release();
  if (status) {
    done.status = *status;
  } else {
    done.status = status.error().code() == Code::usage ? kUsageStatus : command.failure_status;
    done.error = std::move(status).error();
  }
  done.reports = std::move(context.reports);
  return finish(*session, options, command, *console, std::move(done));
}

// A line that does not parse.
int refuse_line(const std::string& program, bool json, Error error) {
  const int status = error.code() == Code::usage ? kUsageStatus : kRefusedStatus;
  if (json) return report_early(status, "", std::move(error), std::nullopt);
  output::TextConsole(program).fail(error);
  if (error.hint().empty() && error.message().find("option") < 16) print_usage(program);
  return status;
}

// A line that parses and asks for nothing.
int refuse_nothing(const std::string& program, const Options& options) {
  if (options.json)
    return report_early(kUsageStatus, "",
                        Error(Code::usage, "the line does not say what to do").hint("see --help"),
                        options.dry_run ? std::optional(kernel::Plan{}) : std::nullopt);
  print_usage(program);
  return kUsageStatus;
}

}  // namespace

int run(int argc, char** argv) {
  const std::string program = program_name(argc ? argv[0] : nullptr);
  // Before getopt puts the words into another order.
  const bool json = asks_for_json(argc, argv);
  auto parsed = parse(argc, argv);
  if (!parsed) return refuse_line(program, json, std::move(parsed).error());
  switch (parsed->ask) {
    case Ask::help: print(help_text(parsed->options.mode)); return 0;
    case Ask::help_options: print(options_text()); return 0;
    case Ask::version: print(version_text(program, live_driver())); return 0;
    case Ask::command: break;
  }
  const Command* command = find_command(parsed->options);
  if (!command) return refuse_nothing(program, parsed->options);
  return run_command(*command, parsed->options, program);
}

}  // namespace mdctl::cli
