// SPDX-License-Identifier: GPL-2.0-only
// A driver in memory: enough of md's behaviour to create, assemble, fail, remove and add. It reads
// superblocks from the simulated disks as the driver would, and keeps no others.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "block_sim.hpp"
#include "kernel/kernel.hpp"
#include "super_format.h"

namespace mdctl::test {

struct SimMember {
  DeviceNumber number;
  std::string name;  // "vda"
  mdx_super super{};
  int desc = -1;
  int slot = -1;
  bool in_sync = false;
  bool faulty = false;
  bool want_replacement = false;
};

struct SimArray {
  std::string name;
  DeviceNumber number;
  std::string state = "clear";
  mdu_array_info_t info{};
  bool versioned = false;
  std::vector<SimMember> members;
  std::string sync_action = "idle";
  unsigned raid_disks = 0;
  int level = 0;
  bool open_elsewhere = false;  // a mounted file system, say
  bool bitmap = false;          // former members may come back
  std::string metadata;         // metadata_version, where it is not what set_info said
  std::map<std::string, std::string> attributes;  // written ones that nothing else follows from

  bool active() const { return state != "clear" && state != "inactive"; }
};

class SimKernel final : public kernel::Kernel {
 public:
  explicit SimKernel(SimBlocks& blocks) : blocks_(blocks) {}

  SimArray& array(const std::string& name) { return *arrays_.at(name); }
  bool has(const std::string& name) const { return arrays_.count(name) != 0; }
  // A sync that runs becomes done at the next wait.
  std::string mdstat_override;
  bool loaded = true;                  // false: no driver, and no mdstat
  std::vector<std::string> log;        // ioctls and sysfs writes, "md0 RUN_ARRAY"
  std::vector<mdu_disk_info_t> added;  // what ADD_NEW_DISK was given
  Error* refuse_run = nullptr;         // RUN_ARRAY fails with it
  Error* refuse_add = nullptr;         // ADD_NEW_DISK too
  Error* refuse_level = nullptr;       // and this is what a level is refused with

  kernel::Driver::Kind kind = kernel::Driver::Kind::md;

  kernel::Driver driver() override { return {kind, "", false, false}; }
  Result<> load_driver() override { return {}; }
  Result<> load_level(int) override {
    if (refuse_level) return fail(*refuse_level);
    return {};
  }
  Result<std::string> mdstat() override;
  Result<bool> wait_mdstat(std::chrono::milliseconds) override;
  Result<std::vector<std::string>> arrays() override;
  Result<DeviceNumber> array_number(const std::string& array) override;
  Result<std::string> block_name(DeviceNumber number) override;
  std::optional<std::string> array_of(DeviceNumber number) override;
  Result<std::string> read(const std::string& array, const std::string& attribute) override;
  Result<> write(const std::string& array, const std::string& attribute,
                 const std::string& value) override;
  Result<std::vector<kernel::MemberEntry>> members(const std::string& array) override;
  std::vector<std::string> holders(DeviceNumber member) override;
  Result<> create_array(const std::string& array) override;
  Result<std::unique_ptr<kernel::ArrayDevice>> open_array(const std::string& array,
                                                          bool exclusive) override;
  bool udev_running() override { return false; }
  Result<> ensure_node(const std::string& path, const std::string& array,
                       std::chrono::milliseconds) override;
  Result<> drop_node(const std::string& path, std::chrono::milliseconds) override;
  std::vector<std::string> node_links(const std::string& array) override;
  Result<> announce(const std::string&) override { return {}; }

  // The ioctls, for SimArrayDevice.
  Result<> add_disk(SimArray& array, const mdu_disk_info_t& disk);
  Result<> run(SimArray& array);
  Result<> stop(SimArray& array);
  Result<> set_faulty(SimArray& array, DeviceNumber member);
  Result<> hot_remove(SimArray& array, DeviceNumber member);
  static bool has_bitmap(const SimArray& array);

 private:
  Result<> write_member(SimArray& array, SimMember& member, const std::string& attribute,
                        const std::string& value);
  Result<> write_geometry(SimArray& array, const std::string& attribute, const std::string& value);

  SimBlocks& blocks_;
  std::map<std::string, std::unique_ptr<SimArray>> arrays_;
};

}  // namespace mdctl::test
