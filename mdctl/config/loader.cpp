// SPDX-License-Identifier: GPL-2.0-only
#include "config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "config/parser.hpp"

namespace mdctl::config {

namespace fs = std::filesystem;

namespace {

// A config file is a page or two; a device or a log given by mistake is not read to its end.
constexpr std::uintmax_t largest_file = 4 << 20;

Result<> read_file(const fs::path& path, model::Config& config) {
  std::error_code ec;
  if (fs::is_regular_file(path, ec) && fs::file_size(path, ec) > largest_file)
    return fail(Code::usage, "{} is too large for a configuration file", path.string());
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail_errno(errno ? errno : ENOENT, "cannot open " + path.string());
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return fail(Code::io, "cannot read {}", path.string());
  parse_config(text, path.string(), config);
  return {};
}

std::vector<fs::path> conf_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory, ec))
    if (entry.path().extension() == ".conf" && entry.path().filename().string().front() != '.')
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Result<> read_directory(const fs::path& directory, model::Config& config) {
  for (const fs::path& file : conf_files(directory)) MDCTL_CHECK(read_file(file, config));
  return {};
}

bool is_there(const fs::path& path) {
  std::error_code ec;
  return fs::exists(path, ec);
}

// @file and @file.d/*.conf; false if there is neither.
Result<bool> read_pair(const fs::path& file, model::Config& config) {
  fs::path directory = file.string() + ".d";
  bool have_file = is_there(file);
  bool have_directory = !conf_files(directory).empty();
  if (have_file) MDCTL_CHECK(read_file(file, config));
  if (have_directory) MDCTL_CHECK(read_directory(directory, config));
  return have_file || have_directory;
}

Result<> read_system(const std::string& root, model::Config& config) {
  for (const char* file : {"/etc/mdctl.conf", "/etc/mdadm/mdadm.conf", "/etc/mdadm.conf"}) {
    MDCTL_TRY(bool found, read_pair(root + file, config));
    if (found) break;
  }
  return {};
}

}  // namespace

Result<model::Config> load_config(const std::string& option, const std::string& root) {
  model::Config config;
  if (const char* rules = std::getenv("MDADM_CONF_AUTO"))
    parse_auto(rules, "MDADM_CONF_AUTO", 1, config);
  // The variable is put before the file's rules, which are then still wanted.
  auto before = std::move(config.auto_rules);
  config.auto_rules.clear();

  if (option == "partitions") {
    config.device_patterns = {"partitions", "containers"};
  } else if (option.empty()) {
    MDCTL_CHECK(read_system(root, config));
  } else if (option != "none") {
    std::error_code ec;
    if (fs::is_directory(option, ec))
      MDCTL_CHECK(read_directory(option, config));
    else
      MDCTL_CHECK(read_file(option, config));
  }
  config.auto_rules.insert(config.auto_rules.begin(), before.begin(), before.end());
  return config;
}

}  // namespace mdctl::config
