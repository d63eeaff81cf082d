// SPDX-License-Identifier: GPL-2.0-only
// Superblocks that a Debian kernel's md and mdadm wrote: we read what mdadm
// reads in them, and write them back byte for byte. tests/data/superblocks/bad
// holds what must be refused, and for which reason.
#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "assemble_plan.h"
#include "super_samples.hpp"

using namespace mdx_test;
namespace fs = std::filesystem;

namespace {

struct Golden {
  std::string name;
  mdx_sb_version version = MDX_SB_VERSIONS;
  std::uint64_t dev_sectors = 0;
  nlohmann::json json;
  Image image{};

  // mdadm's word for something, up to the first blank; "" where it says nothing.
  std::string word(const char* key) const {
    const auto& examine = json.at("examine");
    if (!examine.contains(key)) return {};
    const auto text = examine.at(key).get<std::string>();
    return text.substr(0, text.find(' '));
  }
  std::string text(const char* key) const { return json.at("examine").value(key, ""); }
};

std::vector<Golden> load(const char* folder) {
  std::vector<Golden> all;
  for (const auto& entry :
       fs::directory_iterator(fs::path(MDX_TEST_DATA) / "superblocks" / folder)) {
    if (entry.path().extension() != ".json") continue;
    Golden golden;
    golden.name = entry.path().stem();
    std::ifstream(entry.path()) >> golden.json;
    const auto version = golden.json.at("version").get<std::string>();
    for (auto candidate : all_versions)
      if (version == mdx_sb_version_text(candidate)) golden.version = candidate;
    golden.dev_sectors = golden.json.at("dev_sectors");
    std::ifstream image(fs::path(entry.path()).replace_extension(".sb"), std::ios::binary);
    image.read(reinterpret_cast<char*>(golden.image.data()), golden.image.size());
    REQUIRE(image.gcount() == static_cast<std::streamsize>(golden.image.size()));
    REQUIRE(golden.version != MDX_SB_VERSIONS);
    all.push_back(std::move(golden));
  }
  return all;
}

std::string hex(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string uuid_text(const std::uint8_t* bytes) {
  std::string text;
  for (int i = 0; i < 16; i++) {
    char two[4];
    std::snprintf(two, sizeof(two), "%02x", bytes[i]);
    text += two;
    if (i % 4 == 3 && i != 15) text += ':';
  }
  return text;
}

std::string level_text(std::int32_t level) {
  switch (level) {
    case MDX_LEVEL_LINEAR: return "linear";
    case MDX_LEVEL_MULTIPATH: return "multipath";
    case MDX_LEVEL_FAULTY: return "faulty";
    default: return "raid" + std::to_string(level);
  }
}

// Rounded to KiB as mdadm prints chunks: "64K".
std::string chunk_text(std::uint32_t sectors) { return std::to_string(sectors / 2) + "K"; }

void check_shape(const Golden& golden, const mdx_super& sb) {
  CHECK(golden.word("Raid Level") == level_text(sb.level));
  CHECK(golden.word("Raid Devices") == std::to_string(sb.raid_disks));
  CHECK(golden.word("Events") == std::to_string(sb.events));
  if (sb.level == 0 || sb.level >= 4)
    CHECK(golden.word("Chunk Size") == chunk_text(sb.chunk_sectors));
  const std::map<std::pair<int, std::uint32_t>, std::string> layouts = {{{5, 2}, "left-symmetric"},
                                                                        {{6, 2}, "left-symmetric"},
                                                                        {{10, 0x102}, "near=2"},
                                                                        {{10, 0x201}, "far=2"},
                                                                        {{0, 1}, "original"}};
  const auto layout = layouts.find({sb.level, sb.layout});
  if (layout != layouts.end()) CHECK(golden.word("Layout") == layout->second);
  // "9216 (9.00 MiB 9.44 MB)": in KiB.
  const bool reshaping = sb.feature_map & MD_FEATURE_RESHAPE_ACTIVE;
  CHECK(golden.word("Reshape pos'n") == (reshaping ? std::to_string(sb.reshape_position / 2) : ""));
  CHECK(golden.word("Delta Devices") == (reshaping ? std::to_string(sb.delta_disks) : ""));
}

std::string role_text(std::uint32_t role) {
  if (role == MDX_ROLE_SPARE) return "spare";
  if (role == MDX_ROLE_JOURNAL) return "Journal";
  return "Active device " + std::to_string(role);
}

void check_1x(const Golden& golden, const mdx_super& sb) {
  CHECK(golden.text("Version") == mdx_sb_version_text(golden.version));
  CHECK(golden.word("Array UUID") == uuid_text(sb.set_uuid));
  CHECK(golden.word("Device UUID") == uuid_text(sb.device_uuid));
  CHECK(golden.word("Name") == sb.set_name);
  CHECK(golden.word("Feature Map") == "0x" + hex(sb.feature_map));
  CHECK(golden.word("Super Offset") == std::to_string(sb.super_offset));
  CHECK(golden.word("Avail Dev Size") == std::to_string(sb.data_size));
  if (golden.version != MDX_SB_1_0)
    CHECK(golden.word("Data Offset") == std::to_string(sb.data_offset));
  CHECK(golden.text("Device Role") == role_text(sb.role));
  CHECK(golden.word("State") == (sb.resync_offset == MDX_SECTOR_NONE ? "clean" : "active"));
  const bool recovering = sb.feature_map & MD_FEATURE_RECOVERY_OFFSET;
  CHECK(golden.word("Recovery Offset") == (recovering ? std::to_string(sb.recovery_offset) : ""));
  const bool bitmap = sb.feature_map & MD_FEATURE_BITMAP_OFFSET;
  CHECK(golden.word("Internal Bitmap") == (bitmap ? std::to_string(sb.bitmap_offset) : ""));
  if (sb.bblog_size)
    CHECK(golden.text("Bad Block Log").find("offset " + std::to_string(sb.bblog_offset)) !=
          std::string::npos);
  else
    CHECK(golden.text("Bad Block Log") == "");
  const bool write_mostly = sb.devflags & WriteMostly1;
  CHECK((golden.text("Flags").find("write-mostly") != std::string::npos) == write_mostly);
}

void check_0(const Golden& golden, const mdx_super& sb) {
  CHECK(golden.word("UUID") == uuid_text(sb.set_uuid));
  CHECK(golden.word("Preferred Minor") == std::to_string(sb.md_minor));
  // "40896 (39.94 MiB 41.88 MB)": in KiB.
  CHECK(golden.word("Used Dev Size") == (sb.size ? std::to_string(sb.size / 2) : ""));
  CHECK(golden.word("Internal Bitmap") ==
        (sb.feature_map & MD_FEATURE_BITMAP_OFFSET ? "present" : ""));
  const bool clean = sb.resync_offset == MDX_SECTOR_NONE;
  CHECK(golden.word("State") == (clean ? "clean" : "active"));
}

// mdadm's own first superblock tells a checkpoint of nothing, and of a RAID0 a
// layout without its feature bit; md reads neither.
Image as_md_reads(const Golden& golden, const mdx_super& sb) {
  Image image = golden.image;
  if (golden.version == MDX_SB_0_90 && sb.resync_offset == MDX_SECTOR_NONE) {
    put_le(image, 164, sb.events, 8);
    put_le(image, 172, 0xffffffff, 4);
  }
  if (golden.version != MDX_SB_0_90 && sb.level == 0 && !(sb.feature_map & MD_FEATURE_RAID0_LAYOUT))
    put_le(image, 76, 0, 4);
  fix_checksum(golden.version, image);
  return image;
}

}  // namespace

TEST_CASE("what mdadm says of real superblocks is what we decode") {
  const auto all = load("good");
  CHECK(all.size() >= 100);
  for (const auto& golden : all) {
    CAPTURE(golden.name);
    const auto back = decode(golden.version, golden.image, golden.dev_sectors);
    REQUIRE_MESSAGE(back.error == MDX_SB_OK, mdx_sb_error_text(back.error));
    CHECK(broken_promise(*back.super, golden.dev_sectors) == "");
    check_shape(golden, *back.super);
    if (golden.version == MDX_SB_0_90)
      check_0(golden, *back.super);
    else
      check_1x(golden, *back.super);
  }
}

TEST_CASE("real superblocks are written back byte for byte") {
  for (const auto& golden : load("good")) {
    CAPTURE(golden.name);
    const auto back = decode(golden.version, golden.image, golden.dev_sectors);
    REQUIRE(back.error == MDX_SB_OK);
    CHECK(encode(*back.super) == as_md_reads(golden, *back.super));
  }
}

TEST_CASE("a superblock is found at its own place only") {
  for (const auto& golden : load("good")) {
    for (auto version : all_versions) {
      CAPTURE(golden.name);
      CAPTURE(version);
      const auto error = decode(version, golden.image, golden.dev_sectors).error;
      CHECK((error == MDX_SB_OK) == (version == golden.version));
    }
  }
}

TEST_CASE("real arrays come together as md puts them together") {
  std::map<std::string, std::vector<SuperPtr>> arrays;
  for (const auto& golden : load("good")) {
    auto back = decode(golden.version, golden.image, golden.dev_sectors);
    REQUIRE(back.error == MDX_SB_OK);
    arrays[golden.name.substr(0, golden.name.rfind('-'))].push_back(std::move(back.super));
  }
  for (const auto& [name, members] : arrays) {
    CAPTURE(name);
    std::vector<const mdx_super*> pointers;
    for (const auto& sb : members) pointers.push_back(sb.get());
    std::vector<mdx_member_verdict> verdicts(pointers.size());
    std::vector<__s32> slots(pointers.size());
    mdx_assembly sum;
    mdx_assemble_plan(pointers.data(), static_cast<__u32>(pointers.size()), verdicts.data(),
                      slots.data(), &sum);
    const bool resyncing = name.find("resync") != std::string::npos;
    CHECK(sum.dirty == resyncing);
    for (std::size_t i = 0; i < members.size(); i++) {
      auto expected = MDX_MEMBER_ACTIVE;
      const auto& sb = *members[i];
      if (sb.role == MDX_ROLE_SPARE) expected = MDX_MEMBER_SPARE;
      if (sb.role == MDX_ROLE_JOURNAL) expected = MDX_MEMBER_JOURNAL;
      if (sb.feature_map & MD_FEATURE_RECOVERY_OFFSET) expected = MDX_MEMBER_RECOVERING;
      if (name.find("failed") != std::string::npos && sb.role == 1) expected = MDX_MEMBER_FAULTY;
      CHECK(verdicts[i] == expected);
    }
  }
}

TEST_CASE("bad superblocks are refused for the right reason") {
  const auto all = load("bad");
  CHECK(all.size() >= 10);
  for (const auto& golden : all) {
    CAPTURE(golden.name);
    const auto back = decode(golden.version, golden.image, golden.dev_sectors);
    CHECK(golden.json.at("reason").get<std::string>() == mdx_sb_error_text(back.error));
    CHECK(back.error != MDX_SB_OK);
  }
}
