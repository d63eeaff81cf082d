// SPDX-License-Identifier: GPL-2.0-only
// Small text files below a directory descriptor: sysfs, procfs, or a captured copy of them.
#pragma once

#include <string>
#include <vector>

#include "util/error.hpp"
#include "util/fd.hpp"

namespace mdctl::kernel {

class Directory {
 public:
  // Root of a tree, "/sys".
  static Result<Directory> open(const std::string& path);

  // Content of @path below it, one trailing newline removed.
  Result<std::string> read(const std::string& path) const;
  // One write(2), as sysfs wants it.
  Result<> write(const std::string& path, const std::string& value) const;
  Result<std::string> link(const std::string& path) const;
  // Names in @path, sorted, without dot files.
  Result<std::vector<std::string>> list(const std::string& path) const;
  bool exists(const std::string& path) const;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  Fd fd_;
  std::string path_;
};

}  // namespace mdctl::kernel
