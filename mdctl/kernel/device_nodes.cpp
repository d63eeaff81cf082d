// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/device_nodes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>

namespace mdctl::kernel {

using model::DeviceNumber;
using std::chrono::milliseconds;

static bool leads_to(const std::string& path, DeviceNumber number) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && S_ISBLK(st.st_mode) &&
         DeviceNumber::from(st.st_rdev) == number;
}

static bool exists(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0;
}

static std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

// True once @done holds. Wakes on changes in the directories of @path; looks again every 200 ms
// because the directory itself may come and go.
static bool wait_until(const std::string& path, milliseconds timeout,
                       const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string directory = parent(path);
  ::inotify_add_watch(watch.get(), directory.c_str(), IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB);
  ::inotify_add_watch(watch.get(), parent(directory).c_str(), IN_CREATE | IN_DELETE | IN_MOVE);
  while (!done()) {
    auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd event{watch.get(), POLLIN, 0};
    ::poll(&event, 1, static_cast<int>(std::min<long>(left.count(), 200)));
    char drain[4096];
    while (::read(watch.get(), drain, sizeof drain) > 0) {
    }
  }
  return true;
}

Result<> NodeAccess::apply(const std::string& path) const {
  constexpr auto same = static_cast<std::uint32_t>(-1);
  if ((owner || group) && ::fchownat(AT_FDCWD, path.c_str(), owner.value_or(same),
                                     group.value_or(same), AT_SYMLINK_NOFOLLOW) < 0)
    return fail_errno(errno, "cannot change the owner of " + path);
  struct stat st;
  if (!mode || (::lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode))) return {};
  if (::chmod(path.c_str(), *mode & 07777) < 0)
    return fail_errno(errno, "cannot change the mode of " + path);
  return {};
}

bool DeviceNodes::udev_running() const {
  struct stat st;
  return ::stat((run_ + "/udev/control").c_str(), &st) == 0;
}

Result<Fd> DeviceNodes::open(const std::string& name, DeviceNumber number, int flags) const {
  const std::string usual = dev_ + "/" + name;
  if (leads_to(usual, number)) {
    Fd fd(::open(usual.c_str(), flags | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "cannot open " + usual);
    return fd;
  }
  const std::string own =
      fmt::format("{}/.mdctl.{}.{}.{}", dev_, ::getpid(), number.major, number.minor);
  if (::mknod(own.c_str(), S_IFBLK | 0600, number.raw()) < 0)
    return fail_errno(errno, "cannot make a device node for " + name);
  Fd fd(::open(own.c_str(), flags | O_CLOEXEC));
  const int err = errno;
  ::unlink(own.c_str());
  if (!fd) return fail_errno(err, "cannot open " + name);
  return fd;
}

bool DeviceNodes::wait_for(const std::string& path, DeviceNumber number,
                           milliseconds timeout) const {
  return wait_until(path, timeout, [&] { return leads_to(path, number); });
}

bool DeviceNodes::wait_gone(const std::string& path, milliseconds timeout) const {
  return wait_until(path, timeout, [&] { return !exists(path); });
}

Result<> DeviceNodes::make(const std::string& path, const std::string& name,
                           DeviceNumber number) const {
  const std::string node = dev_ + "/" + name;
  if (!leads_to(node, number)) {
    ::unlink(node.c_str());
    if (::mknod(node.c_str(), S_IFBLK | 0660, number.raw()) < 0)
      return fail_errno(errno, "cannot make " + node);
    MDCTL_CHECK(access_.apply(node));
  }
  if (path == node || leads_to(path, number)) return {};
  const std::string directory = parent(path);
  if (::mkdir(directory.c_str(), 0755) < 0 && errno != EEXIST)
    return fail_errno(errno, "cannot make " + directory);
  ::unlink(path.c_str());
  const std::string target = directory == dev_ + "/md" ? "../" + name : node;
  if (::symlink(target.c_str(), path.c_str()) < 0) return fail_errno(errno, "cannot make " + path);
  return access_.apply(path);
}

Result<> DeviceNodes::remove(const std::string& path) const {
  if (::unlink(path.c_str()) < 0 && errno != ENOENT)
    return fail_errno(errno, "cannot remove " + path);
  return {};
}

std::vector<std::string> DeviceNodes::links(DeviceNumber number) const {
  std::vector<std::string> out;
  auto directory = Directory::open(dev_ + "/md");
  if (!directory) return out;
  auto names = directory->list(".");
  if (!names) return out;
  for (auto& name : *names)
    if (leads_to(dev_ + "/md/" + name, number)) out.push_back(name);
  return out;
}

}  // namespace mdctl::kernel
