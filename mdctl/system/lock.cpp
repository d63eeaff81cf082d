// SPDX-License-Identifier: GPL-2.0-only
#include "system/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <thread>

namespace mdctl::system {

namespace fs = std::filesystem;

namespace {

// Older marks were left by a process that died.
constexpr std::chrono::minutes stale_mark{2};

Result<Fd> open_lock(const std::string& directory) {
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno(errno, "cannot make " + directory);
  std::string path = directory + "/lock";
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "cannot open " + path);
  return fd;
}

// True: we have it. False: somebody else has.
Result<bool> lock_now(const Fd& fd) {
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return fail_errno(errno, "cannot lock");
  }
  return true;
}

}  // namespace

Result<std::optional<ArrayLock>> ArrayLock::try_acquire(const std::string& directory) {
  MDCTL_TRY(Fd fd, open_lock(directory));
  MDCTL_TRY(bool ours, lock_now(fd));
  if (!ours) return std::optional<ArrayLock>();
  return std::optional<ArrayLock>(ArrayLock(std::move(fd)));
}

Result<ArrayLock> ArrayLock::acquire(const std::string& directory,
                                     std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds step{20};
  MDCTL_TRY(Fd fd, open_lock(directory));
  auto deadline = Clock::now() + timeout;
  for (;;) {
    MDCTL_TRY(bool ours, lock_now(fd));
    if (ours) return ArrayLock(std::move(fd));
    if (Clock::now() >= deadline)
      return fail(Error(Code::busy, "another mdctl is changing arrays")
                      .hint("it holds " + directory + "/lock"));
    std::this_thread::sleep_for(step);
  }
}

bool mdadm_is_creating(const std::string& directory) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec)) {
    if (entry.path().filename().string().rfind("creating-", 0) != 0) continue;
    auto written = fs::last_write_time(entry.path(), ec);
    if (!ec && fs::file_time_type::clock::now() - written < stale_mark) return true;
  }
  return false;
}

}  // namespace mdctl::system
