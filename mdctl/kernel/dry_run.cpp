// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/dry_run.hpp"

#include <cerrno>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

namespace mdctl::kernel {
namespace {

using std::chrono::milliseconds;

std::string text_of(DeviceNumber number) {
  return fmt::format("{}:{}", number.major, number.minor);
}

// Which members the driver would refuse to let go of, had the plan been carried out so far.
class ActiveMembers {
 public:
  explicit ActiveMembers(Kernel& real) : real_(real) {}

  void failed(const std::string& array, const std::string& entry) {
    failed_.insert({array, entry});
  }
  void failed(const std::string& array, DeviceNumber member) {
    if (auto entry = entry_of(array, member)) failed(array, *entry);
  }
  // Has it a slot, and has it not failed?
  bool has(const std::string& array, const std::string& entry) {
    if (failed_.count({array, entry})) return false;
    auto slot = real_.read(array, entry + "/slot");
    auto state = real_.read(array, entry + "/state");
    return slot && state && *slot != "none" && state->find("faulty") == std::string::npos;
  }
  bool has(const std::string& array, DeviceNumber member) {
    auto entry = entry_of(array, member);
    return entry && has(array, *entry);
  }

 private:
  std::optional<std::string> entry_of(const std::string& array, DeviceNumber member) {
    if (auto members = real_.members(array))
      for (const auto& one : *members)
        if (one.number == member) return one.entry;
    return std::nullopt;
  }

  Kernel& real_;
  std::set<std::pair<std::string, std::string>> failed_;
};

// An array's ioctls. @inner is null for an array that is only planned.
class DryArray final : public ArrayDevice {
 public:
  DryArray(std::string name, std::unique_ptr<ArrayDevice> inner, ActiveMembers& active, Plan& plan)
      : name_(std::move(name)), inner_(std::move(inner)), active_(active), plan_(plan) {}

  const std::string& name() const override { return name_; }

  Result<mdu_array_info_t> info() override {
    return inner_ ? inner_->info() : Result<mdu_array_info_t>(nothing("array info"));
  }
  Result<mdu_disk_info_t> disk(int number) override {
    return inner_ ? inner_->disk(number) : Result<mdu_disk_info_t>(nothing("disk info"));
  }
  Result<std::string> bitmap_file() override {
    return inner_ ? inner_->bitmap_file() : Result<std::string>(nothing("bitmap file"));
  }
  Result<std::uint64_t> size_bytes() override {
    return inner_ ? inner_->size_bytes() : Result<std::uint64_t>(nothing("size"));
  }

  Result<> set_info(const mdu_array_info_t& info) override {
    return step(fmt::format("set array info: metadata {}.{}, level {}, {} devices",
                            info.major_version, info.minor_version, info.level, info.raid_disks));
  }
  Result<> add_disk(const mdu_disk_info_t& disk) override {
    return step(fmt::format("add device {}:{}", disk.major, disk.minor));
  }
  Result<> hot_remove(DeviceNumber member) override {
    if (active_.has(name_, member))
      return fail_errno(EBUSY, "cannot remove a member from " + name_);
    return step("remove device " + text_of(member));
  }
  Result<> set_faulty(DeviceNumber member) override {
    active_.failed(name_, member);
    return step("mark device " + text_of(member) + " faulty");
  }
  Result<> run() override { return step("start"); }
  Result<> stop() override { return step("stop"); }
  Result<> set_readonly() override { return step("make read-only"); }
  Result<> set_readwrite() override { return step("make read-write"); }

 private:
  Failure nothing(std::string_view what) const {
    return fail_errno(ENODEV, fmt::format("cannot get {} of {}", what, name_));
  }
  Result<> step(std::string action) {
    plan_.push_back({name_, std::move(action), {}});
    return {};
  }

  std::string name_;
  std::unique_ptr<ArrayDevice> inner_;
  ActiveMembers& active_;
  Plan& plan_;
};

class DryKernel final : public Kernel {
 public:
  DryKernel(Kernel& inner, Plan& plan) : inner_(inner), active_(inner), plan_(plan) {}

  Driver driver() override { return inner_.driver(); }
  Result<> load_driver() override { return {}; }
  Result<> load_level(int) override { return {}; }
  Result<std::string> mdstat() override { return inner_.mdstat(); }
  Result<bool> wait_mdstat(milliseconds timeout) override { return inner_.wait_mdstat(timeout); }
  Result<std::vector<std::string>> arrays() override { return inner_.arrays(); }

  Result<DeviceNumber> array_number(const std::string& array) override {
    auto real = inner_.array_number(array);
    if (real || !planned_.count(array)) return real;
    DeviceNumber out{MD_MAJOR, 0};
    if (std::sscanf(array.c_str(), "md%u", &out.minor) != 1) out.minor = 511;
    return out;
  }
  Result<std::string> block_name(DeviceNumber number) override { return inner_.block_name(number); }
  std::optional<std::string> array_of(DeviceNumber number) override {
    return inner_.array_of(number);
  }
  Result<std::string> read(const std::string& array, const std::string& attribute) override {
    return inner_.read(array, attribute);
  }
  Result<> write(const std::string& array, const std::string& attribute,
                 const std::string& value) override {
    constexpr std::string_view kState = "/state";
    if (attribute.ends_with(kState)) {
      const std::string entry = attribute.substr(0, attribute.size() - kState.size());
      if (value == "remove" && active_.has(array, entry))
        return fail_errno(EBUSY, "cannot remove a member from " + array);
      if (value == "faulty") active_.failed(array, entry);
    }
    return step(array, fmt::format("set {} to {}", attribute, value));
  }
  Result<std::vector<MemberEntry>> members(const std::string& array) override {
    if (planned_.count(array)) return std::vector<MemberEntry>{};
    return inner_.members(array);
  }
  std::vector<std::string> holders(DeviceNumber member) override { return inner_.holders(member); }

  Result<> create_array(const std::string& array) override {
    if (inner_.array_number(array)) return {};
    planned_.insert(array);
    return step(array, "make array object");
  }
  Result<std::unique_ptr<ArrayDevice>> open_array(const std::string& array,
                                                  bool exclusive) override {
    std::unique_ptr<ArrayDevice> real;
    if (!planned_.count(array)) {
      MDCTL_TRY(real, inner_.open_array(array, exclusive));
    }
    return std::make_unique<DryArray>(array, std::move(real), active_, plan_);
  }

  bool udev_running() override { return inner_.udev_running(); }
  Result<> ensure_node(const std::string& path, const std::string& array, milliseconds) override {
    return step(array, "make device node " + path);
  }
  Result<> drop_node(const std::string& path, milliseconds) override {
    return step(path, "remove device node");
  }
  std::vector<std::string> node_links(const std::string& array) override {
    return inner_.node_links(array);
  }
  Result<> announce(const std::string&) override { return {}; }

 private:
  Result<> step(const std::string& target, std::string action) {
    plan_.push_back({target, std::move(action), {}});
    return {};
  }

  Kernel& inner_;
  ActiveMembers active_;
  Plan& plan_;
  std::set<std::string> planned_;
};

class DryBlockDevice final : public BlockDevice {
 public:
  DryBlockDevice(std::unique_ptr<BlockDevice> inner, Plan& plan)
      : inner_(std::move(inner)), plan_(plan) {}

  const std::string& path() const override { return inner_->path(); }
  DeviceNumber number() const override { return inner_->number(); }
  std::uint64_t sectors() const override { return inner_->sectors(); }
  std::uint32_t logical_block_size() const override { return inner_->logical_block_size(); }
  bool is_block() const override { return inner_->is_block(); }
  bool is_writable() const override { return inner_->is_writable(); }
  Result<> read(std::uint64_t offset, std::span<std::byte> buffer) override {
    return inner_->read(offset, buffer);
  }
  Result<> write(std::uint64_t offset, std::span<const std::byte> buffer,
                 std::string_view what) override {
    PlanStep step{path(), fmt::format("write {}, {} bytes at {}", what, buffer.size(), offset), {}};
    if (auto found = inner_->signatures())
      for (const Signature& signature : *found)
        step.overwrites +=
            fmt::format("{}{}{}{}", step.overwrites.empty() ? "" : ", ", signature.type,
                        signature.label.empty() ? "" : " ", signature.label);
    plan_.push_back(std::move(step));
    return {};
  }
  Result<std::vector<Signature>> signatures() override { return inner_->signatures(); }

 private:
  std::unique_ptr<BlockDevice> inner_;
  Plan& plan_;
};

class DryBlockDevices final : public BlockDevices {
 public:
  DryBlockDevices(BlockDevices& inner, Plan& plan) : inner_(inner), plan_(plan) {}

  Result<std::unique_ptr<BlockDevice>> open(const std::string& path, Access access) override {
    // Exclusive still: a device in use must be refused here as it would be in earnest.
    if (access == Access::write) access = Access::exclusive;
    if (access == Access::member) access = Access::read;
    MDCTL_TRY(auto device, inner_.open(path, access));
    return std::make_unique<DryBlockDevice>(std::move(device), plan_);
  }
  Result<DeviceNumber> number(const std::string& path) override { return inner_.number(path); }
  std::string path_of(DeviceNumber number) override { return inner_.path_of(number); }
  Result<std::vector<std::string>> partitions() override { return inner_.partitions(); }
  std::vector<std::string> links_of(DeviceNumber number) override {
    return inner_.links_of(number);
  }
  std::vector<Extent> partitions_of(DeviceNumber disk) override {
    return inner_.partitions_of(disk);
  }

 private:
  BlockDevices& inner_;
  Plan& plan_;
};

}  // namespace

std::unique_ptr<Kernel> dry_run_kernel(Kernel& inner, Plan& plan) {
  return std::make_unique<DryKernel>(inner, plan);
}

std::unique_ptr<BlockDevices> dry_run_block_devices(BlockDevices& inner, Plan& plan) {
  return std::make_unique<DryBlockDevices>(inner, plan);
}

}  // namespace mdctl::kernel
