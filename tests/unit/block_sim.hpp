// SPDX-License-Identifier: GPL-2.0-only
// Block devices in memory.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/block_device.hpp"

namespace mdctl::test {

using kernel::DeviceNumber;

// One disk's content: pages that were written, zeroes elsewhere.
struct Disk {
  std::string path;
  DeviceNumber number;
  std::uint64_t sectors = 0;
  std::map<std::uint64_t, std::array<std::byte, 4096>> pages;
  std::vector<kernel::Signature> signatures;
  std::vector<kernel::Extent> partitions;
  std::vector<std::string> links;
  bool mounted = false;  // held by somebody who is no array
  bool fails_reads = false;
  std::set<std::uint64_t> bad_pages;  // of 4096 bytes, by number
  bool read_only = false;
  bool image = false;   // a plain file
  unsigned writes = 0;  // calls that changed it

  void read(std::uint64_t offset, std::span<std::byte> buffer) const;
  void write(std::uint64_t offset, std::span<const std::byte> buffer);
};

class SimBlocks final : public kernel::BlockDevices {
 public:
  // "/dev/vda" gets 254:0, the next 254:16 and so on.
  Disk& add(const std::string& path, std::uint64_t sectors);
  Disk& disk(const std::string& path);
  Disk* find(DeviceNumber number);
  unsigned total_writes() const;

  Result<std::unique_ptr<kernel::BlockDevice>> open(const std::string& path,
                                                    kernel::Access access) override;
  Result<DeviceNumber> number(const std::string& path) override;
  std::string path_of(DeviceNumber number) override;
  Result<std::vector<std::string>> partitions() override;
  std::vector<std::string> links_of(DeviceNumber number) override;
  std::vector<kernel::Extent> partitions_of(DeviceNumber disk) override;

  std::map<std::string, DeviceNumber> nodes;  // of arrays, kept by the simulated kernel
  std::set<DeviceNumber> held;                // members of arrays
  std::set<std::string> others;               // paths that are no block devices
  // Which of the disks are there now; empty: all.
  std::function<bool(const Disk&)> present;

 private:
  bool is_present(const Disk& disk) const { return !present || present(disk); }

  std::vector<std::unique_ptr<Disk>> disks_;
};

}  // namespace mdctl::test
