// SPDX-License-Identifier: GPL-2.0-only
// Device nodes where no udev makes them. Making one takes the right to: root has it.
#include "kernel/device_nodes.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "kernel/kernel_linux.hpp"

using namespace mdctl;
using kernel::DeviceNodes;
using kernel::NodeAccess;

namespace {

struct Directory {
  std::string path = "/tmp/mdctl-dev-XXXXXX";
  Directory() { REQUIRE(::mkdtemp(path.data())); }
  ~Directory() { std::filesystem::remove_all(path); }
};

struct stat about(const std::string& path) {
  struct stat st {};
  REQUIRE(::lstat(path.c_str(), &st) == 0);
  return st;
}

bool may_make_nodes(const Directory& dev) {
  const std::string path = dev.path + "/probe";
  return ::mknod(path.c_str(), S_IFBLK | 0600, ::makedev(9, 0)) == 0 && ::unlink(path.c_str()) == 0;
}

// A block device of this machine that can be looked at.
std::optional<::dev_t> some_block_device() {
  for (const auto& entry : std::filesystem::directory_iterator("/dev")) {
    struct stat st {};
    if (::stat(entry.path().c_str(), &st) != 0 || !S_ISBLK(st.st_mode)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    ::close(fd);
    return st.st_rdev;
  }
  return std::nullopt;
}

// How this process has @path open; -1: it has not.
int open_flags(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) == path)
      return ::fcntl(std::stoi(entry.path().filename()), F_GETFL);
  }
  return -1;
}

}  // namespace

TEST_CASE("access: a mode, an owner, neither") {
  Directory dev;
  const std::string file = dev.path + "/file", link = dev.path + "/link";
  std::ofstream(file) << "x";
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  REQUIRE(::symlink("file", link.c_str()) == 0);
  REQUIRE(NodeAccess{}.apply(file).has_value());
  CHECK((about(file).st_mode & 07777) == 0600);
  REQUIRE(NodeAccess{::geteuid(), ::getegid(), 0640}.apply(file).has_value());
  CHECK((about(file).st_mode & 07777) == 0640);
  CHECK(about(file).st_uid == ::geteuid());
  // What a link leads to is not the link's to change.
  REQUIRE(NodeAccess{{}, {}, 0444}.apply(link).has_value());
  CHECK((about(file).st_mode & 07777) == 0640);
  CHECK_FALSE(NodeAccess{{}, {}, 0640}.apply(dev.path + "/nothing").has_value());
}

TEST_CASE("nodes and links that are made have the owner, group and mode of the configuration") {
  Directory dev;
  if (!may_make_nodes(dev)) {
    MESSAGE("no right to make device nodes");
    return;
  }
  const ::mode_t mask = ::umask(077);
  const DeviceNodes nodes(dev.path, dev.path, NodeAccess{12345, 54321, 0664});
  CHECK(nodes.make(dev.path + "/md/home", "md127", {9, 127}).has_value());
  ::umask(mask);
  const auto node = about(dev.path + "/md127");
  CHECK((node.st_mode & 07777) == 0664);
  CHECK(node.st_uid == 12345);
  CHECK(node.st_gid == 54321);
  const auto link = about(dev.path + "/md/home");
  CHECK(S_ISLNK(link.st_mode));
  CHECK(link.st_uid == 12345);
  // One that is there already is somebody's, and stays as it is.
  const DeviceNodes others(dev.path, dev.path, NodeAccess{1, 1, 0600});
  CHECK(others.make(dev.path + "/md127", "md127", {9, 127}).has_value());
  CHECK(about(dev.path + "/md127").st_uid == 12345);
}

TEST_CASE("an array's node is not opened for writing, whatever is done to the array") {
  Directory root;
  const auto number = some_block_device();
  if (!number || !may_make_nodes(root)) {
    MESSAGE("no block device to look at, or no right to make device nodes");
    return;
  }
  const std::string node = root.path + "/md0";
  REQUIRE(::mknod(node.c_str(), S_IFBLK | 0600, *number) == 0);
  std::filesystem::create_directories(root.path + "/block/md0");
  std::ofstream(root.path + "/block/md0/dev")
      << ::major(*number) << ":" << ::minor(*number) << "\n";
  auto driver = kernel::linux_kernel({root.path, root.path, root.path, root.path});
  REQUIRE(driver.has_value());
  auto array = (*driver)->open_array("md0", false);
  REQUIRE_MESSAGE(array.has_value(), array.error().text());
  CHECK((open_flags(node) & O_ACCMODE) == O_RDONLY);
}
