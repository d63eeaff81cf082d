// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/array_device_linux.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace mdctl::kernel {
namespace {

class LinuxArrayDevice final : public ArrayDevice {
 public:
  LinuxArrayDevice(std::string name, Fd fd) : name_(std::move(name)), fd_(std::move(fd)) {}

  const std::string& name() const override { return name_; }

  Result<mdu_array_info_t> info() override {
    mdu_array_info_t out{};
    MDCTL_CHECK(call(GET_ARRAY_INFO, &out, "cannot get array info of"));
    return out;
  }

  Result<mdu_disk_info_t> disk(int number) override {
    mdu_disk_info_t out{};
    out.number = number;
    MDCTL_CHECK(call(GET_DISK_INFO, &out, "cannot get disk info of"));
    return out;
  }

  Result<std::string> bitmap_file() override {
    mdu_bitmap_file_t out{};
    MDCTL_CHECK(call(GET_BITMAP_FILE, &out, "cannot get the bitmap file of"));
    return std::string(out.pathname);
  }

  Result<std::uint64_t> size_bytes() override {
    std::uint64_t out = 0;
    MDCTL_CHECK(call(BLKGETSIZE64, &out, "cannot get the size of"));
    return out;
  }

  Result<> set_info(const mdu_array_info_t& info) override {
    return call(SET_ARRAY_INFO, &info, "cannot set array info of");
  }

  Result<> add_disk(const mdu_disk_info_t& disk) override {
    return call(ADD_NEW_DISK, &disk, "cannot add a member to");
  }

  Result<> hot_remove(DeviceNumber member) override {
    return call(HOT_REMOVE_DISK, reinterpret_cast<const void*>(member.raw()),
                "cannot remove a member from");
  }

  Result<> set_faulty(DeviceNumber member) override {
    return call(SET_DISK_FAULTY, reinterpret_cast<const void*>(member.raw()),
                "cannot fail a member of");
  }

  Result<> run() override { return call(RUN_ARRAY, nullptr, "cannot start"); }
  Result<> stop() override { return call(STOP_ARRAY, nullptr, "cannot stop"); }
  Result<> set_readonly() override { return call(STOP_ARRAY_RO, nullptr, "cannot make read-only"); }
  Result<> set_readwrite() override {
    return call(RESTART_ARRAY_RW, nullptr, "cannot make read-write");
  }

 private:
  Result<> call(unsigned long request, const void* argument, std::string_view what) {
    if (::ioctl(fd_.get(), request, argument) < 0)
      return fail_errno(errno, fmt::format("{} {}", what, name_));
    return {};
  }

  std::string name_;
  Fd fd_;
};

}  // namespace

std::unique_ptr<ArrayDevice> array_device(std::string name, Fd fd) {
  return std::make_unique<LinuxArrayDevice>(std::move(name), std::move(fd));
}

}  // namespace mdctl::kernel
