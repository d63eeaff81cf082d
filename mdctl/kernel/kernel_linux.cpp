// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kernel_linux.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "kernel/array_device_linux.hpp"
#include "kernel/device_nodes.hpp"
#include "kernel/sysfs.hpp"
#include "model/level.hpp"
#include "model/mdstat.hpp"

extern char** environ;

namespace mdctl::kernel {
namespace {

using std::chrono::milliseconds;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "9:0" to a number.
std::optional<DeviceNumber> parse_number(const std::string& text) {
  DeviceNumber out;
  if (std::sscanf(text.c_str(), "%u:%u", &out.major, &out.minor) != 2) return std::nullopt;
  return out;
}

// Exit status of modprobe, -1 if it could not be run.
int run_modprobe(const char* module) {
  const char* const arguments[] = {"modprobe", "-q", module, nullptr};
  pid_t child;
  if (::posix_spawn(&child, "/sbin/modprobe", nullptr, nullptr, const_cast<char* const*>(arguments),
                    environ) != 0)
    return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class LinuxKernel final : public Kernel {
 public:
  LinuxKernel(Directory sys, Directory proc, const Roots& roots, const NodeAccess& access)
      : sys_(std::move(sys)), proc_(std::move(proc)), nodes_(roots.dev, roots.run, access) {}

  Driver driver() override {
    Driver out;
    if (sys_.exists("module/mdx")) {
      out.kind = Driver::Kind::mdx;
      out.version = sys_.read("module/mdx/version").value_or("");
      out.md_face = sys_.exists("module/md_mod");
    } else if (sys_.exists("module/md_mod") || proc_.exists("mdstat")) {
      out.kind = Driver::Kind::md;
      out.built_in = !sys_.exists("module/md_mod/initstate");
    }
    return out;
  }

  Result<> load_driver() override {
    if (driver().kind != Driver::Kind::none) return {};
    // The md face, where installed, makes this name bring up mdx. Without it mdx would take the
    // place of a md that comes a moment later, so only the administrator loads it.
    if (run_modprobe("md_mod") == 0 && driver().kind != Driver::Kind::none) return {};
    return fail(Error(Code::unsupported, "no RAID driver is loaded and none could be loaded")
                    .hint("try `modprobe md_mod`, or `modprobe mdx`, and look at dmesg"));
  }

  Result<> load_level(int level) override {
    MDCTL_CHECK(load_driver());
    const auto name = model::level_name(level);
    if (!name || has_level(*name)) return {};
    const bool mdx = driver().kind == Driver::Kind::mdx;
    const std::string module = fmt::format("{}-level-{}", mdx ? "mdx" : "md", level);
    const int status = run_modprobe(module.c_str());
    if (has_level(*name)) return {};
    return fail(
        Error(Code::unsupported,
              fmt::format("{} cannot run {}: it has no module for it (modprobe {}: status {})",
                          mdx ? "mdx" : "md", *name, module, status))
            .hint("the levels it can run now: grep Personalities /proc/mdstat"));
  }

  Result<std::string> mdstat() override {
    MDCTL_TRY(std::string text, proc_.read("mdstat"));
    return text + "\n";
  }

  Result<bool> wait_mdstat(milliseconds timeout) override {
    if (!mdstat_) mdstat_ = Fd(::openat(proc_.fd(), "mdstat", O_RDONLY | O_CLOEXEC));
    if (!mdstat_) return fail_errno(errno, "cannot open /proc/mdstat");
    char drain[4096];  // poll reports what happened since the last read from the start
    ::lseek(mdstat_.get(), 0, SEEK_SET);
    while (::read(mdstat_.get(), drain, sizeof drain) > 0) {
    }
    pollfd event{mdstat_.get(), POLLPRI, 0};
    int n = ::poll(&event, 1, static_cast<int>(timeout.count()));
    if (n < 0 && errno != EINTR) return fail_errno(errno, "cannot poll /proc/mdstat");
    return n > 0;
  }

  Result<std::vector<std::string>> arrays() override {
    MDCTL_TRY(auto names, sys_.list("block"));
    std::vector<std::string> out;
    for (auto& name : names)
      if (sys_.exists("block/" + name + "/md")) out.push_back(name);
    return out;
  }

  Result<DeviceNumber> array_number(const std::string& array) override {
    if (auto text = sys_.read("block/" + array + "/dev"))
      if (auto number = parse_number(*text)) return *number;
    return fail(Code::not_found, "there is no array {}", array);
  }

  Result<std::string> block_name(DeviceNumber number) override {
    MDCTL_TRY(auto target, sys_.link(fmt::format("dev/block/{}:{}", number.major, number.minor)));
    return base_name(target);
  }

  std::optional<std::string> array_of(DeviceNumber number) override {
    const std::string link = fmt::format("dev/block/{}:{}", number.major, number.minor);
    auto target = sys_.link(link);
    if (!target) {  // the object may not exist yet, its number already has a meaning
      if (number.major == MD_MAJOR) return fmt::format("md{}", number.minor);
      return std::nullopt;
    }
    if (sys_.exists(link + "/md")) return base_name(*target);
    if (sys_.exists(link + "/partition") && sys_.exists(link + "/../md"))
      return base_name(target->substr(0, target->rfind('/')));
    if (number.major == MD_MAJOR) return base_name(*target);
    return std::nullopt;
  }

  Result<std::string> read(const std::string& array, const std::string& attribute) override {
    return sys_.read(fmt::format("block/{}/md/{}", array, attribute));
  }

  Result<> write(const std::string& array, const std::string& attribute,
                 const std::string& value) override {
    return sys_.write(fmt::format("block/{}/md/{}", array, attribute), value);
  }

  Result<std::vector<MemberEntry>> members(const std::string& array) override {
    const std::string base = "block/" + array + "/md";
    MDCTL_TRY(auto names, sys_.list(base));
    std::vector<MemberEntry> out;
    for (auto& name : names) {
      if (name.rfind("dev-", 0) != 0) continue;
      MemberEntry entry{name, {}};
      if (auto text = sys_.read(base + "/" + name + "/block/dev"))
        entry.number = parse_number(*text).value_or(DeviceNumber{});
      out.push_back(std::move(entry));
    }
    return out;
  }

  std::vector<std::string> holders(DeviceNumber member) override {
    return sys_.list(fmt::format("dev/block/{}:{}/holders", member.major, member.minor))
        .value_or(std::vector<std::string>{});
  }

  Result<> create_array(const std::string& array) override {
    if (sys_.exists("block/" + array + "/md")) return {};
    MDCTL_CHECK(load_driver());
    for (const char* module : {"md_mod", "mdx"}) {
      const std::string parameter = fmt::format("module/{}/parameters/new_array", module);
      if (!sys_.exists(parameter)) continue;
      auto made = sys_.write(parameter, array);
      if (made || made.error().errno_value() == EEXIST) return {};
      if (made.error().code() == Code::no_permission) return made;
    }
    unsigned minor = 0;
    if (std::sscanf(array.c_str(), "md%u", &minor) != 1)
      return fail(Code::unsupported, "this kernel cannot make an array called {}", array);
    // Opening the number makes the object where create_on_open is allowed.
    return nodes_.open(array, {MD_MAJOR, minor}, O_RDONLY).map([](Fd) {});
  }

  Result<std::unique_ptr<ArrayDevice>> open_array(const std::string& array,
                                                  bool exclusive) override {
    MDCTL_TRY(auto number, array_number(array));
    // md's ioctls ask for a capability, not for an open that may write. udev looks at a device
    // again when a writer closes it, and where the array is stopped by then that look makes a new,
    // empty one which nobody ends.
    auto fd = nodes_.open(array, number, O_RDONLY | (exclusive ? O_EXCL : 0));
    if (!fd) return fail(std::move(fd).error());
    return array_device(array, std::move(*fd));
  }

  bool udev_running() override { return nodes_.udev_running(); }

  Result<> ensure_node(const std::string& path, const std::string& array,
                       milliseconds timeout) override {
    MDCTL_TRY(auto number, array_number(array));
    if (!nodes_.udev_running()) return nodes_.make(path, array, number);
    if (nodes_.wait_for(path, number, timeout)) return {};
    return fail(Error(Code::busy, fmt::format("udev did not make {} in time", path))
                    .hint("is mdctl's or mdadm's udev rule installed?"));
  }

  Result<> drop_node(const std::string& path, milliseconds timeout) override {
    if (!nodes_.udev_running()) return nodes_.remove(path);
    if (nodes_.wait_gone(path, timeout)) return {};
    return fail(Code::busy, "udev did not remove {} in time", path);
  }

  std::vector<std::string> node_links(const std::string& array) override {
    auto number = array_number(array);
    if (!number) return {};
    return nodes_.links(*number);
  }

  Result<> announce(const std::string& array) override {
    return sys_.write("block/" + array + "/uevent", "change");
  }

 private:
  // Is there a personality of that name ("raid1")? Without mdstat nobody knows, and RUN_ARRAY
  // tells.
  bool has_level(const std::string& name) {
    auto text = mdstat();
    if (!text) return true;
    const auto names = model::parse_mdstat(*text).personalities;
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  Directory sys_;
  Directory proc_;
  DeviceNodes nodes_;
  Fd mdstat_;
};

}  // namespace

Result<std::unique_ptr<Kernel>> linux_kernel(const Roots& roots, const NodeAccess& access) {
  MDCTL_TRY(auto sys, Directory::open(roots.sys));
  MDCTL_TRY(auto proc, Directory::open(roots.proc));
  return std::make_unique<LinuxKernel>(std::move(sys), std::move(proc), roots, access);
}

}  // namespace mdctl::kernel
