// SPDX-License-Identifier: GPL-2.0-only
#include "system/udev.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace mdctl::system {

namespace {

constexpr unsigned floppy_major = 2, cdrom_major = 11;

struct UnrefDevice {
  void operator()(udev_device* d) const { udev_device_unref(d); }
};
using Device = std::unique_ptr<udev_device, UnrefDevice>;

std::string text(const char* value) { return value ? value : ""; }

bool is_partition(udev_device* device) {
  return text(udev_device_get_devtype(device)) == "partition";
}

// The directory in sysfs is a new one each time a disk comes; its inode tells them apart on
// kernels that do not count disks yet (before 5.15).
std::string incarnation_of(udev_device* disk) {
  if (const char* sequence = udev_device_get_sysattr_value(disk, "diskseq")) return sequence;
  struct stat st;
  if (stat(udev_device_get_syspath(disk), &st) != 0) return {};
  return "inode " + std::to_string(st.st_ino);
}

void read_links(udev_device* device, BlockEvent& out) {
  static constexpr std::string_view by_path = "/dev/disk/by-path/";
  udev_list_entry* entry;
  udev_list_entry_foreach(entry, udev_device_get_devlinks_list_entry(device)) {
    std::string link = udev_list_entry_get_name(entry);
    if (link.rfind(by_path, 0) == 0) out.id_paths.push_back(link.substr(by_path.size()));
    out.links.push_back(std::move(link));
  }
}

// Opening an array would keep its user from stopping it, so only one that is known to be a member
// itself is worth it.
bool cannot_hold_members(udev_device* device, const BlockEvent& event) {
  bool array = event.name.rfind("md", 0) == 0;
  return (array && event.fs_type != "linux_raid_member") || event.number.major == floppy_major ||
         event.number.major == cdrom_major || event.name.rfind("zram", 0) == 0 ||
         text(udev_device_get_property_value(device, "DM_MULTIPATH_DEVICE_PATH")) == "1";
}

BlockEvent describe(udev_device* device) {
  BlockEvent out;
  out.subsystem = text(udev_device_get_subsystem(device));
  out.name = text(udev_device_get_sysname(device));
  out.kind = text(udev_device_get_action(device)) == "remove" ? BlockEvent::Kind::gone
                                                              : BlockEvent::Kind::there;
  if (out.subsystem != "block") return out;
  out.number = model::DeviceNumber::from(udev_device_get_devnum(device));
  out.node = text(udev_device_get_devnode(device));
  if (out.kind == BlockEvent::Kind::gone) return out;
  read_links(device, out);
  out.sectors =
      std::strtoull(text(udev_device_get_sysattr_value(device, "size")).c_str(), nullptr, 10);
  udev_device* disk = device;
  if (is_partition(device)) {
    disk = udev_device_get_parent_with_subsystem_devtype(device, "block", "disk");
    out.partition = std::atoi(text(udev_device_get_sysattr_value(device, "partition")).c_str());
  }
  if (disk) out.incarnation = incarnation_of(disk);
  out.fs_type = text(udev_device_get_property_value(device, "ID_FS_TYPE"));
  out.not_ours = cannot_hold_members(device, out);
  return out;
}

}  // namespace

std::vector<std::string> device_links(model::DeviceNumber number) {
  struct UnrefUdev {
    void operator()(udev* u) const { udev_unref(u); }
  };
  std::unique_ptr<udev, UnrefUdev> context(udev_new());
  if (!context) return {};
  Device device(udev_device_new_from_devnum(context.get(), 'b', number.raw()));
  if (!device) return {};
  BlockEvent out;
  read_links(device.get(), out);
  return out.links;
}

Result<Udev> Udev::open() {
  std::unique_ptr<udev, Unref> udev(udev_new());
  if (!udev) return fail_errno(errno, "cannot talk to udev");
  bool udevd = access("/run/udev/control", F_OK) == 0;
  std::unique_ptr<udev_monitor, Unref> monitor(
      udev_monitor_new_from_netlink(udev.get(), udevd ? "udev" : "kernel"));
  if (!monitor) return fail_errno(errno, "cannot listen to udev");
  // A storm of events at boot must not be lost while a slow disk is read.
  udev_monitor_set_receive_buffer_size(monitor.get(), 16 << 20);
  udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "block", nullptr);
  udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "module", nullptr);
  if (int err = udev_monitor_enable_receiving(monitor.get()); err < 0)
    return fail_errno(-err, "cannot listen to udev");
  return Udev(std::move(udev), std::move(monitor), udevd);
}

int Udev::fd() const { return udev_monitor_get_fd(monitor_.get()); }

std::optional<BlockEvent> Udev::receive() {
  Device device(udev_monitor_receive_device(monitor_.get()));
  if (!device) return std::nullopt;
  return describe(device.get());
}

std::vector<BlockEvent> Udev::enumerate() {
  struct UnrefEnumerate {
    void operator()(udev_enumerate* e) const { udev_enumerate_unref(e); }
  };
  std::vector<BlockEvent> out;
  std::unique_ptr<udev_enumerate, UnrefEnumerate> scan(udev_enumerate_new(udev_.get()));
  if (!scan) return out;
  udev_enumerate_add_match_subsystem(scan.get(), "block");
  if (udevd_) udev_enumerate_add_match_is_initialized(scan.get());
  udev_enumerate_scan_devices(scan.get());
  udev_list_entry* entry;
  udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(scan.get())) {
    Device device(udev_device_new_from_syspath(udev_.get(), udev_list_entry_get_name(entry)));
    if (device) out.push_back(describe(device.get()));
  }
  return out;
}

std::optional<BlockEvent> Udev::look_at(model::DeviceNumber number) {
  Device device(udev_device_new_from_devnum(udev_.get(), 'b', number.raw()));
  if (!device) return std::nullopt;
  return describe(device.get());
}

}  // namespace mdctl::system
