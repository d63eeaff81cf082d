// SPDX-License-Identifier: GPL-2.0-only
// Write-intent bitmaps: made with an array, shown, given to newcomers, updated.
#include "system/bitmap.hpp"

#include <doctest/doctest.h>
#include <linux/raid/md_p.h>

#include <cstring>

#include "machine.hpp"
#include "model/create_plan.hpp"
#include "system/superblock.hpp"

using namespace mdctl;
using namespace mdctl::test;

namespace {

constexpr std::uint64_t kGib = 1ULL << 21;  // sectors

std::vector<std::string> mirror(std::vector<std::string> more) {
  std::vector<std::string> out{"-C", "/dev/md0", "-R", "-l1", "-n2"};
  out.insert(out.end(), more.begin(), more.end());
  out.insert(out.end(), {"/dev/vda", "/dev/vdb"});
  return out;
}

system::BitmapContent bitmap_of(Machine& machine, const std::string& path) {
  auto device = machine.blocks.open(path, kernel::Access::read);
  REQUIRE(device);
  auto super = system::load_superblock(**device);
  REQUIRE(super);
  auto content = system::load_bitmap(**device, **super);
  REQUIRE(content);
  return *content;
}

bool has_bitmap(Machine& machine, const std::string& path) {
  return super_of(machine, path).feature_map & MD_FEATURE_BITMAP_OFFSET;
}

}  // namespace

TEST_CASE("bitmap: where it is, by version") {
  struct Row {
    const char* version;
    std::int32_t offset;
  };
  for (const Row& row : {Row{"0.90", 8}, Row{"1.0", -16}, Row{"1.1", 8}, Row{"1.2", 8}}) {
    CAPTURE(row.version);
    Machine machine;
    machine.add_disks();
    CHECK(machine
              .run(mirror({std::string("-e") + row.version, "--bitmap=internal",
                           "--uuid=01020304:05060708:090a0b0c:0d0e0f10"}))
              .status == 0);
    CHECK(
        machine.run({"-X", "/dev/vdb"}).out.find("UUID : 01020304:05060708:090a0b0c:0d0e0f10\n") !=
        std::string::npos);
    const mdx_super super = super_of(machine, "/dev/vdb");
    CHECK(has_bitmap(machine, "/dev/vdb"));
    CHECK(super.bitmap_offset == row.offset);
    const auto bitmap = bitmap_of(machine, "/dev/vdb");
    CHECK(bitmap.error == MDX_BITMAP_OK);
    std::uint8_t uuid[16];
    mdx_bitmap_uuid(&super, uuid);
    CHECK(!std::memcmp(bitmap.super.uuid, uuid, sizeof uuid));
    CHECK(bitmap.super.sync_size == super.size);
    CHECK(bitmap.super.chunk_bytes == 64u << 20);
    CHECK(bitmap.super.daemon_sleep == 5);
    CHECK(bitmap.chunks == 1);
    CHECK(bitmap.dirty == 1);
  }
}

TEST_CASE("bitmap: as asked for") {
  Machine machine;
  machine.add_disks();
  CHECK(machine
            .run(mirror({"-binternal", "--bitmap-chunk=64", "--delay=9", "--write-behind=100",
                         "--assume-clean"}))
            .status == 0);
  const auto bitmap = bitmap_of(machine, "/dev/vda");
  CHECK(bitmap.super.chunk_bytes == 65536);
  CHECK(bitmap.super.daemon_sleep == 9);
  CHECK(bitmap.super.write_behind == 100);
  CHECK(bitmap.chunks == 39936 / 64);
  CHECK(bitmap.dirty == bitmap.chunks);
}

TEST_CASE("bitmap: of RAID10 it is about the array") {
  Machine machine;
  machine.add_disks();
  CHECK(machine
            .run({"-C", "/dev/md0", "-R", "-l10", "-n3", "-c64", "-binternal", "/dev/vda",
                  "/dev/vdb", "/dev/vdc"})
            .status == 0);
  const mdx_super super = super_of(machine, "/dev/vda");
  CHECK(bitmap_of(machine, "/dev/vda").super.sync_size == super.size / 128 * 3 / 2 * 128);
}

TEST_CASE("bitmap: unasked for on what takes hours to resync") {
  CHECK_FALSE(model::wants_bitmap(1, 100 * kGib));
  CHECK(model::wants_bitmap(1, 100 * kGib + 2));
  CHECK(model::wants_bitmap(10, 200 * kGib));
  CHECK_FALSE(model::wants_bitmap(0, 200 * kGib));
  struct Row {
    std::uint64_t gib;
    std::vector<std::string> words;
    bool bitmap;
  };
  const Row rows[] = {{100, {}, false},
                      {101, {}, true},
                      {101, {"--bitmap=none"}, false},
                      {101, {"--consistency-policy=resync"}, false},
                      {101, {"--size=99G"}, false}};
  for (const Row& row : rows) {
    Machine machine;
    machine.add_disks(2, row.gib * kGib);
    CHECK(machine.run(mirror(row.words)).status == 0);
    CHECK(has_bitmap(machine, "/dev/vda") == row.bitmap);
  }
}

TEST_CASE("bitmap: chunks grow until the bits fit") {
  Machine machine;
  machine.add_disks(2, 20ULL * 1024 * kGib);
  CHECK(machine.run(mirror({"--assume-clean"})).status == 0);
  const auto bitmap = bitmap_of(machine, "/dev/vda");
  CHECK(bitmap.error == MDX_BITMAP_OK);
  CHECK(bitmap.super.chunk_bytes == 64u << 20);
  CHECK(super_of(machine, "/dev/vda").bblog_offset == 96);  // right behind it
  const auto refused = [&] {
    Machine small;
    small.add_disks(2, 1024 * kGib);
    return small.run(mirror({"-binternal", "--bitmap-chunk=64"}));
  }();
  CHECK(refused.status == 1);
  CHECK(refused.said_text("Given bitmap chunk size not supported."));
}

TEST_CASE("bitmap: words that do not go together") {
  struct Row {
    std::vector<std::string> words;
    int status;
    const char* text;
  };
  const Row rows[] = {
      {mirror({"--bitmap=foo"}), 2, "must contain a '/'"},
      {mirror({"--bitmap=/tmp/file"}), 1, "bitmaps in files"},
      {mirror({"--bitmap=internal", "--bitmap=none"}), 2, "bitmap cannot be set twice"},
      {mirror({"--bitmap=clustered"}), 1, "clustered"},
      {mirror({"--bitmap-chunk=3", "--bitmap=internal"}), 2, "invalid bitmap chunksize: 3"},
      {mirror({"--bitmap-chunk=4T", "--bitmap=internal"}), 2, "invalid bitmap chunksize: 4T"},
      {mirror({"--write-behind=10"}), 1, "write-behind mode requires a bitmap."},
      {mirror({"--consistency-policy=odd"}), 2, "Invalid consistency policy: odd"},
      {mirror({"--consistency-policy=bitmap"}), 2, "--bitmap is required"},
      {mirror({"--consistency-policy=resync", "-binternal"}), 2, "is not compatible"},
      {mirror({"--consistency-policy=ppl"}), 1, "not supported by this release"},
      {{"-C", "/dev/md0", "-R", "-l0", "-n2", "-binternal", "/dev/vda", "/dev/vdb"},
       1,
       "bitmaps not meaningful with level raid0"},
      {{"-B", "/dev/md0", "-l1", "-n2", "-binternal", "/dev/vda", "/dev/vdb"},
       1,
       "not supported with --build"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Machine machine;
    machine.add_disks();
    const auto refused = machine.run(row.words);
    CHECK(refused.status == row.status);
    CHECK(refused.said_text(row.text));
    CHECK(machine.blocks.total_writes() == 0);
  }
}

TEST_CASE("bitmap: examined as mdadm shows it") {
  Machine machine;
  machine.add_disks();
  CHECK(machine
            .run(mirror(
                {"-binternal", "--bitmap-chunk=64", "--uuid=01020304:05060708:090a0b0c:0d0e0f10"}))
            .status == 0);
  const auto shown = machine.run({"-X", "/dev/vda"});
  CHECK(shown.status == 0);
  CHECK(shown.out ==
        "        Filename : /dev/vda\n"
        "           Magic : 6d746962\n"
        "         Version : 4\n"
        "            UUID : 01020304:05060708:090a0b0c:0d0e0f10\n"
        "          Events : 0\n"
        "  Events Cleared : 0\n"
        "           State : OK\n"
        "       Chunksize : 64 KB\n"
        "          Daemon : 5s flush period\n"
        "      Write Mode : Normal\n"
        "       Sync Size : 39936 (39.00 MiB 40.89 MB)\n"
        "          Bitmap : 624 bits (chunks), 624 dirty (100.0%)\n");
  CHECK(shown.json[0]["chunk_bytes"] == 65536);
  CHECK(shown.json[0]["dirty_chunks"] == 624);
  CHECK(machine.run({"-E", "/dev/vda"}).out.find("Internal Bitmap : 8 sectors from superblock\n") !=
        std::string::npos);
  const auto detail = machine.run({"-D", "/dev/md0"});
  CHECK(detail.out.find("     Intent Bitmap : Internal\n") != std::string::npos);
  CHECK(detail.out.find("Consistency Policy : bitmap\n") != std::string::npos);
}

TEST_CASE("bitmap: what has none, or garbage where it should be") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(mirror({})).status == 0);
  CHECK(machine.run({"-X", "/dev/vda"}).status == 1);
  CHECK(machine.run({"-X", "/dev/vdc"}).status == 1);
  CHECK(machine.run({"-X", "/dev/nope"}).status == 1);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine.run(mirror({"-binternal"})).status == 0);
  machine.blocks.disk("/dev/vda").pages.erase(2);  // sector 16
  const auto garbage = machine.run({"-X", "/dev/vda", "/dev/vdb"});
  CHECK(garbage.status == 1);
  CHECK(garbage.said_text("no bitmap found"));
  CHECK(garbage.out.find("Filename : /dev/vdb") != std::string::npos);
}

TEST_CASE("bitmap: what 0.90 has left of one that was removed is shown") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(mirror({"-binternal", "-e0.90", "--assume-clean"})).status == 0);
  CHECK(machine.run({"-G", "/dev/md0", "-bnone"}).status == 0);
  const auto left = machine.run({"-X", "/dev/vda"});
  CHECK(left.status == 0);
  CHECK(left.out.find("Filename : /dev/vda") != std::string::npos);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  machine.blocks.disk("/dev/vda").pages.clear();
  CHECK(machine.run(mirror({"-bnone", "-e0.90"})).status == 0);
  const auto none = machine.run({"-X", "/dev/vda"});
  CHECK(none.status == 1);
  CHECK(none.said_text("doesn't have bitmap"));
}

TEST_CASE("bitmap: a newcomer gets one too, with all to learn") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(mirror({"-binternal", "--bitmap-chunk=64", "--assume-clean"})).status == 0);
  CHECK(machine.run({"/dev/md0", "--add", "/dev/vdc"}).status == 0);
  CHECK(has_bitmap(machine, "/dev/vdc"));
  const auto bitmap = bitmap_of(machine, "/dev/vdc");
  CHECK(bitmap.error == MDX_BITMAP_OK);
  CHECK(bitmap.super.chunk_bytes == 65536);
  CHECK(bitmap.dirty == bitmap.chunks);
}

TEST_CASE("bitmap: updates while assembling") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(mirror({"-binternal"})).status == 0);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine
            .run({"-A", "/dev/md0", "--update=uuid", "--uuid=0a0a0a0a:0b0b0b0b:0c0c0c0c:0d0d0d0d",
                  "/dev/vda", "/dev/vdb"})
            .status == 0);
  CHECK(bitmap_of(machine, "/dev/vda").super.uuid[0] == 0x0a);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine.run({"-A", "/dev/md0", "--update=no-bbl", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK(super_of(machine, "/dev/vda").bblog_size == 0);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine.run({"-A", "/dev/md0", "--update=bbl", "/dev/vda", "/dev/vdb"}).status == 0);
  const mdx_super super = super_of(machine, "/dev/vda");
  CHECK(super.bblog_size == 8);
  CHECK(super.bblog_offset >= 8 + 8);
  CHECK(bitmap_of(machine, "/dev/vda").error == MDX_BITMAP_OK);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  CHECK(machine.run({"-A", "/dev/md0", "--update=no-bitmap", "/dev/vda", "/dev/vdb"}).status == 0);
  CHECK_FALSE(has_bitmap(machine, "/dev/vda"));
}

TEST_CASE("bitmap: a superblock is written around one that begins behind it") {
  Machine machine;
  machine.add_disks();
  CHECK(machine.run(mirror({"-binternal"})).status == 0);
  CHECK(machine.run({"-S", "/dev/md0"}).status == 0);
  mdx_super super = super_of(machine, "/dev/vda");
  super.bitmap_offset = 2;
  auto device = machine.blocks.open("/dev/vda", kernel::Access::write);
  REQUIRE(device);
  mdx_bitmap_super bitmap = bitmap_of(machine, "/dev/vda").super;
  REQUIRE(system::store_bitmap(**device, super, bitmap));
  REQUIRE(system::store_superblock(**device, super));
  CHECK(bitmap_of(machine, "/dev/vda").error == MDX_BITMAP_OK);
}
