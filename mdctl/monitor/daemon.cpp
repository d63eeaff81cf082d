// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/daemon.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "config/loader.hpp"
#include "monitor/arrays.hpp"
#include "monitor/examine.hpp"
#include "monitor/state_file.hpp"
#include "monitor/status_socket.hpp"

namespace mdctl::monitor {

namespace {

constexpr Milliseconds lock_retry{200};
constexpr std::size_t history_length = 64;
// Each round of actions can make more possible; more rounds than this are a mistake of ours.
constexpr int most_rounds = 8;

}  // namespace

Daemon::Daemon(DaemonOptions options, kernel::Kernel& kernel, kernel::BlockDevices& blocks,
               system::MapFile& map, Log& log)
    : options_(std::move(options)),
      kernel_(kernel),
      blocks_(blocks),
      map_(map),
      log_(log),
      planner_({}, [this](const std::string& link) { return link_in_use(link); }),
      executor_(kernel, map, [this](DeviceNumber number) -> const mdx_super* {
        auto member = planner_.members().find(number);
        return member == planner_.members().end() ? nullptr : member->second.super.get();
      }) {}

Result<> Daemon::run() {
  MDCTL_TRY(loop_, EventLoop::create());
  MDCTL_CHECK(listen());
  MDCTL_TRY(Rules rules, load_rules());
  planner_.set_rules(std::move(rules));
  remember();
  attributes_ = std::make_unique<AttributeWatch>(*loop_, "/proc", "/sys",
                                                 [this] { loop_->soon([this] { round(); }); });
  MDCTL_TRY(udev_, system::Udev::open());
  MDCTL_CHECK(loop_->watch(udev_->fd(), EPOLLIN, [this] { udev_events(); }));
  for (const system::BlockEvent& event : udev_->enumerate()) block_event(event);
  round();
  sd_notify(0, "READY=1");
  auto result = loop_->run();
  sd_notify(0, "STOPPING=1");
  return result;
}

// Starting

Result<Rules> Daemon::load_rules() {
  MDCTL_TRY(auto config, config::load_config(options_.config_file));
  for (const auto& problem : config.problems)
    log_.say(Priority::warning, fmt::format("{}:{}: {}", problem.file, problem.line, problem.text),
             {});
  Rules rules;
  rules.home = config::HomeHost::from(config, options_.homehost, options_.hostname);
  int seconds = options_.degraded_after.value_or(config.degraded_after);
  if (seconds >= 0) rules.degraded_after = std::chrono::seconds(seconds);
  rules.config = std::move(config);
  return rules;
}

void Daemon::remember() {
  auto text = read_state_file(options_.run_directory);
  if (!text) return;  // the first start of this boot
  auto state = state_from_json(*text);
  if (!state) return warn(std::move(state).error().context(options_.run_directory + "/state.json"));
  planner_.restore(std::move(state->memory));
  history_ = std::move(state->history);
}

Result<> Daemon::listen() {
  MDCTL_TRY(listener_, listen_for_status(options_.run_directory));
  MDCTL_CHECK(loop_->watch(listener_.get(), EPOLLIN,
                           [this] { answer_status(listener_.get(), to_text(state())); }));
  for (int signal : {SIGTERM, SIGINT})
    MDCTL_CHECK(loop_->on_signal(signal, [this] { loop_->stop(); }));
  return loop_->on_signal(SIGHUP, [this] { reload(); });
}

void Daemon::reload() {
  sd_notify(0, "RELOADING=1");
  auto rules = load_rules();
  if (rules)
    planner_.set_rules(std::move(*rules));
  else
    warn(std::move(rules).error().context("keeping the old configuration"));
  round();
  sd_notify(0, "READY=1");
}

// Events

void Daemon::udev_events() {
  while (auto event = udev_->receive()) block_event(*event);
  loop_->soon([this] { round(); });
}

void Daemon::block_event(const system::BlockEvent& event) {
  if (event.subsystem != "block") return;  // a driver came or went, the round will see
  if (event.kind == system::BlockEvent::Kind::gone || event.not_ours || event.sectors == 0)
    return planner_.member_vanished(event.number);
  auto super = examine(blocks_, event.node);
  if (!super) log_.say(Priority::info, super.error().text(), {{"DEVICE", event.node}});
  if (!super) return planner_.member_vanished(event.number);
  if (!*super) return planner_.device_is_bare(event.number, event.incarnation);

  Member member;
  member.number = event.number;
  member.node = event.node;
  member.paths = event.links;
  member.paths.push_back(event.node);
  member.id_paths = event.id_paths;
  member.incarnation = event.incarnation;
  member.partition = event.partition;
  for (const std::string& holder : kernel_.holders(event.number))
    if (holder.rfind("md", 0) != 0) member.holder = holder;
  member.super = std::move(*super);
  planner_.member_appeared(std::move(member));
}

// A running array writes its superblocks without a word to udev.
void Daemon::look_again_at(const std::set<Uuid>& sets) {
  std::vector<DeviceNumber> numbers;
  for (const auto& [number, member] : planner_.members())
    if (sets.count(member.uuid())) numbers.push_back(number);
  for (DeviceNumber number : numbers) {
    if (auto event = udev_->look_at(number))
      block_event(*event);
    else
      planner_.member_vanished(number);
  }
}

// A round

void Daemon::round() {
  retry_at_.reset();
  refresh_arrays();
  if (!planner_.plan(loop_->now()).empty()) act();
  publish();
}

void Daemon::act() {
  auto lock = system::ArrayLock::try_acquire(options_.run_directory);
  if (!lock) warn(lock.error());
  if (!lock || !*lock || system::mdadm_is_creating()) {
    retry_at_ = loop_->now() + lock_retry;
    return;
  }
  for (int i = 0; i < most_rounds; i++)
    if (!act_once()) return;
}

// What was decided before we had the lock may be old: look and decide again.
bool Daemon::act_once() {
  std::set<Uuid> sets;
  for (const Action& action : planner_.plan(loop_->now())) sets.insert(action.uuid);
  look_again_at(sets);
  refresh_arrays();
  auto actions = planner_.plan(loop_->now());
  for (const Action& action : actions) perform(action);
  refresh_arrays();
  planner_.plan(loop_->now());
  return !actions.empty();
}

void Daemon::perform(const Action& action) {
  planner_.begun(action);
  write_state();
  auto result = executor_.execute(action, planner_.rules().config);
  planner_.finished(action, result, loop_->now());
  tell_done(action, result);
}

void Daemon::refresh_arrays() {
  auto arrays = read_arrays(kernel_);
  live_arrays_.clear();
  for (const KernelArray& array : arrays)
    if (!array.clear()) live_arrays_.insert(array.name);
  planner_.arrays_are(std::move(arrays));
}

void Daemon::publish() {
  tell_decisions();
  write_state();
  attributes_->follow({live_arrays_.begin(), live_arrays_.end()});
  arm();
}

void Daemon::write_state() {
  std::string text = to_text(state());
  if (text == written_) return;
  if (auto done = write_state_file(options_.run_directory, text))
    written_ = std::move(text);
  else
    warn(done.error());
}

void Daemon::arm() {
  auto when = planner_.wake_at();
  if (retry_at_) when = std::min(when.value_or(*retry_at_), *retry_at_);
  if (auto done = loop_->wake_at(when, [this] { round(); }); !done) warn(done.error());
}

// Telling

void Daemon::tell_decisions() {
  int running = 0, waiting = 0;
  std::map<Uuid, std::string> told;
  std::map<DeviceNumber, std::string> told_members;
  for (const SetView& view : planner_.views()) {
    (view.phase == Phase::running ? running : waiting)++;
    LogFields fields{{"UUID", mdctl::to_string(view.uuid)},
                     {"ARRAY", view.array},
                     {"PHASE", to_string(view.phase)}};
    std::string line = fmt::format("{} ({}): {}: {}", view.name, mdctl::to_string(view.uuid),
                                   to_string(view.phase), view.reason);
    if (told_[view.uuid] != line)
      log_.say(view.phase == Phase::failed || view.phase == Phase::refused ? Priority::warning
                                                                           : Priority::info,
               line, fields);
    told[view.uuid] = line;
    for (const MemberView& member : view.members) {
      if (member.note.empty()) continue;
      if (told_members_[member.number] != member.note)
        log_.say(Priority::notice, fmt::format("{}: left alone: {}", member.node, member.note),
                 fields);
      told_members[member.number] = member.note;
    }
  }
  told_ = std::move(told);
  told_members_ = std::move(told_members);
  sd_notifyf(0, "STATUS=%d arrays running, %d sets not", running, waiting);
}

void Daemon::tell_done(const Action& action, const Result<>& result) {
  HistoryEntry entry;
  entry.time = std::time(nullptr);
  entry.uuid = mdctl::to_string(action.uuid);
  entry.array = action.name.kernel;
  entry.action = to_string(action.kind);
  entry.reason = action.reason;
  if (!result) entry.failure = result.error().text();

  LogFields fields{{"UUID", entry.uuid},
                   {"ARRAY", entry.array},
                   {"ACTION", entry.action},
                   {"REASON", entry.reason}};
  std::string what = fmt::format("{} {} ({}){}: {}", entry.action, entry.array, action.set_name,
                                 action.degraded ? " degraded" : "", entry.reason);
  if (result)
    log_.say(Priority::notice, what, fields);
  else
    log_.say(Priority::warning, fmt::format("{}; did not work: {}", what, entry.failure), fields);
  for (const std::string& note : executor_.take_notes())
    log_.say(Priority::warning, fmt::format("{}: {}", entry.array, note), fields);
  history_.push_back(std::move(entry));
  while (history_.size() > history_length) history_.pop_front();
}

void Daemon::warn(const Error& error) { log_.say(Priority::warning, error.text(), {}); }

Json Daemon::state() const {
  State state;
  state.memory = planner_.memory();
  state.views = planner_.views();
  state.history = history_;
  state.config_files = planner_.rules().config.files;
  for (const auto& problem : planner_.rules().config.problems)
    state.problems.push_back(fmt::format("{}:{}: {}", problem.file, problem.line, problem.text));
  auto driver = kernel_.driver();
  switch (driver.kind) {
    case kernel::Driver::Kind::none: break;
    case kernel::Driver::Kind::md: state.driver = "md"; break;
    case kernel::Driver::Kind::mdx: state.driver = "mdx " + driver.version; break;
  }
  state.pid = getpid();
  state.now = loop_->now();
  return to_json(state);
}

// /dev/md/NAME counts only if it leads to an array that is there; an old link is udev's to remove.
bool Daemon::link_in_use(const std::string& link) const {
  std::string path = "/dev/md/" + link;
  std::error_code ec;
  auto target = std::filesystem::read_symlink(path, ec);
  if (!ec && live_arrays_.count(target.filename().string())) return true;
  for (const auto& entry : map_.entries())
    if (entry.path == path && live_arrays_.count(entry.array)) return true;
  return false;
}

}  // namespace mdctl::monitor
