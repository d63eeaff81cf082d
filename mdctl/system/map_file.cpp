// SPDX-License-Identifier: GPL-2.0-only
#include "system/map_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "util/fd.hpp"

namespace mdctl::system {

// mdadm writes the four words of the uuid as numbers, so what it shows for 1.x is turned round on
// little-endian machines; 0.90's uuid is four numbers to begin with.
static Uuid map_order(const Uuid& uuid, const std::string& metadata) {
  if (metadata == "0.90" || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) return uuid;
  Uuid out;
  for (std::size_t i = 0; i < out.size(); i++) out[i] = uuid[i / 4 * 4 + 3 - i % 4];
  return out;
}

std::vector<MapEntry> MapFile::entries() const {
  std::vector<MapEntry> out;
  std::ifstream file(directory_ + "/map");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string uuid;
    MapEntry entry;
    if (!(words >> entry.array >> entry.metadata >> uuid)) continue;
    auto parsed = parse_uuid(uuid);
    if (!parsed) continue;
    entry.uuid = map_order(*parsed, entry.metadata);
    words >> entry.path;
    out.push_back(std::move(entry));
  }
  return out;
}

std::optional<MapEntry> MapFile::find_array(const std::string& array) const {
  for (auto& entry : entries())
    if (entry.array == array) return entry;
  return std::nullopt;
}

std::optional<MapEntry> MapFile::find_uuid(const Uuid& uuid) const {
  for (auto& entry : entries())
    if (entry.uuid == uuid) return entry;
  return std::nullopt;
}

Result<> MapFile::put(const MapEntry& entry) { return update(entry.array, &entry); }

Result<> MapFile::erase(const std::string& array) { return update(array, nullptr); }

Result<> MapFile::update(const std::string& array, const MapEntry* entry) {
  if (read_only_) return {};
  ::mkdir(directory_.c_str(), 0755);  // exists, or the open below says why not
  std::string lock_path = directory_ + "/map.lock";
  Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail_errno(errno, "cannot open " + lock_path);
  if (::flock(lock.get(), LOCK_EX) < 0) return fail_errno(errno, "cannot lock " + lock_path);

  auto all = entries();
  all.erase(std::remove_if(all.begin(), all.end(), [&](auto& e) { return e.array == array; }),
            all.end());
  if (entry) all.insert(all.begin(), *entry);
  std::string text;
  for (auto& e : all)
    text += fmt::format("{} {} {} {}\n", e.array, e.metadata,
                        to_string(map_order(e.uuid, e.metadata)), e.path);

  std::string fresh = directory_ + "/map.new";
  Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return fail_errno(errno, "cannot write " + fresh);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail_errno(errno ? errno : ENOSPC, "cannot write " + fresh);
  file.close();
  if (::rename(fresh.c_str(), (directory_ + "/map").c_str()) < 0)
    return fail_errno(errno, "cannot replace " + directory_ + "/map");
  return {};
}

}  // namespace mdctl::system
