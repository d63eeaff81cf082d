// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/block_device_linux.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "kernel/sysfs.hpp"
#include "system/signature.hpp"
#include "system/udev.hpp"
#include "util/fd.hpp"

namespace mdctl::kernel {
namespace {

constexpr std::size_t kAlignment = 4096;

struct FreeDeleter {
  void operator()(void* p) const { std::free(p); }
};
using AlignedBuffer = std::unique_ptr<std::byte, FreeDeleter>;

// aligned_alloc's sizes are multiples of the alignment.
Result<AlignedBuffer> aligned_buffer(std::size_t bytes) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  AlignedBuffer out(static_cast<std::byte*>(std::aligned_alloc(kAlignment, whole)));
  if (!out) return fail_errno(ENOMEM, fmt::format("no memory for {} bytes", whole));
  return out;
}

// Direct I/O: what we read is what the medium holds, not a page cached before the array ran.
class LinuxBlockDevice final : public BlockDevice {
 public:
  LinuxBlockDevice(std::string path, Fd fd, DeviceNumber number, std::uint64_t sectors,
                   std::uint32_t block, bool is_block, bool is_writable)
      : path_(std::move(path)),
        fd_(std::move(fd)),
        number_(number),
        sectors_(sectors),
        block_(block),
        is_block_(is_block),
        is_writable_(is_writable) {}

  const std::string& path() const override { return path_; }
  DeviceNumber number() const override { return number_; }
  std::uint64_t sectors() const override { return sectors_; }
  std::uint32_t logical_block_size() const override { return block_; }
  bool is_block() const override { return is_block_; }
  bool is_writable() const override { return is_writable_; }

  Result<> read(std::uint64_t offset, std::span<std::byte> buffer) override {
    Window window = cover(offset, buffer.size());
    MDCTL_TRY(auto aligned, aligned_buffer(window.bytes));
    MDCTL_CHECK(read_all(window, aligned.get()));
    std::memcpy(buffer.data(), aligned.get() + (offset - window.start), buffer.size());
    return {};
  }

  Result<> write(std::uint64_t offset, std::span<const std::byte> buffer,
                 std::string_view what) override {
    Window window = cover(offset, buffer.size());
    MDCTL_TRY(auto aligned, aligned_buffer(window.bytes));
    if (window.bytes != buffer.size()) MDCTL_CHECK(read_all(window, aligned.get()));
    std::memcpy(aligned.get() + (offset - window.start), buffer.data(), buffer.size());
    for (std::size_t done = 0; done < window.bytes;) {
      ssize_t n = ::pwrite(fd_.get(), aligned.get() + done, window.bytes - done,
                           static_cast<off_t>(window.start + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0)
        return fail_errno(n < 0 ? errno : ENOSPC,
                          fmt::format("cannot write {} to {}", what, path_));
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(fd_.get()) < 0)
      return fail_errno(errno, fmt::format("cannot make {} durable on {}", what, path_));
    return {};
  }

  Result<std::vector<Signature>> signatures() override {
    // A descriptor of its own: libblkid reads unaligned, which O_DIRECT refuses.
    Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "cannot open " + path_);
    return system::find_signatures(fd.get(), path_);
  }

 private:
  struct Window {
    std::uint64_t start;
    std::size_t bytes;
  };

  // Smallest run of logical blocks around the range.
  Window cover(std::uint64_t offset, std::size_t bytes) const {
    std::uint64_t start = offset / block_ * block_;
    std::uint64_t end = (offset + bytes + block_ - 1) / block_ * block_;
    return {start, static_cast<std::size_t>(end - start)};
  }

  Result<> read_all(Window window, std::byte* out) {
    for (std::size_t done = 0; done < window.bytes;) {
      ssize_t n = ::pread(fd_.get(), out + done, window.bytes - done,
                          static_cast<off_t>(window.start + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno(errno, "cannot read " + path_);
      if (n == 0)
        return fail(Code::io, "cannot read {}: it ends before byte {}", path_,
                    window.start + window.bytes);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  std::string path_;
  Fd fd_;
  DeviceNumber number_;
  std::uint64_t sectors_;
  std::uint32_t block_;
  bool is_block_;
  bool is_writable_;
};

class LinuxBlockDevices final : public BlockDevices {
 public:
  Result<std::unique_ptr<BlockDevice>> open(const std::string& path, Access access) override {
    struct stat st;
    if (::stat(path.c_str(), &st) < 0) return fail_errno(errno, "cannot open " + path);
    const bool block = S_ISBLK(st.st_mode);
    if (!block && !S_ISREG(st.st_mode)) return fail(Code::usage, "{} is not a block device.", path);
    const bool writes = access == Access::write || access == Access::member;
    const bool alone = access == Access::write || access == Access::exclusive;
    int flags = writes ? O_RDWR : O_RDONLY;
    if (block && alone) flags |= O_EXCL;
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC | (block ? O_DIRECT : 0)));
    if (!fd) return fail_errno(errno, "cannot open " + path);

    std::uint64_t bytes = static_cast<std::uint64_t>(st.st_size);
    int logical = 512, read_only = 0;
    if (block &&
        (::ioctl(fd.get(), BLKGETSIZE64, &bytes) < 0 ||
         ::ioctl(fd.get(), BLKSSZGET, &logical) < 0 || ::ioctl(fd.get(), BLKROGET, &read_only) < 0))
      return fail_errno(errno, "cannot get the size of " + path);
    return std::make_unique<LinuxBlockDevice>(
        path, std::move(fd), block ? DeviceNumber::from(st.st_rdev) : DeviceNumber{}, bytes / 512,
        static_cast<std::uint32_t>(logical), block, !read_only);
  }

  Result<DeviceNumber> number(const std::string& path) override {
    struct stat st;
    if (::stat(path.c_str(), &st) < 0) return fail_errno(errno, "cannot open " + path);
    if (!S_ISBLK(st.st_mode)) return fail(Code::usage, "{} is not a block device.", path);
    return DeviceNumber::from(st.st_rdev);
  }

  std::string path_of(DeviceNumber number) override {
    const std::string name = fmt::format("{}:{}", number.major, number.minor);
    if (auto sys = Directory::open("/sys/dev/block")) {
      if (auto target = sys->link(name)) {
        std::string kernel_name = target->substr(target->rfind('/') + 1);
        for (char& c : kernel_name)
          if (c == '!') c = '/';
        const std::string path = "/dev/" + kernel_name;
        if (auto found = this->number(path); found && *found == number) return path;
      }
    }
    return name;
  }

  Result<std::vector<std::string>> partitions() override {
    std::ifstream file("/proc/partitions");
    if (!file) return fail(Code::io, "cannot read /proc/partitions");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      unsigned major, minor;
      unsigned long long blocks;
      if (words >> major >> minor >> blocks && blocks > 0) {
        std::string path = path_of({major, minor});
        if (path[0] == '/') out.push_back(path);
      }
    }
    return out;
  }

  std::vector<std::string> links_of(DeviceNumber number) override {
    return system::device_links(number);
  }

  std::vector<Extent> partitions_of(DeviceNumber disk) override {
    std::vector<Extent> out;
    auto sys = Directory::open("/sys/dev/block");
    if (!sys) return out;
    const std::string directory = fmt::format("{}:{}", disk.major, disk.minor);
    auto names = sys->list(directory);
    if (!names) return out;
    for (const auto& name : *names) {
      const std::string partition = directory + "/" + name;
      if (!sys->exists(partition + "/partition")) continue;
      auto start = sys->read(partition + "/start"), size = sys->read(partition + "/size");
      if (start && size)
        out.push_back({std::strtoull(start->c_str(), nullptr, 10),
                       std::strtoull(size->c_str(), nullptr, 10)});
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<BlockDevices> linux_block_devices() {
  return std::make_unique<LinuxBlockDevices>();
}

}  // namespace mdctl::kernel
