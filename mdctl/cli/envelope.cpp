// SPDX-License-Identifier: GPL-2.0-only
#include "cli/envelope.hpp"

#include <nlohmann/json.hpp>

namespace mdctl::cli {
namespace {

const char* severity_name(output::Severity severity) {
  switch (severity) {
    case output::Severity::note: return "note";
    case output::Severity::warning: return "warning";
    default: return "failure";
  }
}

const char* driver_name(const kernel::Driver& driver) {
  switch (driver.kind) {
    case kernel::Driver::Kind::md: return "md";
    case kernel::Driver::Kind::mdx: return "mdx";
    default: return "none";
  }
}

}  // namespace

output::Json Envelope::document(const output::Reports& reports) const {
  output::Json out;
  out["mdctl"] = MDCTL_VERSION;
  out["driver"] = driver_name(driver);
  out["command"] = command;
  out["exit_status"] = status;
  if (error) {
    out["error"]["code"] = to_string(error->code());
    out["error"]["message"] = error->message();
    if (!error->hint().empty()) out["error"]["hint"] = error->hint();
  }
  out["messages"] = output::Json::array();
  for (const auto& message : messages)
    out["messages"].push_back(
        {{"severity", severity_name(message.severity)}, {"text", message.text}});
  if (plan) {
    out["plan"] = output::Json::array();
    for (const auto& step : *plan)
      out["plan"].push_back(
          {{"target", step.target}, {"action", step.action}, {"overwrites", step.overwrites}});
  }
  out["results"] = output::Json::array();
  for (const auto& report : reports) out["results"].push_back(report->json());
  return out;
}

}  // namespace mdctl::cli
