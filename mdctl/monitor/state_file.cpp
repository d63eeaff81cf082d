// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "util/fd.hpp"

namespace mdctl::monitor {

namespace {

Result<> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot write " + path);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<> write_state_file(const std::string& directory, const std::string& text) {
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno(errno, "cannot make " + directory);
  std::string path = directory + "/state.json";
  std::string fresh = path + ".new";
  Fd fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return fail_errno(errno, "cannot open " + fresh);
  MDCTL_CHECK(write_all(fd.get(), text, fresh));
  fd.close();
  if (rename(fresh.c_str(), path.c_str()) != 0) return fail_errno(errno, "cannot replace " + path);
  return {};
}

Result<std::string> read_state_file(const std::string& directory) {
  std::string path = directory + "/state.json";
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "cannot open " + path);
  std::string text;
  char buffer[16384];
  for (;;) {
    ssize_t n = read(fd.get(), buffer, sizeof(buffer));
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot read " + path);
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace mdctl::monitor
