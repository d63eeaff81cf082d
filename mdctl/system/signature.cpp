// SPDX-License-Identifier: GPL-2.0-only
#include "system/signature.hpp"

#include <blkid/blkid.h>

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>

namespace mdctl::system {

using kernel::Signature;

static std::string value(blkid_probe probe, const char* key) {
  const char* data = nullptr;
  if (blkid_probe_lookup_value(probe, key, &data, nullptr) < 0 || !data) return {};
  return data;
}

static Signature superblock_of(blkid_probe probe) {
  return {
      value(probe, "TYPE"), value(probe, "USAGE"), value(probe, "LABEL"), value(probe, "UUID"), {}};
}

// Size and last mount or write of an ext file system, from its superblock.
static std::string ext_detail(int fd) {
  constexpr off_t kSuper = 1024;
  constexpr std::size_t kBlocks = 4, kLogBlock = 24, kMtime = 44;
  unsigned char raw[64];
  if (::pread(fd, raw, sizeof raw, kSuper) != static_cast<ssize_t>(sizeof raw)) return {};
  auto field = [&](std::size_t at) {
    return static_cast<std::uint32_t>(raw[at] | raw[at + 1] << 8 | raw[at + 2] << 16) |
           static_cast<std::uint32_t>(raw[at + 3]) << 24;
  };
  const std::uint64_t kib = static_cast<std::uint64_t>(field(kBlocks)) << (field(kLogBlock) & 31);
  const std::time_t mtime = static_cast<std::time_t>(field(kMtime));
  std::tm local{};
  char when[64];
  ::localtime_r(&mtime, &local);
  std::strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &local);
  return fmt::format("size={}K  mtime={}", kib, when);
}

Result<std::vector<Signature>> find_signatures(int fd, const std::string& path) {
  std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(blkid_new_probe(),
                                                                   blkid_free_probe);
  if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) < 0)
    return fail_errno(errno ? errno : EIO, "cannot probe " + path);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
                                                     BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                                                     BLKID_SUBLKS_MAGIC);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);

  std::vector<Signature> out;
  int found;
  while ((found = blkid_do_probe(probe.get())) == 0) {
    std::string table = value(probe.get(), "PTTYPE");
    if (!table.empty())
      out.push_back({table, "partition table", "", "", ""});
    else
      out.push_back(superblock_of(probe.get()));
    if (out.back().type.rfind("ext", 0) == 0) out.back().detail = ext_detail(fd);
  }
  if (found == -2)
    out.push_back({"several file systems", "other", "", "", ""});
  else if (found < 0)
    return fail_errno(errno ? errno : EIO, "cannot probe " + path);
  return out;
}

}  // namespace mdctl::system
