// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/attribute_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <set>

namespace mdctl::monitor {

namespace {

// False: what it shows is gone.
bool drain(int fd) {
  char buffer[4096];
  off_t at = 0;
  for (;;) {
    ssize_t n = pread(fd, buffer, sizeof(buffer), at);
    if (n <= 0) return n == 0;
    at += n;
  }
}

}  // namespace

AttributeWatch::~AttributeWatch() {
  for (auto& [path, watched] : files_) loop_.unwatch(watched.handle);
}

bool AttributeWatch::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || !drain(fd.get())) return false;
  auto handle = loop_.watch(fd.get(), EPOLLPRI, [this, path] { signalled(path); });
  if (!handle) return false;
  files_[path] = {std::move(fd), *handle};
  return true;
}

void AttributeWatch::drop(const std::string& path) {
  auto at = files_.find(path);
  if (at == files_.end()) return;
  loop_.unwatch(at->second.handle);
  files_.erase(at);
}

// The file of a driver or array that is gone signals for ever; it is opened anew by follow().
void AttributeWatch::signalled(const std::string& path) {
  auto at = files_.find(path);
  if (at == files_.end()) return;
  if (!drain(at->second.fd.get())) drop(path);
  changed_();
}

void AttributeWatch::follow(const std::vector<std::string>& arrays) {
  std::set<std::string> wanted{proc_ + "/mdstat"};
  for (const std::string& array : arrays)
    wanted.insert(fmt::format("{}/block/{}/md/array_state", sys_, array));
  std::vector<std::string> gone;
  for (const auto& [path, watched] : files_)
    if (!wanted.count(path) || !drain(watched.fd.get())) gone.push_back(path);
  for (const std::string& path : gone) drop(path);
  for (const std::string& path : wanted)
    if (!files_.count(path)) open(path);
}

}  // namespace mdctl::monitor
