// SPDX-License-Identifier: GPL-2.0-only
// A sync beside users' I/O: a simulated machine whose users wait the longer the more of the sync is
// under way.
#include "sync_pace_plan.h"

#include <doctest/doctest.h>

#include <functional>

namespace {

constexpr __u64 ms = 1000000;
constexpr __u32 max_window = 2048;
constexpr __u32 windows = 16;

struct Machine {
  mdx_sync_pace pace{};
  __u64 now = 1000 * ms;
  __u32 min_kib = 0;
  // Users' I/O per millisecond, and how long each takes beside that many sectors.
  double ios_per_ms = 2;
  std::function<double(__u32)> takes = [](__u32) { return 100000.0; };
  // Sectors each millisecond that the sync gets done with that many under way.
  std::function<double(__u32)> moves = [](__u32 under_way) { return under_way / 4.0; };
  double owed = 0;
  __u64 synced = 0;

  Machine() { mdx_sync_pace_init(&pace, now, windows * max_window); }

  [[nodiscard]] __u32 under_way() const {
    const __u32 depth = mdx_sync_pace_depth(&pace, max_window);
    if (!depth) return 0;
    if (pace.budget < MDX_PACE_SMALL) return pace.budget;
    return depth * mdx_sync_pace_window(&pace, max_window);
  }

  void look() {
    const __u64 step = MDX_PACE_LOOK_NS;
    const __u32 amount = under_way();
    owed += ios_per_ms * static_cast<double>(step) / ms;
    mdx_sync_pace_seen look{};
    now += step;
    look.now_ns = now;
    look.ios = static_cast<__u64>(owed);
    owed -= static_cast<double>(look.ios);
    look.ios_ns = static_cast<__u64>(static_cast<double>(look.ios) * takes(amount));
    look.sectors = static_cast<__u64>(moves(amount) * static_cast<double>(step) / ms);
    look.min_kib = min_kib;
    synced += look.sectors;
    CHECK(mdx_sync_pace_due(&pace, now));
    mdx_sync_pace_look(&pace, &look);
    CHECK(!mdx_sync_pace_due(&pace, now));
    CHECK(pace.budget >= 1);
    CHECK(pace.budget <= windows * max_window);
  }

  void run(unsigned seconds) {
    for (__u64 end = now + seconds * 1000 * ms; now < end;) look();
  }

  // KiB/s over that time.
  double rate(unsigned seconds) {
    const __u64 before = synced;
    run(seconds);
    return static_cast<double>(synced - before) / 2 / seconds;
  }
};

}  // namespace

TEST_CASE("with nobody there all windows are full") {
  Machine m;
  m.ios_per_ms = 0;
  m.run(3);
  CHECK(mdx_sync_pace_window(&m.pace, max_window) == max_window);
  CHECK(mdx_sync_pace_depth(&m.pace, max_window) == windows);
  CHECK(mdx_sync_pace_gap(&m.pace, 5 * ms) == 0);
}

TEST_CASE("users find the sync standing still, and soon everything is as before when they go") {
  Machine m;
  m.ios_per_ms = 0;
  m.run(1);
  m.ios_per_ms = 2;
  m.look();
  CHECK(m.under_way() == 0);
  m.run(2);
  m.ios_per_ms = 0;
  for (int i = 0; i < 7; i++) m.look();
  CHECK(m.under_way() == windows * max_window);
}

TEST_CASE("users who do not notice have the sync at its full depth") {
  Machine m;
  m.run(15);
  CHECK(m.pace.budget == windows * max_window);
  CHECK(mdx_sync_pace_window(&m.pace, max_window) == MDX_PACE_LARGE);
}

TEST_CASE("users who do have it at what they hardly notice") {
  Machine m;
  m.takes = [](__u32 amount) { return 100000.0 + 50.0 * amount; };
  m.run(5);
  double worst = 0, sum = 0;
  int n = 0;
  for (; n < 1000; n++) {
    m.look();
    const double takes = m.takes(m.under_way());
    sum += takes;
    worst = takes > worst ? takes : worst;
  }
  CHECK(sum / n < 160000);
  CHECK(worst < 250000);
  // Not for nothing: 600 sectors are what takes them 30 us longer.
  CHECK(m.rate(10) > 20000);
}

TEST_CASE("where each small window hurts it takes a share of the time") {
  Machine m;
  m.takes = [](__u32 amount) { return 100000.0 + 3000.0 * amount; };
  m.run(5);
  int rare = 0;
  for (int i = 0; i < 200; i++) {
    m.look();
    rare += m.pace.budget < MDX_PACE_SMALL && mdx_sync_pace_gap(&m.pace, ms) > 0;
  }
  CHECK(rare > 150);
  CHECK(mdx_sync_pace_window(&m.pace, max_window) == MDX_PACE_SMALL);
}

TEST_CASE("the minimum is kept whatever the users say") {
  for (__u32 min : {200u, 1000u, 20000u, 100000u}) {
    Machine m;
    CAPTURE(min);
    m.min_kib = min;
    m.takes = [](__u32 amount) { return 100000.0 + 100000.0 * amount; };
    m.run(3);
    const double rate = m.rate(20);
    CHECK(rate >= 0.9 * min);
    // And hardly more than that, where more is unwelcome.
    if (min >= 1000) CHECK(rate <= 2.0 * min + 4000);
  }
}

TEST_CASE("from where it was halved on it grows by small steps") {
  Machine m;
  m.takes = [](__u32 amount) { return amount > 3000 ? 900000.0 : 100000.0; };
  m.run(5);
  int steps = 0;
  for (int i = 0; i < 300; i++) {
    const __u32 before = m.pace.budget;
    m.look();
    if (m.pace.budget <= before) continue;
    CAPTURE(before);
    CHECK(m.pace.budget - before <= 64);
    CHECK(before >= m.pace.doubt);
    steps++;
  }
  CHECK(steps > 100);
}

TEST_CASE("what was too much or too little for long is not made up for") {
  const auto touchy = [](__u32 amount) { return 100000.0 + 100000.0 * amount; };
  SUBCASE("more than the minimum") {
    Machine m;
    m.min_kib = 20000;
    m.run(12);
    m.takes = touchy;
    for (int i = 0; i < 5; i++) CHECK(m.rate(1) >= 0.8 * m.min_kib);
  }
  SUBCASE("less than the minimum") {
    Machine m;
    m.min_kib = 20000;
    m.takes = touchy;
    m.moves = [](__u32) { return 0.0; };
    m.run(12);
    m.moves = [](__u32 under_way) { return under_way < 480 ? under_way / 4.0 : 120.0; };
    m.run(1);
    CHECK(m.rate(2) <= 2.0 * m.min_kib + 4000);
  }
}

TEST_CASE("few of the users' I/O say nothing by themselves") {
  Machine m;
  m.ios_per_ms = 0.1;
  m.run(3);
  const __u32 before = m.pace.budget;
  // Two late ones are less than what is waited for.
  m.takes = [](__u32) { return 9000000.0; };
  m.look();
  CHECK(m.pace.budget >= before);
}

TEST_CASE("users whose I/O never ends are left alone, but for the minimum") {
  Machine m;
  m.min_kib = 0;
  m.run(2);
  for (int i = 0; i < 100; i++) {
    mdx_sync_pace_seen look{};
    m.now += MDX_PACE_LOOK_NS;
    look.now_ns = m.now;
    look.waiting = true;
    mdx_sync_pace_look(&m.pace, &look);
  }
  CHECK(m.pace.budget < MDX_PACE_SMALL);
}

TEST_CASE("what the users' I/O takes alone is found out anew when it changes") {
  Machine m;
  m.takes = [](__u32) { return 100000.0; };
  m.run(6);
  // Larger requests: no fault of the sync's.
  m.takes = [](__u32) { return 900000.0; };
  m.run(12);
  CHECK(m.pace.budget > windows * max_window / 4);
}

TEST_CASE("a probe waits for what of the sync is under way") {
  Machine m;
  mdx_sync_pace_seen look{};
  look.ios = 100;
  look.ios_ns = 100 * 900000;
  look.under_way = true;
  for (int i = 0; i < 10; i++) {
    m.now += MDX_PACE_LOOK_NS;
    look.now_ns = m.now;
    mdx_sync_pace_look(&m.pace, &look);
    CHECK(m.under_way() == 0);
  }
  look.under_way = false;
  look.ios_ns = 100 * 100000;
  m.now += MDX_PACE_LOOK_NS;
  look.now_ns = m.now;
  mdx_sync_pace_look(&m.pace, &look);
  CHECK(m.pace.alone_ns == 100000);
  CHECK(m.under_way() > 0);
}

TEST_CASE("windows are powers of two between the smallest and what there is room for") {
  mdx_sync_pace pace{};
  mdx_sync_pace_init(&pace, 0, windows * max_window);
  for (bool users : {false, true}) {
    pace.users = users;
    for (__u32 budget = 1; budget <= pace.most; budget = budget < 300 ? budget + 1 : budget * 2) {
      pace.budget = budget;
      const __u32 window = mdx_sync_pace_window(&pace, max_window);
      CAPTURE(budget);
      CHECK(mdx_is_pow2(window));
      CHECK(window >= MDX_PACE_SMALL);
      CHECK(window <= (users ? MDX_PACE_LARGE : max_window));
      CHECK(mdx_sync_pace_depth(&pace, max_window) >= 1);
      if (budget >= MDX_PACE_SMALL)
        CHECK(mdx_sync_pace_depth(&pace, max_window) * window <= budget);
    }
  }
}
