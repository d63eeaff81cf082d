// SPDX-License-Identifier: GPL-2.0-only
// The real block devices, on image files.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernel/block_device_linux.hpp"

using namespace mdctl;
using kernel::Access;

namespace {

constexpr std::size_t kBytes = 16384;

// A file whose byte at every offset is the number of its sector.
struct Image {
  std::string path = "/tmp/mdctl-image-XXXXXX";

  Image() {
    const int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    std::vector<std::byte> content(kBytes);
    for (std::size_t i = 0; i < kBytes; i++) content[i] = static_cast<std::byte>(i / 512);
    REQUIRE(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(kBytes));
    ::close(fd);
  }
  ~Image() { ::unlink(path.c_str()); }
};

}  // namespace

TEST_CASE("an image file: reads of any size and place") {
  Image image;
  auto devices = kernel::linux_block_devices();
  auto device = devices->open(image.path, Access::read);
  REQUIRE(device.has_value());
  CHECK((*device)->sectors() == kBytes / 512);
  CHECK_FALSE((*device)->is_block());
  for (std::size_t bytes : {1u, 100u, 512u, 513u, 4096u, 4097u, 8192u})
    for (std::uint64_t offset : {0u, 511u, 512u, 1000u, 4096u, 8191u}) {
      std::vector<std::byte> buffer(bytes);
      REQUIRE((*device)->read(offset, buffer).has_value());
      CHECK(buffer.front() == static_cast<std::byte>(offset / 512));
      CHECK(buffer.back() == static_cast<std::byte>((offset + bytes - 1) / 512));
    }
}

TEST_CASE("an image file: its end is told") {
  Image image;
  auto devices = kernel::linux_block_devices();
  auto device = devices->open(image.path, Access::read);
  REQUIRE(device.has_value());
  std::array<std::byte, 512> buffer;
  CHECK((*device)->read(kBytes - 512, buffer).has_value());
  auto beyond = (*device)->read(kBytes - 100, buffer);
  REQUIRE_FALSE(beyond.has_value());
  CHECK(beyond.error().code() == Code::io);
}

TEST_CASE("an image file: a write changes its range alone") {
  Image image;
  auto devices = kernel::linux_block_devices();
  {
    auto device = devices->open(image.path, Access::write);
    REQUIRE(device.has_value());
    std::array<std::byte, 300> fill;
    fill.fill(std::byte{0xee});
    REQUIRE((*device)->write(1000, fill, "a test").has_value());
  }
  auto device = devices->open(image.path, Access::read);
  REQUIRE(device.has_value());
  std::vector<std::byte> all(kBytes);
  REQUIRE((*device)->read(0, all).has_value());
  for (std::size_t i = 0; i < kBytes; i++) {
    const bool written = i >= 1000 && i < 1300;
    if (all[i] != (written ? std::byte{0xee} : static_cast<std::byte>(i / 512))) FAIL("byte " << i);
  }
}
