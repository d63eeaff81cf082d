// SPDX-License-Identifier: GPL-2.0-only
#include "cli/arrays.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "model/mdstat.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {

Result<std::string> array_at(Context& context, const std::string& path) {
  auto number = context.blocks.number(path);
  if (!number && number.error().code() != Code::usage) return fail(std::move(number).error());
  std::optional<std::string> array;
  if (number) array = context.kernel.array_of(*number);
  if (!array) return fail(Code::refused, "{} does not appear to be an md device", path);
  return *array;
}

// By the superblocks of its members; nullopt: none can be read.
static std::optional<bool> carries(Context& context, const std::string& array, const Uuid& uuid) {
  auto members = context.kernel.members(array);
  if (!members) return std::nullopt;
  std::optional<bool> out;
  for (const auto& member : *members) {
    auto device = context.blocks.open(context.blocks.path_of(member.number), kernel::Access::read);
    if (!device) continue;
    auto super = system::load_superblock(**device);
    if (!super) continue;
    if (std::equal(uuid.begin(), uuid.end(), (*super)->set_uuid)) return true;
    out = false;
  }
  return out;
}

Result<std::string> array_with(Context& context, const Uuid& uuid) {
  if (auto entry = context.map.find_uuid(uuid))
    if (context.kernel.array_number(entry->array) &&
        carries(context, entry->array, uuid).value_or(true))
      return entry->array;
  MDCTL_TRY(auto arrays, context.kernel.arrays());
  for (const auto& array : arrays)
    if (carries(context, array, uuid).value_or(false)) return array;
  return std::string{};
}

static bool leads_to(Context& context, const std::string& path, const std::string& array) {
  auto number = context.blocks.number(path);
  auto real = context.kernel.array_number(array);
  return number && real && *number == *real;
}

std::string path_of_array(Context& context, const std::string& array) {
  if (auto entry = context.map.find_array(array);
      entry && !entry->path.empty() && leads_to(context, entry->path, array))
    return entry->path;
  auto links = context.kernel.node_links(array);
  return links.empty() ? "/dev/" + array : "/dev/md/" + links.front();
}

std::string recorded_path(Context& context, const std::string& array) {
  auto entry = context.map.find_array(array);
  if (entry && !entry->path.empty()) return entry->path;
  return path_of_array(context, array);
}

Result<std::vector<std::string>> scanned_arrays(Context& context) {
  auto text = context.kernel.mdstat();
  std::vector<std::string> out;
  // No file, no driver: then there are no arrays either.
  if (!text && text.error().errno_value() == ENOENT) return out;
  if (!text) return fail(std::move(text).error());
  for (const auto& array : model::parse_mdstat(*text).arrays) out.push_back(array.name);
  return out;
}

config::NamesInUse names_in_use(Context& context) {
  return {[&](const std::string& kernel) {
            return context.kernel.array_number(kernel).has_value() &&
                   context.kernel.read(kernel, "array_state").value_or("clear") != "clear";
          },
          [&](const std::string& link) {
            return context.blocks.number("/dev/md/" + link).has_value();
          }};
}

Result<config::ArrayName> given_name(Context& context, const std::string& given) {
  auto name = config::explicit_name(given, context.config.names, names_in_use(context));
  if (name) return name;
  return fail(Error(Code::refused, name.error().message()).hint(name.error().hint()));
}

// Kernel name of the array that is called @name; empty: none is.
static std::string owner_of(Context& context, const config::ArrayName& name) {
  const auto live = names_in_use(context).kernel;
  if (live(name.kernel)) return name.kernel;
  const std::string path = name.path();
  if (auto number = context.blocks.number(path))
    if (auto array = context.kernel.array_of(*number); array && live(*array)) return *array;
  for (const auto& entry : context.map.entries())
    if (entry.path == path && live(entry.array)) return entry.array;
  return {};
}

Result<> name_is_free(Context& context, const config::ArrayName& name) {
  const std::string owner = owner_of(context, name);
  if (owner.empty()) return {};
  const std::string text =
      owner == name.kernel
          ? fmt::format("{} is already in use.", name.path())
          : fmt::format("array name {} is in use already ({})", name.path(), owner);
  return fail(Error(Code::busy, text).hint("stop it first, or choose another name"));
}

config::HomeHost home_host(Context& context, const Options& options) {
  return config::HomeHost::from(context.config, options.homehost, context.hostname);
}

std::string local_remark(const config::ArrayIdentity& array, const config::HomeHost& home) {
  if (home.name.empty() || !config::records_home(array, home.name)) return {};
  return fmt::format("(local to host {})", home.name);
}

Result<NewArrayNode> open_new_array(Context& context, const config::ArrayName& name) {
  MDCTL_CHECK(context.kernel.create_array(name.kernel));
  auto device = context.kernel.open_array(name.kernel, true);
  if (!device && device.error().code() == Code::busy)
    return fail(Code::busy, "{} is already in use.", name.path());
  if (!device) return fail(std::move(device).error());
  // Members without a level yet: half-assembled, and somebody's.
  auto state = context.kernel.read(name.kernel, "array_state");
  if ((*device)->info() || (state && *state != "clear"))
    return fail(Error(Code::busy, fmt::format("{} is already in use.", name.path()))
                    .hint("stop it first, or choose another name"));
  return NewArrayNode{name, std::move(*device)};
}

void apply_attributes(Context& context, const config::ArrayName& name, const Uuid& uuid,
                      const std::string& set_name) {
  const auto attributes =
      config::attributes_for(context.config, uuid, config::names_of(name, set_name));
  for (const auto& [attribute, value] : attributes)
    if (auto done = context.kernel.write(name.kernel, attribute, value); !done)
      context.console.warn("SYSFS {}={}: {}", attribute, value, done.error().text());
}

Result<> publish_array(Context& context, const config::ArrayName& name, const std::string& metadata,
                       const Uuid& uuid, const std::string& set_name) {
  MDCTL_CHECK(context.map.put({name.kernel, metadata, uuid, name.path()}));
  apply_attributes(context, name, uuid, set_name);
  // The array runs; a missing uevent only delays udev.
  if (auto told = context.kernel.announce(name.kernel); !told) context.console.fail(told.error());
  return context.kernel.ensure_node(name.path(), name.kernel, kNodeTimeout);
}

std::vector<std::string> names_of(Context& context, const std::string& path) {
  std::vector<std::string> out{path};
  auto number = context.blocks.number(path);
  if (!number) return out;  // whoever opens it will say why
  if (auto node = context.blocks.path_of(*number); node != path) out.push_back(std::move(node));
  for (auto& link : context.blocks.links_of(*number)) out.push_back(std::move(link));
  return out;
}

std::string member_path(Context& context, kernel::DeviceNumber number) {
  return context.blocks.path_of(number);
}

}  // namespace mdctl::cli
