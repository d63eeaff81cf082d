// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <utility>

#include "output/report.hpp"
#include "super_format.h"

namespace mdctl::output {

// One member's superblock.
class ExamineReport final : public Report {
 public:
  struct Facts {
    std::string path;
    std::string local_remark;  // "(local to host vm)"
    std::uint64_t dev_sectors = 0;
    std::uint64_t bitmap_sectors = 0;      // of the internal bitmap, 0: none
    std::uint32_t checksum = 0;            // as stored
    std::vector<std::string> table_paths;  // 0.90: device of each row of its table
    // 0.90: what the superblock itself says, which need not agree with its table.
    struct Counters {
      std::uint32_t active = 0, working = 0, failed = 0, spare = 0;
    } counters;
  };

  ExamineReport(const mdx_super& super, Facts facts) : super_(super), facts_(std::move(facts)) {}

  std::string text() const override;
  std::string brief() const override;
  std::string export_keys() const override;
  Json json() const override;

 private:
  std::string text_1() const;
  std::string text_0_90() const;
  std::string sizes_1() const;
  std::string ppl_line() const;
  std::string reshape_lines() const;
  std::string tail_1() const;
  std::string table_0_90() const;

  mdx_super super_;
  Facts facts_;
};

// Members of one array seen together: what --examine --brief prints a line for.
class ExamineArrayReport final : public Report {
 public:
  ExamineArrayReport(const mdx_super& super, bool verbose) : super_(super), verbose_(verbose) {}

  void add(const std::string& path, bool spare);
  const mdx_super& super() const { return super_; }

  std::string text() const override { return brief(); }
  std::string brief() const override;
  Json json() const override;

 private:
  mdx_super super_;
  bool verbose_;
  unsigned spares_ = 0;
  std::vector<std::string> paths_;
};

// Array size in sectors as far as one superblock tells; 0 if it does not.
std::uint64_t array_sectors(const mdx_super& super);

}  // namespace mdctl::output
