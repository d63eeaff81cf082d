// SPDX-License-Identifier: GPL-2.0-only
#include "monitor/status_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace mdctl::monitor {

namespace {

constexpr int answer_timeout_ms = 5000;

Result<sockaddr_un> address_of(const std::string& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = directory + "/daemon.sock";
  if (path.size() >= sizeof(address.sun_path))
    return fail(Code::usage, "{} is too long for a socket's name", path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<Fd> make_socket(int flags) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd) return fail_errno(errno, "cannot make a socket");
  return fd;
}

bool connects(const Fd& fd, const sockaddr_un& address) {
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

Result<Fd> listen_for_status(const std::string& directory) {
  MDCTL_TRY(sockaddr_un address, address_of(directory));
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno(errno, "cannot make " + directory);
  MDCTL_TRY(Fd probe, make_socket(0));
  if (connects(probe, address))
    return fail(Code::busy, "another daemon is running: it answers on {}", address.sun_path);
  unlink(address.sun_path);
  MDCTL_TRY(Fd fd, make_socket(SOCK_NONBLOCK));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      chmod(address.sun_path, 0666) != 0 || listen(fd.get(), 8) != 0)
    return fail_errno(errno, std::string("cannot listen on ") + address.sun_path);
  return fd;
}

void answer_status(int listener, const std::string& text) {
  Fd caller(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!caller) return;  // it went away again
  int room = static_cast<int>(text.size()) + (1 << 16);
  setsockopt(caller.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
  std::string_view rest = text;
  while (!rest.empty()) {
    ssize_t n = send(caller.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // a caller that does not read gets a short answer, which is no JSON
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

Result<std::string> ask_status(const std::string& directory) {
  MDCTL_TRY(sockaddr_un address, address_of(directory));
  MDCTL_TRY(Fd fd, make_socket(0));
  if (!connects(fd, address)) return fail(Code::not_found, "the daemon is not running");
  std::string text;
  char buffer[16384];
  for (;;) {
    pollfd wait{fd.get(), POLLIN, 0};
    int ready = poll(&wait, 1, answer_timeout_ms);
    if (ready == 0) return fail(Code::busy, "the daemon does not answer");
    ssize_t n = read(fd.get(), buffer, sizeof(buffer));
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot read the daemon's answer");
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace mdctl::monitor
