// SPDX-License-Identifier: GPL-2.0-only
// The text is mdadm's to the column: scripts cut it.
#include "output/bitmap_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/size.hpp"
#include "util/uuid.hpp"

namespace mdctl::output {
namespace {

Uuid uuid_of(const mdx_bitmap_super& super) {
  Uuid out;
  std::copy(std::begin(super.uuid), std::end(super.uuid), out.begin());
  return out;
}

// A chunk is a power of two: the largest unit it has a whole number of.
std::string chunk_text(std::uint32_t bytes) {
  static constexpr const char* kUnits[] = {"Bytes", "KB", "MB", "GB"};
  unsigned unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); bytes /= 1024) unit++;
  return fmt::format("{} {}", bytes, kUnits[unit]);
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

std::string BitmapReport::brief() const {
  std::string out =
      fmt::format("        Filename : {}\n           Magic : {:08x}\n", path, MDX_BITMAP_MAGIC);
  out += fmt::format("         Version : {}\n            UUID : {}\n", super.version,
                     to_string(uuid_of(super)));
  if (super.version == MDX_BITMAP_CLUSTERED)
    return out + fmt::format("           Nodes : {}\n    Cluster name : {}\n", super.nodes,
                             super.cluster_name);
  out += fmt::format("          Events : {}\n  Events Cleared : {}\n", super.events,
                     super.events_cleared);
  out +=
      fmt::format("           State : {}\n", super.state & MDX_BITMAP_STALE ? "Out of date" : "OK");
  out += fmt::format("       Chunksize : {}\n", chunk_text(super.chunk_bytes));
  out += fmt::format("          Daemon : {}s flush period\n", super.daemon_sleep);
  out += super.write_behind
             ? fmt::format("      Write Mode : Allow write behind, max {}\n", super.write_behind)
             : std::string("      Write Mode : Normal\n");
  out += fmt::format("       Sync Size : {}{}\n", super.sync_size / 2,
                     human_size(super.sync_size * 512));
  return out;
}

std::string BitmapReport::text() const {
  std::string out = brief();
  if (whole)
    out += fmt::format("          Bitmap : {} bits (chunks), {} dirty ({:.1f}%)\n", chunks, dirty,
                       percent(dirty, chunks));
  return out;
}

Json BitmapReport::json() const {
  Json out;
  out["path"] = path;
  out["version"] = super.version;
  out["uuid"] = to_string(uuid_of(super));
  out["events"] = super.events;
  out["events_cleared"] = super.events_cleared;
  out["out_of_date"] = (super.state & MDX_BITMAP_STALE) != 0;
  out["chunk_bytes"] = super.chunk_bytes;
  out["flush_seconds"] = super.daemon_sleep;
  out["write_behind"] = super.write_behind;
  out["sync_sectors"] = super.sync_size;
  out["chunks"] = whole ? Json(chunks) : Json(nullptr);
  out["dirty_chunks"] = whole ? Json(dirty) : Json(nullptr);
  return out;
}

}  // namespace mdctl::output
