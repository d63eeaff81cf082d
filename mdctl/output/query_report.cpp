// SPDX-License-Identifier: GPL-2.0-only
#include "output/query_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/level.hpp"
#include "util/size.hpp"

namespace mdctl::output {

static const char* activity_text(QueryReport::Activity activity) {
  switch (activity) {
    case QueryReport::Activity::inactive: return "inactive";
    case QueryReport::Activity::undetected: return "undetected";
    case QueryReport::Activity::mismatch: return "mismatch";
    case QueryReport::Activity::active: return "active";
  }
  return "";
}

std::string QueryReport::text() const {
  std::string out;
  if (array && array->active) {
    out = fmt::format("{}: {} {} {} devices, {} spare{}. Use mdadm --detail for more detail.\n",
                      path, brief_binary_size(array->array_kib * 1024),
                      model::level_name(array->level.value_or(0)).value_or("-unknown-"),
                      array->raid_disks, array->spares, array->spares == 1 ? "" : "s");
  } else if (array) {
    out = fmt::format("{}: is an md device which is not active\n", path);
  } else {
    out = fmt::format("{}: is not an md array\n", path);
  }
  if (!member) return out;
  out +=
      fmt::format("{}: device {} in {} device {} {} {}.  Use mdadm --examine for more detail.\n",
                  path, static_cast<std::int32_t>(member->dev_number), member->raid_disks,
                  activity_text(activity), model::level_name(member->level).value_or("-unknown-"),
                  member_of.empty() ? "array" : member_of);
  return out;
}

Json QueryReport::json() const {
  Json out;
  out["path"] = path;
  out["array"] = array ? Json{{"active", array->active},
                              {"level", model::level_name(array->level.value_or(0)).value_or("")},
                              {"raid_devices", array->raid_disks},
                              {"spares", array->spares},
                              {"array_size_kib", array->array_kib}}
                       : Json(nullptr);
  out["member"] =
      member ? Json{{"level", model::level_name(member->level).value_or("")},
                    {"raid_devices", member->raid_disks},
                    {"number", member->dev_number},
                    {"role", member->role < MDX_ROLE_MAX ? Json(member->role) : Json("spare")},
                    {"of", member_of.empty() ? Json(nullptr) : Json(member_of)},
                    {"state", activity_text(activity)},
                    {"active", activity == Activity::active}}
             : Json(nullptr);
  return out;
}

}  // namespace mdctl::output
