// SPDX-License-Identifier: GPL-2.0-only
// The one door to the md driver, in-tree md or mdx: ioctls, sysfs, /proc/mdstat, parameters and
// device nodes. kernel_linux.cpp is the real one, tests bring a simulated one, dry_run.cpp lets
// reads through and turns every change into a line of a plan.
#pragma once

#include <linux/major.h>
#include <linux/raid/md_u.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/device_number.hpp"
#include "util/error.hpp"

namespace mdctl::kernel {

using model::DeviceNumber;

// Which driver owns major 9 right now.
struct Driver {
  enum class Kind { none, md, mdx };
  Kind kind = Kind::none;
  std::string version;    // module version, empty if it has none
  bool md_face = false;   // mdx answers under md's name as well
  bool built_in = false;  // md compiled into the kernel
};

// An open md device node. Closing it is the destructor's; the array lives on.
class ArrayDevice {
 public:
  virtual ~ArrayDevice() = default;

  // Kernel name, "md0".
  virtual const std::string& name() const = 0;

  // GET_ARRAY_INFO; Code::not_found (ENODEV) if nothing is configured.
  virtual Result<mdu_array_info_t> info() = 0;
  // GET_DISK_INFO of entry @number; an empty entry has major and minor 0.
  virtual Result<mdu_disk_info_t> disk(int number) = 0;
  // GET_BITMAP_FILE; empty: no bitmap file.
  virtual Result<std::string> bitmap_file() = 0;
  virtual Result<std::uint64_t> size_bytes() = 0;

  virtual Result<> set_info(const mdu_array_info_t& info) = 0;  // SET_ARRAY_INFO
  virtual Result<> add_disk(const mdu_disk_info_t& disk) = 0;   // ADD_NEW_DISK
  virtual Result<> hot_remove(DeviceNumber member) = 0;         // HOT_REMOVE_DISK
  virtual Result<> set_faulty(DeviceNumber member) = 0;         // SET_DISK_FAULTY
  virtual Result<> run() = 0;                                   // RUN_ARRAY
  virtual Result<> stop() = 0;                                  // STOP_ARRAY
  virtual Result<> set_readonly() = 0;                          // STOP_ARRAY_RO
  virtual Result<> set_readwrite() = 0;                         // RESTART_ARRAY_RW
};

// A member as the array's sysfs directory shows it.
struct MemberEntry {
  std::string entry;    // "dev-sda1"
  DeviceNumber number;  // 0:0 if its device is gone
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  virtual Driver driver() = 0;
  // Loads what answers to md's name, which is mdx where its md face is installed, if no driver is
  // live. Ok if one already is.
  virtual Result<> load_driver() = 0;
  // Makes sure that the live driver can run @level (md's number), loading the level's module if it
  // must. Otherwise unsupported: to be asked before anything is written to a disk.
  virtual Result<> load_level(int level) = 0;

  // Text of /proc/mdstat.
  virtual Result<std::string> mdstat() = 0;
  // Until /proc/mdstat reports a change, or @timeout passed. True: changed.
  virtual Result<bool> wait_mdstat(std::chrono::milliseconds timeout) = 0;

  // Kernel names of all md arrays that have an object, configured or not.
  virtual Result<std::vector<std::string>> arrays() = 0;
  // Kernel name ("md0") and number, either way. not_found if there is no such device.
  virtual Result<DeviceNumber> array_number(const std::string& array) = 0;
  virtual Result<std::string> block_name(DeviceNumber number) = 0;
  // Whole-disk name of an md device or of one of its partitions; nullopt: no md device.
  virtual std::optional<std::string> array_of(DeviceNumber number) = 0;

  // sysfs attributes below /sys/block/<array>/md/, trailing newline removed.
  virtual Result<std::string> read(const std::string& array, const std::string& attribute) = 0;
  virtual Result<> write(const std::string& array, const std::string& attribute,
                         const std::string& value) = 0;
  virtual Result<std::vector<MemberEntry>> members(const std::string& array) = 0;

  // Arrays and others that hold @member: names below its holders/ directory.
  virtual std::vector<std::string> holders(DeviceNumber member) = 0;

  // Makes the array object "md0" or "md_home" through the driver's new_array parameter, or by
  // opening the node where there is no such parameter.
  virtual Result<> create_array(const std::string& array) = 0;
  // Opens the array's node for ioctls; works without udev. Never for writing, see kernel_linux.cpp.
  // @exclusive refuses when the array is in use (Code::busy).
  virtual Result<std::unique_ptr<ArrayDevice>> open_array(const std::string& array,
                                                          bool exclusive) = 0;
  // Device nodes: names people use for arrays, "/dev/md0" and links such as "/dev/md/home".
  // udev makes them where it runs; elsewhere ensure_node does.
  virtual bool udev_running() = 0;
  // Until @path leads to @array; makes it itself without udev. Code::busy after @timeout.
  virtual Result<> ensure_node(const std::string& path, const std::string& array,
                               std::chrono::milliseconds timeout) = 0;
  // Until @path is gone; removes what udev would have. Ok if it never was.
  virtual Result<> drop_node(const std::string& path, std::chrono::milliseconds timeout) = 0;
  // Links below /dev/md that lead to @array, sorted; without "/dev/md/" in front.
  virtual std::vector<std::string> node_links(const std::string& array) = 0;

  // Asks for a synthetic "change" uevent, so udev looks at the array again.
  virtual Result<> announce(const std::string& array) = 0;
};

}  // namespace mdctl::kernel
