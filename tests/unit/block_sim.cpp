// SPDX-License-Identifier: GPL-2.0-only
#include "block_sim.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mdctl::test {
namespace {

constexpr std::uint64_t kPage = 4096;

class SimBlockDevice final : public kernel::BlockDevice {
 public:
  SimBlockDevice(Disk& disk, bool writable) : disk_(disk), writable_(writable) {}

  const std::string& path() const override { return disk_.path; }
  DeviceNumber number() const override { return disk_.number; }
  std::uint64_t sectors() const override { return disk_.sectors; }
  std::uint32_t logical_block_size() const override { return 512; }
  bool is_block() const override { return !disk_.image; }
  bool is_writable() const override { return !disk_.read_only; }

  Result<> read(std::uint64_t offset, std::span<std::byte> buffer) override {
    if (disk_.fails_reads) return fail_errno(EIO, "cannot read " + path());
    if (offset + buffer.size() > disk_.sectors * 512)
      return fail(Code::io, "cannot read {}: beyond its end", path());
    for (std::uint64_t page = offset / kPage; page * kPage < offset + buffer.size(); page++)
      if (disk_.bad_pages.count(page)) return fail_errno(EIO, "cannot read " + path());
    disk_.read(offset, buffer);
    return {};
  }

  Result<> write(std::uint64_t offset, std::span<const std::byte> buffer,
                 std::string_view what) override {
    if (!writable_) return fail_errno(EBADF, fmt::format("cannot write {} to {}", what, path()));
    if (offset + buffer.size() > disk_.sectors * 512)
      return fail(Code::io, "cannot write {}: beyond its end", path());
    disk_.write(offset, buffer);
    return {};
  }

  Result<std::vector<kernel::Signature>> signatures() override { return disk_.signatures; }

 private:
  Disk& disk_;
  bool writable_;
};

}  // namespace

void Disk::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  for (std::size_t done = 0; done < buffer.size();) {
    const std::uint64_t at = offset + done, inside = at % kPage;
    const std::size_t n = std::min<std::size_t>(buffer.size() - done, kPage - inside);
    auto page = pages.find(at / kPage);
    if (page == pages.end())
      std::memset(buffer.data() + done, 0, n);
    else
      std::memcpy(buffer.data() + done, page->second.data() + inside, n);
    done += n;
  }
}

void Disk::write(std::uint64_t offset, std::span<const std::byte> buffer) {
  writes++;
  for (std::size_t done = 0; done < buffer.size();) {
    const std::uint64_t at = offset + done, inside = at % kPage;
    const std::size_t n = std::min<std::size_t>(buffer.size() - done, kPage - inside);
    std::memcpy(pages[at / kPage].data() + inside, buffer.data() + done, n);
    done += n;
  }
}

Disk& SimBlocks::add(const std::string& path, std::uint64_t sectors) {
  auto disk = std::make_unique<Disk>();
  disk->path = path;
  disk->number = {254, static_cast<unsigned>(disks_.size() * 16)};
  disk->sectors = sectors;
  disks_.push_back(std::move(disk));
  return *disks_.back();
}

Disk& SimBlocks::disk(const std::string& path) {
  return **std::find_if(disks_.begin(), disks_.end(), [&](auto& d) { return d->path == path; });
}

Disk* SimBlocks::find(DeviceNumber number) {
  for (auto& disk : disks_)
    if (disk->number == number) return disk.get();
  return nullptr;
}

unsigned SimBlocks::total_writes() const {
  unsigned out = 0;
  for (auto& disk : disks_) out += disk->writes;
  return out;
}

Result<std::unique_ptr<kernel::BlockDevice>> SimBlocks::open(const std::string& path,
                                                             kernel::Access access) {
  if (others.count(path)) return fail(Code::usage, "{} is not a block device.", path);
  for (auto& disk : disks_) {
    if (disk->path != path || !is_present(*disk)) continue;
    const bool alone = access == kernel::Access::write || access == kernel::Access::exclusive;
    if (alone && (disk->mounted || held.count(disk->number)))
      return fail_errno(EBUSY, "cannot open " + path);
    const bool writes = access == kernel::Access::write || access == kernel::Access::member;
    return std::make_unique<SimBlockDevice>(*disk, writes);
  }
  return fail_errno(ENOENT, "cannot open " + path);
}

Result<DeviceNumber> SimBlocks::number(const std::string& path) {
  bool other = others.count(path) != 0;
  for (auto& disk : disks_) {
    if (disk->path != path || !is_present(*disk)) continue;
    if (!disk->image) return disk->number;
    other = true;
  }
  if (other) return fail(Code::usage, "{} is not a block device.", path);
  auto node = nodes.find(path);
  if (node == nodes.end()) return fail_errno(ENOENT, "cannot open " + path);
  return node->second;
}

std::string SimBlocks::path_of(DeviceNumber number) {
  Disk* disk = find(number);
  return disk ? disk->path : fmt::format("{}:{}", number.major, number.minor);
}

Result<std::vector<std::string>> SimBlocks::partitions() {
  std::vector<std::string> out;
  for (auto& disk : disks_)
    if (is_present(*disk)) out.push_back(disk->path);
  return out;
}

std::vector<std::string> SimBlocks::links_of(DeviceNumber number) {
  Disk* found = find(number);
  return found ? found->links : std::vector<std::string>{};
}

std::vector<kernel::Extent> SimBlocks::partitions_of(DeviceNumber disk) {
  Disk* found = find(disk);
  return found ? found->partitions : std::vector<kernel::Extent>{};
}

}  // namespace mdctl::test
