// SPDX-License-Identifier: GPL-2.0-only
// Speed limits as a promise: simulated sync loops that ask, wait and go on.
#include "sync_speed.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace {

constexpr __u64 second = 1000000000;
constexpr __u64 most_wait = second / 10;

struct Grant {
  __u64 at;
  __u64 sectors;
};

// Asks for windows from start to end as a sync thread does; late() is how
// much later than asked it wakes up.
std::vector<Grant> run(mdx_sync_speed& speed, __u64 start, __u64 end, __u32 window,
                       const std::function<__u32(__u64)>& limit,
                       const std::function<__u64()>& late) {
  std::vector<Grant> grants;
  for (__u64 now = start; now < end;) {
    const __u64 wait = mdx_sync_speed_take(&speed, now, window, limit(now));
    REQUIRE(wait <= most_wait);
    if (!wait) grants.push_back({now, window});
    now += wait ? wait + late() : 1000;
  }
  return grants;
}

double kib_between(const std::vector<Grant>& grants, __u64 from, __u64 to) {
  __u64 sectors = 0;
  for (const auto& grant : grants)
    if (grant.at >= from && grant.at < to) sectors += grant.sectors;
  return static_cast<double>(sectors) / 2;
}

const auto punctual = [] { return __u64{0}; };

}  // namespace

TEST_CASE("over any second the rate is within a tenth of the limit") {
  for (__u32 limit : {1000u, 1500u, 5000u, 20000u, 200000u, 3000000u}) {
    mdx_sync_speed speed;
    mdx_sync_speed_init(&speed, 0);
    const __u32 window = mdx_sync_speed_window(limit, 2048);
    const auto grants = run(
        speed, 0, 5 * second, window, [&](__u64) { return limit; }, punctual);
    for (__u64 from = second / 10; from < 4 * second; from += second / 17) {
      CAPTURE(limit);
      CAPTURE(from);
      const double kib = kib_between(grants, from, from + second);
      CHECK(kib <= limit * 1.1);
      CHECK(kib >= limit * 0.9);
    }
  }
}

TEST_CASE("a thread that wakes late still keeps the rate") {
  std::mt19937_64 rng(3);
  const auto late = [&] { return rng() % (second / 50); };
  for (__u32 limit : {1000u, 10000u, 200000u}) {
    mdx_sync_speed speed;
    mdx_sync_speed_init(&speed, 0);
    const __u32 window = mdx_sync_speed_window(limit, 2048);
    const auto grants = run(
        speed, 0, 8 * second, window, [&](__u64) { return limit; }, late);
    for (__u64 from = second; from < 6 * second; from += second / 7) {
      CAPTURE(limit);
      const double kib = kib_between(grants, from, from + second);
      CHECK(kib <= limit * 1.1);
      CHECK(kib >= limit * 0.9);
    }
  }
}

TEST_CASE("a window larger than recommended is paid for afterwards") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  const auto grants = run(
      speed, 0, 60 * second, 2048, [](__u64) { return 1000u; }, punctual);
  CHECK(kib_between(grants, 0, 60 * second) == doctest::Approx(60000).epsilon(0.03));
}

TEST_CASE("a changed limit is felt within a second") {
  for (auto [before, after] : std::vector<std::pair<__u32, __u32>>{
           {200000, 1000}, {1000, 200000}, {50000, 20000}, {2000, 3000}}) {
    mdx_sync_speed speed;
    mdx_sync_speed_init(&speed, 0);
    const auto limit = [before = before, after = after](__u64 now) {
      return now < 3 * second ? before : after;
    };
    std::vector<Grant> grants;
    for (__u64 now = 0; now < 6 * second;) {
      const __u32 window = mdx_sync_speed_window(limit(now), 2048);
      const __u64 wait = mdx_sync_speed_take(&speed, now, window, limit(now));
      if (!wait) grants.push_back({now, window});
      now += wait ? wait : 1000;
    }
    CAPTURE(before);
    CAPTURE(after);
    for (__u64 from = 3 * second + most_wait; from < 5 * second; from += second / 13) {
      const double kib = kib_between(grants, from, from + second);
      CHECK(kib <= after * 1.1);
      CHECK(kib >= after * 0.9);
    }
  }
}

TEST_CASE("debt keeps its length in time when the limit changes") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  // Half a second of debt at 100 MiB/s.
  CHECK(mdx_sync_speed_take(&speed, 0, 102400, 102400) == 0);
  // At a hundredth of the speed it still is half a second, not fifty.
  __u64 now = 0;
  while (const __u64 wait = mdx_sync_speed_take(&speed, now, 8, 1024)) now += wait;
  CHECK(now == doctest::Approx(second / 2.0).epsilon(0.01));
}

TEST_CASE("idle time earns a twentieth of a second and no more") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  CHECK(mdx_sync_speed_take(&speed, 0, 1, 1000) == 0);
  for (__u64 idle : {second, 1000 * second, second << 32}) {
    const __u64 now = speed.refill_ns + idle;
    __u64 burst = 0;
    while (mdx_sync_speed_take(&speed, now, 1, 1000) == 0) burst++;
    CHECK(burst == 101);
  }
}

TEST_CASE("extreme calls neither wrap nor stall") {
  std::mt19937_64 rng(11);
  const std::vector<__u32> limits = {0, 1, 2, 1000, 0x7fffffff, 0xffffffff};
  const std::vector<__u64> amounts = {0, 1, 8, __u64{1} << 31, ~__u64{0}};
  for (int round = 0; round < 2000; round++) {
    mdx_sync_speed speed;
    __u64 now = rng() % 2 ? 0 : ~__u64{0} / 2;
    mdx_sync_speed_init(&speed, now);
    for (int step = 0; step < 50; step++) {
      const __u64 wait = mdx_sync_speed_take(&speed, now, amounts[rng() % amounts.size()],
                                             limits[rng() % limits.size()]);
      REQUIRE(wait <= most_wait);
      REQUIRE(speed.tokens <= (__s64{1} << 30));
      REQUIRE(speed.tokens >= -(__s64{1} << 30));
      if (rng() % 8 == 0)
        now -= rng() % 1000;  // clocks of two processors
      else
        now += wait + (rng() % 4 ? rng() % 100000 : rng() % (second << 20));
    }
  }
}

TEST_CASE("a slow sync that is asked often does not starve") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  __u64 granted = 0;
  for (__u64 now = 0; now < 20 * second; now += 50000)
    if (!mdx_sync_speed_take(&speed, now, 8, 100)) granted += 8;
  CHECK(static_cast<double>(granted) == doctest::Approx(20 * 200).epsilon(0.05));
}

TEST_CASE("the recommended window") {
  CHECK(mdx_sync_speed_window(1, 2048) == 8);
  CHECK(mdx_sync_speed_window(1000, 2048) == 96);
  CHECK(mdx_sync_speed_window(200000, 2048) == 2048);
  CHECK(mdx_sync_speed_window(0xffffffff, 0xffffffff) == 429496728);
  CHECK(mdx_sync_speed_window(1000, 4) == 4);
}

TEST_CASE("the average covers the last thirty seconds") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  CHECK(mdx_sync_speed_average(&speed, second, 1000) == 0);
  mdx_sync_speed_mark(&speed, 0, 5000);
  CHECK(mdx_sync_speed_average(&speed, 0, 5000) == 0);
  CHECK(mdx_sync_speed_average(&speed, second, 5000 + 2000) == 1000);
  CHECK(mdx_sync_speed_average(&speed, second, 10) == 0);

  // 10 MiB/s for a minute, then 1 MiB/s: after 30 s nothing of the past is left.
  __u64 done = 5000;
  __u64 now = 0;
  for (; now < 60 * second; now += second / 2) {
    mdx_sync_speed_mark(&speed, now, done);
    done += 10240;
  }
  CHECK(mdx_sync_speed_average(&speed, now, done) == 10240);
  for (__u64 end = now + 31 * second; now < end; now += second / 2) {
    mdx_sync_speed_mark(&speed, now, done);
    done += 1024;
  }
  CHECK(mdx_sync_speed_average(&speed, now, done) == 1024);
  CHECK(speed.marks == MDX_SPEED_MARKS);
}

TEST_CASE("the average of huge amounts does not wrap") {
  mdx_sync_speed speed;
  mdx_sync_speed_init(&speed, 0);
  mdx_sync_speed_mark(&speed, 0, 0);
  CHECK(mdx_sync_speed_average(&speed, 10 * second, __u64{1} << 50) == (__u64{1} << 49) / 10);
}
