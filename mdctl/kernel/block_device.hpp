// SPDX-License-Identifier: GPL-2.0-only
// Access to component devices: the only way bytes reach or leave a disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/device_number.hpp"
#include "util/error.hpp"

namespace mdctl::kernel {

using model::DeviceNumber;

// Something libblkid recognises on a device.
struct Signature {
  std::string type;   // "ext4", "LVM2_member", "gpt", "linux_raid_member"
  std::string usage;  // "filesystem", "raid", "partition table", "other"
  std::string label;
  std::string uuid;
  std::string detail = {};  // what else it tells: "size=40960K  mtime=..."
};

enum class Access {
  read,       // shared, read only
  exclusive,  // read only, refuses (Code::busy) if mounted or held by another driver
  write,      // read and write, exclusive
  member,     // read and write, of a device that an array holds
};

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  virtual const std::string& path() const = 0;
  virtual DeviceNumber number() const = 0;
  virtual std::uint64_t sectors() const = 0;             // of 512 bytes
  virtual std::uint32_t logical_block_size() const = 0;  // bytes
  virtual bool is_block() const = 0;                     // false: an image file
  virtual bool is_writable() const = 0;                  // false: the medium takes no writes

  // Whole range or an error. Positions in bytes; aligned access is the implementation's business.
  virtual Result<> read(std::uint64_t offset, std::span<std::byte> buffer) = 0;
  // Durable on return. @what names the content for plans and messages: "superblock 1.2".
  virtual Result<> write(std::uint64_t offset, std::span<const std::byte> buffer,
                         std::string_view what) = 0;
  // What is on it besides md's own superblock.
  virtual Result<std::vector<Signature>> signatures() = 0;
};

// Where a partition is on its disk, in sectors.
struct Extent {
  std::uint64_t start = 0;
  std::uint64_t sectors = 0;

  bool covers(std::uint64_t sector) const { return sector >= start && sector - start < sectors; }
};

class BlockDevices {
 public:
  virtual ~BlockDevices() = default;

  virtual Result<std::unique_ptr<BlockDevice>> open(const std::string& path, Access access) = 0;
  // Number of the block device behind @path; Code::not_found, or usage if it is no block device.
  virtual Result<DeviceNumber> number(const std::string& path) = 0;
  // "/dev/sda" for 8:0: the name people would use. "8:0" if there is no node.
  virtual std::string path_of(DeviceNumber number) = 0;
  // Every block device that could hold a member: what "DEVICE partitions" means.
  virtual Result<std::vector<std::string>> partitions() = 0;
  // The other names udev gave it, "/dev/disk/by-id/...".
  virtual std::vector<std::string> links_of(DeviceNumber number) = 0;
  // The partitions the kernel knows on @disk; none on a device that has none.
  virtual std::vector<Extent> partitions_of(DeviceNumber disk) = 0;
};

}  // namespace mdctl::kernel
