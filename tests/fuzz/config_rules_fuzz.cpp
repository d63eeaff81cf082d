// SPDX-License-Identifier: GPL-2.0-only
// Any bytes as a configuration file: what was understood can be judged, and its names are safe.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/naming.hpp"
#include "config/parser.hpp"
#include "config/rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mdctl;
  model::Config config;
  config::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz", config);

  config::ArrayIdentity array;
  array.name = "box:home";
  array.metadata = "1.2";
  array.level = 1;
  array.raid_disks = 2;
  auto home = config::HomeHost::from(config, "", "box");
  config::NamesInUse none{[](const std::string&) { return false; },
                          [](const std::string&) { return false; }};
  config::find_array(config, array, home, {"/dev/sda1"});
  config::device_allowed(config, {"/dev/sda1"});
  config::auto_allowed(config.auto_rules, array.metadata, true);
  config::policy_for(config, {{"pci-0000:00:1f.2-ata-1-part1"}, 1, array.metadata});
  for (const auto& line : config.arrays) {
    auto name = config::explicit_name(line.device, config.names, none);
    // What is accepted must be safe as a file name below /dev and /dev/md.
    if (name && (name->kernel.find('/') != std::string::npos ||
                 name->link.find('/') != std::string::npos || name->kernel.empty()))
      __builtin_trap();
    array.name = line.name;
    auto chosen = config::automatic_name(array, home, config::locality(array, home, false),
                                         config.names, none);
    if (chosen.kernel.empty() || chosen.link.find('/') != std::string::npos) __builtin_trap();
  }
  return 0;
}
