// SPDX-License-Identifier: GPL-2.0-only
// /run/mdadm/map: which array has which name. Shared with mdadm, whose udev rules read it, so
// arrays made by either tool get their /dev/md links from both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "util/error.hpp"
#include "util/uuid.hpp"

namespace mdctl::system {

struct MapEntry {
  std::string array;     // "md127"
  std::string metadata;  // "1.2"
  Uuid uuid{};
  std::string path;  // "/dev/md/home"; may be empty
};

class MapFile {
 public:
  // @directory: /run/mdadm. A read-only map accepts changes and forgets them (dry run).
  explicit MapFile(std::string directory, bool read_only = false)
      : directory_(std::move(directory)), read_only_(read_only) {}

  std::vector<MapEntry> entries() const;
  std::optional<MapEntry> find_array(const std::string& array) const;
  std::optional<MapEntry> find_uuid(const Uuid& uuid) const;

  // Replaces the entry of entry.array, atomically and under the lock mdadm takes too.
  Result<> put(const MapEntry& entry);
  Result<> erase(const std::string& array);

 private:
  Result<> update(const std::string& array, const MapEntry* entry);

  std::string directory_;
  bool read_only_;
};

}  // namespace mdctl::system
