// SPDX-License-Identifier: GPL-2.0-only
// Bad-block logs from anywhere: what is accepted is in order, fits its log, and is
// the same after another trip through the encoder.
//
// Input: one byte of shift, one of sectors of the log, eight of device size, the log.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "badblocks_format.h"

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bad-block log: %s\n", what);
  std::abort();
}

struct List {
  std::array<mdx_bad_range, MDX_BAD_RANGES> one, two;
  mdx_bad_list list{};

  List(std::uint32_t shift, std::uint32_t words) {
    list.range = one.data();
    list.scratch = two.data();
    list.shift = shift;
    list.words = words;
  }
};

using Log = std::array<std::uint8_t, MDX_BAD_LOG_BYTES>;

void check_order(const mdx_bad_list& list) {
  for (std::uint32_t i = 0; i < list.n; i++) {
    if (!list.range[i].blocks || !list.range[i].acked) fail("an empty range, or one of its own");
    if (i && list.range[i - 1].start + list.range[i - 1].blocks >= list.range[i].start)
      fail("out of order");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 10) return 0;
  const std::uint32_t shift = data[0] & 31;
  const std::uint32_t words = (1 + (data[1] & 7)) * 64;
  std::uint64_t dev_sectors = 0;
  std::memcpy(&dev_sectors, data + 2, sizeof(dev_sectors));
  dev_sectors >>= 1;
  Log log;
  log.fill(0xff);
  std::copy_n(data + 10, std::min(size - 10, log.size()), log.begin());

  List first(shift, words);
  if (!mdx_bad_log_decode(&first.list, log.data(), dev_sectors)) return 0;
  check_order(first.list);
  Log written{};
  mdx_bad_log_encode(&first.list, written.data());
  List second(shift, words);
  if (!mdx_bad_log_decode(&second.list, written.data(), dev_sectors))
    fail("own encoding is refused");
  if (first.list.n != second.list.n) fail("own encoding decodes to something else");
  Log again{};
  mdx_bad_log_encode(&second.list, again.data());
  if (written != again) fail("own encoding is not stable");

  mdx_bad_hit hit{};
  if (dev_sectors && mdx_bad_list_find(&first.list, 0, dev_sectors, &hit)) {
    if (hit.sector + hit.sectors > dev_sectors || !hit.sectors) fail("a hit beyond the device");
    mdx_bad_list_remove(&first.list, hit.sector, hit.sectors);
    check_order(first.list);
  }
  return 0;
}
