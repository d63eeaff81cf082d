// SPDX-License-Identifier: GPL-2.0-only
#include "config/naming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "config/words.hpp"

namespace mdctl::config {

namespace {

constexpr int first_automatic_minor = 127;
constexpr int minors = 1 << 20;
// Kernel names are 32 bytes with the terminating zero, and partitions need some of them.
constexpr std::size_t longest_kernel_name = 27;

std::optional<int> minor_from(std::string_view digits) {
  if (digits.empty() || digits.size() > 7 ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;  // "007" is a name
  auto value = parse_number<int>(digits);
  return value && *value < minors ? value : std::nullopt;
}

// "d3" names partitionable array 3 in the old way.
bool is_partitionable(std::string_view name) {
  return name.size() > 1 && name.front() == 'd' && minor_from(name.substr(1));
}

bool usable_link(std::string_view link) {
  return !link.empty() && link.find('/') == std::string_view::npos && link != "." && link != "..";
}

// What comes from a disk is not trusted to be a file name.
std::string as_file_name(std::string_view name) {
  std::string out;
  for (char c : name)
    out += c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '-' : c;
  if (out == "." || out == "..") out.insert(0, 1, '-');
  return out;
}

// Kernel name for the array called @link.
std::string kernel_name_for(const std::string& link, bool named_nodes, const NamesInUse& in_use) {
  std::string named = "md_" + link;
  bool fits =
      named.size() <= longest_kernel_name && link.find_first_of(" \t!") == std::string::npos;
  if (named_nodes && fits && !in_use.kernel(named)) return named;
  return free_kernel_name(in_use);
}

ArrayName below_md(const std::string& link, bool named_nodes, const NamesInUse& in_use) {
  if (minor_from(link)) return {"md" + link, link};
  if (is_partitionable(link)) return {"md_" + link, link};
  return {kernel_name_for(link, named_nodes, in_use), link};
}

std::string with_suffix(const std::string& name, const NamesInUse& in_use) {
  // A second array of one name must not look like the partition or minor of the first.
  std::string base = name + "_";
  int n = 0;
  while (in_use.link(base + std::to_string(n))) n++;
  return base + std::to_string(n);
}

struct Wanted {
  std::string name;         // empty: the metadata has none
  bool names_host = false;  // "host:name", the host not being ours
};

Wanted wanted_name(const ArrayIdentity& array, const HomeHost& home, Locality where) {
  if (array.metadata == "0.90")
    return {array.minor ? std::to_string(*array.minor) : std::string(), false};
  auto colon = array.name.find(':');
  if (colon == std::string::npos) return {array.name, false};
  std::string host = array.name.substr(0, colon);
  bool strip = where != Locality::foreign || host == home.name || host == "any";
  return strip ? Wanted{array.name.substr(colon + 1), false} : Wanted{array.name, true};
}

}  // namespace

std::string free_kernel_name(const NamesInUse& in_use) {
  for (int minor = first_automatic_minor; minor >= 0; minor--)
    if (std::string name = fmt::format("md{}", minor); !in_use.kernel(name)) return name;
  int minor = first_automatic_minor + 1;
  while (minor < minors - 1 && in_use.kernel(fmt::format("md{}", minor))) minor++;
  return fmt::format("md{}", minor);
}

std::vector<std::string> names_of(const ArrayName& name, const std::string& set_name) {
  std::vector<std::string> out{name.path(), "/dev/" + name.kernel, name.kernel};
  for (const std::string& other : {name.link, set_name})
    if (!other.empty()) out.push_back(other);
  return out;
}

Result<ArrayName> explicit_name(const std::string& given, bool named_nodes,
                                const NamesInUse& in_use) {
  static constexpr std::string_view links = "/dev/md/";
  static constexpr std::string_view nodes = "/dev/md";
  std::string_view name = given;
  if (name.substr(0, links.size()) == links) {
    name.remove_prefix(links.size());
  } else if (name.substr(0, nodes.size()) == nodes) {
    name.remove_prefix(nodes.size());
    if (minor_from(name)) return ArrayName{"md" + std::string(name), {}};
    if (name.size() > 1 && name.front() == '_' && usable_link(name.substr(1)) &&
        name.size() + 2 <= longest_kernel_name)
      return ArrayName{"md" + std::string(name), std::string(name.substr(1))};
    return fail(Code::usage, "{} is no name for an md array", given);
  } else if (name.find('/') != std::string_view::npos) {
    return fail(Code::usage, "{} is no name for an md array: it must be in /dev/md/", given);
  }
  if (!usable_link(name)) return fail(Code::usage, "'{}' is no name for an md array", given);
  return below_md(std::string(name), named_nodes, in_use);
}

ArrayName automatic_name(const ArrayIdentity& array, const HomeHost& home, Locality where,
                         bool named_nodes, const NamesInUse& in_use) {
  auto [wanted, names_host] = wanted_name(array, home, where);
  std::string name = as_file_name(wanted);
  if (name.empty()) {
    std::string kernel = free_kernel_name(in_use);
    return {kernel, {}};
  }
  if (where != Locality::foreign && !in_use.link(name)) {
    ArrayName out = below_md(name, named_nodes, in_use);
    if (!in_use.kernel(out.kernel)) return out;
  }
  if (!names_host || in_use.link(name)) name = with_suffix(name, in_use);
  return {kernel_name_for(name, named_nodes, in_use), name};
}

}  // namespace mdctl::config
