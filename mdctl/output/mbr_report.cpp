// SPDX-License-Identifier: GPL-2.0-only
#include "output/mbr_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace mdctl::output {
namespace {

constexpr std::size_t kTable = 446, kEntry = 16, kMagic = 510;
constexpr std::size_t kType = 4, kStart = 8, kSectors = 12;  // in an entry

std::uint32_t little_endian(std::span<const std::byte, 512> sector, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 4; i-- > 0;) out = out << 8 | std::to_integer<std::uint32_t>(sector[at + i]);
  return out;
}

}  // namespace

std::optional<MbrReport> MbrReport::from(const std::string& path,
                                         std::span<const std::byte, 512> sector) {
  if (sector[kMagic] != std::byte{0x55} || sector[kMagic + 1] != std::byte{0xaa})
    return std::nullopt;
  MbrReport out;
  out.path_ = path;
  for (unsigned i = 0; i < 4; i++) {
    const std::size_t at = kTable + i * kEntry;
    Partition partition{i, little_endian(sector, at + kStart), little_endian(sector, at + kSectors),
                        std::to_integer<std::uint8_t>(sector[at + kType])};
    if (partition.sectors) out.partitions_.push_back(partition);
  }
  return out;
}

std::string MbrReport::text() const {
  std::string out = fmt::format("{}:\n   MBR Magic : aa55\n", path_);
  for (const Partition& partition : partitions_)
    out += fmt::format("Partition[{}] : {:>12} sectors at {:>12} (type {:02x})\n", partition.number,
                       partition.sectors, partition.start, partition.type);
  return out;
}

Json MbrReport::json() const {
  Json out{{"path", path_}, {"partition_table", "mbr"}, {"partitions", Json::array()}};
  for (const Partition& partition : partitions_)
    out["partitions"].push_back({{"number", partition.number},
                                 {"start", partition.start},
                                 {"sectors", partition.sectors},
                                 {"type", partition.type}});
  return out;
}

}  // namespace mdctl::output
