// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "output/report.hpp"

namespace mdctl::output {

// The partition table in a disk's first sector.
class MbrReport final : public Report {
 public:
  struct Partition {
    unsigned number = 0;  // place in the table, 0 to 3
    std::uint32_t start = 0, sectors = 0;
    std::uint8_t type = 0;
  };

  // @sector: the first 512 bytes of the device at @path. nullopt: they are no such table.
  static std::optional<MbrReport> from(const std::string& path,
                                       std::span<const std::byte, 512> sector);

  std::string text() const override;
  // Nothing that udev or a configuration would want to know.
  std::string brief() const override { return {}; }
  std::string export_keys() const override { return {}; }
  Json json() const override;

 private:
  std::string path_;
  std::vector<Partition> partitions_;  // those that are in use
};

}  // namespace mdctl::output
