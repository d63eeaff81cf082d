// SPDX-License-Identifier: GPL-2.0-only
// Damages a superblock image the same way for the same seed.
//
//   mutate [--version V] IN OUT SEED              by chance
//   mutate [--version V] IN OUT set OFFSET BYTES VALUE...  exactly that
//
// By chance: one to four fields get extreme or random values; three images of
// four get a checksum that matches, so that the damage has to be found, the
// fourth keeps the old one. What was done goes to standard output. The version
// (0.90 or 1.x) is told by the image where it is not given.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "super_samples.hpp"

using namespace mdx_test;

namespace {

struct Field {
  const char* name;
  std::size_t offset;
  std::size_t bytes;
};

// Offsets as in docs/formats.md.
const std::vector<Field> fields_1 = {{"magic", 0, 4},
                                     {"major_version", 4, 4},
                                     {"feature_map", 8, 4},
                                     {"pad0", 12, 4},
                                     {"set_uuid", 16, 8},
                                     {"set_name", 32, 8},
                                     {"ctime", 64, 8},
                                     {"level", 72, 4},
                                     {"layout", 76, 4},
                                     {"size", 80, 8},
                                     {"chunksize", 88, 4},
                                     {"raid_disks", 92, 4},
                                     {"bitmap_offset", 96, 4},
                                     {"new_level", 100, 4},
                                     {"reshape_position", 104, 8},
                                     {"delta_disks", 112, 4},
                                     {"new_layout", 116, 4},
                                     {"new_chunk", 120, 4},
                                     {"new_offset", 124, 4},
                                     {"data_offset", 128, 8},
                                     {"data_size", 136, 8},
                                     {"super_offset", 144, 8},
                                     {"recovery_offset", 152, 8},
                                     {"dev_number", 160, 4},
                                     {"cnt_corrected", 164, 4},
                                     {"device_uuid", 168, 8},
                                     {"devflags", 184, 1},
                                     {"bblog_shift", 185, 1},
                                     {"bblog_size", 186, 2},
                                     {"bblog_offset", 188, 4},
                                     {"utime", 192, 8},
                                     {"events", 200, 8},
                                     {"resync_offset", 208, 8},
                                     {"max_dev", 220, 4},
                                     {"logical_block_size", 224, 4},
                                     {"pad3", 228, 4},
                                     {"role 0", 256, 2},
                                     {"role 1", 258, 2},
                                     {"role 2", 260, 2}};

const std::vector<Field> fields_0 = {{"magic", 0, 4},
                                     {"major_version", 4, 4},
                                     {"minor_version", 8, 4},
                                     {"patch_version", 12, 4},
                                     {"gvalid_words", 16, 4},
                                     {"set_uuid0", 20, 4},
                                     {"ctime", 24, 4},
                                     {"level", 28, 4},
                                     {"size", 32, 4},
                                     {"nr_disks", 36, 4},
                                     {"raid_disks", 40, 4},
                                     {"md_minor", 44, 4},
                                     {"not_persistent", 48, 4},
                                     {"set_uuid3", 60, 4},
                                     {"utime", 128, 4},
                                     {"state", 132, 4},
                                     {"active_disks", 136, 4},
                                     {"working_disks", 140, 4},
                                     {"failed_disks", 144, 4},
                                     {"spare_disks", 148, 4},
                                     {"events", 156, 8},
                                     {"cp_events", 164, 8},
                                     {"recovery_cp", 172, 4},
                                     {"reshape_position", 176, 8},
                                     {"new_level", 184, 4},
                                     {"delta_disks", 188, 4},
                                     {"new_layout", 192, 4},
                                     {"new_chunk", 196, 4},
                                     {"layout", 256, 4},
                                     {"chunk_size", 260, 4},
                                     {"disk 0 number", 512, 4},
                                     {"disk 0 raid_disk", 524, 4},
                                     {"disk 0 state", 528, 4},
                                     {"disk 1 raid_disk", 652, 4},
                                     {"disk 1 state", 656, 4},
                                     {"this number", 3968, 4},
                                     {"this raid_disk", 3980, 4},
                                     {"this state", 3984, 4}};

Image read_image(const std::string& path) {
  Image image{};
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(image.data()), image.size());
  if (in.gcount() != static_cast<std::streamsize>(image.size()))
    throw std::runtime_error(path + ": not 4096 bytes");
  return image;
}

void write_image(const std::string& path, const Image& image) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(image.data()), image.size());
  if (!out.flush()) throw std::runtime_error(path + ": cannot write");
}

std::uint64_t number(const std::string& text) {
  std::size_t used = 0;
  const auto value = text[0] == '-' ? static_cast<std::uint64_t>(std::stoll(text, &used, 0))
                                    : std::stoull(text, &used, 0);
  if (used != text.size()) throw std::runtime_error(text + ": not a number");
  return value;
}

std::uint64_t damaged_value(Rng& rng, std::uint64_t old) {
  const std::uint64_t bit = std::uint64_t{1} << rng() % 64;
  const std::uint64_t choices[] = {0,          1,       ~std::uint64_t{0}, 0x7fffffff,
                                   0x80000000, old + 1, old - 1,           old ^ bit,
                                   0xffff,     rng(),   rng() % 100000,    ~std::uint64_t{0} >> 1};
  return choices[rng() % std::size(choices)];
}

void mutate(mdx_sb_version version, Image& image, std::uint64_t seed) {
  Rng rng(seed);
  const auto& fields = version == MDX_SB_0_90 ? fields_0 : fields_1;
  for (auto changes = rng() % 4 + 1; changes; changes--) {
    const auto& field = fields[rng() % fields.size()];
    const auto value = damaged_value(rng, get_le(image, field.offset, field.bytes));
    put_le(image, field.offset, value, field.bytes);
    std::cout << field.name << " = " << get_le(image, field.offset, field.bytes) << "; ";
  }
  const bool sums_up = rng() % 4 != 0;
  if (sums_up) fix_checksum(version, image);
  std::cout << (sums_up ? "checksum matches\n" : "checksum kept\n");
}

int run(std::vector<std::string> args) {
  std::string given;
  if (args.size() > 2 && args[0] == "--version") {
    given = args[1];
    args.erase(args.begin(), args.begin() + 2);
  }
  if (args.size() < 3) {
    std::cerr << "usage: mutate [--version V] IN OUT SEED | IN OUT set {OFFSET BYTES VALUE}...\n";
    return 2;
  }
  Image image = read_image(args[0]);
  const bool old_format = given.empty() ? get_le(image, 4, 4) == 0 : given == "0.90";
  const auto version = old_format ? MDX_SB_0_90 : MDX_SB_1_2;
  if (args[2] == "set") {
    if (args.size() % 3 != 0) throw std::runtime_error("set wants OFFSET BYTES VALUE");
    for (std::size_t i = 3; i < args.size(); i += 3)
      put_le(image, number(args[i]), number(args[i + 2]), number(args[i + 1]));
    fix_checksum(version, image);
  } else {
    mutate(version, image, number(args[2]));
  }
  write_image(args[1], image);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "mutate: " << failure.what() << '\n';
    return 1;
  }
}
