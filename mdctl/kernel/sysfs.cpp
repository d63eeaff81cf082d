// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/sysfs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>

namespace mdctl::kernel {

Result<Directory> Directory::open(const std::string& path) {
  Directory out;
  out.fd_ = Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out.fd_) return fail_errno(errno, "cannot open " + path);
  out.path_ = path;
  return out;
}

Result<std::string> Directory::read(const std::string& path) const {
  Fd file(::openat(fd_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, fmt::format("cannot open {}/{}", path_, path));
  std::string out;
  char chunk[4096];
  for (;;) {
    ssize_t n = ::read(file.get(), chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, fmt::format("cannot read {}/{}", path_, path));
    if (n == 0) break;
    out.append(chunk, static_cast<std::size_t>(n));
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

Result<> Directory::write(const std::string& path, const std::string& value) const {
  Fd file(::openat(fd_.get(), path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, fmt::format("cannot open {}/{}", path_, path));
  ssize_t n = ::write(file.get(), value.data(), value.size());
  if (n < 0)
    return fail_errno(errno, fmt::format("cannot write \"{}\" to {}/{}", value, path_, path));
  return {};
}

Result<std::string> Directory::link(const std::string& path) const {
  char target[PATH_MAX];
  ssize_t n = ::readlinkat(fd_.get(), path.c_str(), target, sizeof target);
  if (n < 0) return fail_errno(errno, fmt::format("cannot read link {}/{}", path_, path));
  return std::string(target, static_cast<std::size_t>(n));
}

Result<std::vector<std::string>> Directory::list(const std::string& path) const {
  int fd = ::openat(fd_.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, int (*)(DIR*)> dir(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
  if (!dir) return fail_errno(errno, fmt::format("cannot list {}/{}", path_, path));
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(dir.get()))
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  std::sort(out.begin(), out.end());
  return out;
}

bool Directory::exists(const std::string& path) const {
  struct stat st;
  return ::fstatat(fd_.get(), path.c_str(), &st, 0) == 0;
}

}  // namespace mdctl::kernel
