#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/bench/table.py: what is printed, and what is void."""

import pathlib
import subprocess
import sys
import unittest

BENCH = pathlib.Path(__file__).resolve().parents[1] / "bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
import table  # noqa: E402

PAIRS = 10


def figures(control, job="read1m"):
    """Lines of the guest: mdx at 1.1 times md, md a second time at CONTROL(pair) times."""
    lines = []
    for pair in range(1, PAIRS + 1):
        md = 1000 + pair
        values = {"raw": 2 * md, "md": md, "mdx": 1.1 * md, "md2": control(pair) * md}
        lines += [f"result {name} raid1 {job} {pair} {value}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def run(text):
    return subprocess.run(
        [sys.executable, str(BENCH / "table.py")],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


class Table(unittest.TestCase):
    def test_a_row_that_counts(self):
        out = run(figures(lambda pair: 1.001 if pair % 2 else 0.999))
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        line = "| raid1 | read1m | 0.500 | 0.550 | 1.100 | 1.100 to 1.100 | 1.000 | 0.999 to 1.001 |"
        self.assertEqual(out.stdout.splitlines()[2:], [line])
        columns = {text.count("|") for text in out.stdout.splitlines()}
        self.assertEqual(columns, {9})

    def test_a_void_row_is_printed_and_named(self):
        for off in (0.98, 1.02):
            text = figures(lambda pair, off=off: off) + figures(lambda pair: 1.0, "write1m")
            out = run(text)
            self.assertEqual(out.returncode, 1)
            self.assertIn(f"| {off:.3f} to {off:.3f} |", out.stdout)
            rows, after = out.stdout.splitlines()[2:4], out.stdout.splitlines()[4:]
            self.assertEqual([row.split(" | ")[1] for row in rows], ["read1m", "write1m"])
            self.assertEqual([line[:19] for line in after], ["", "VOID: raid1 read1m:"])

    def test_how_far_the_control_may_be_off(self):
        for low, high, counts in (
            (0.990, 1.010, True),
            (1.004, 1.020, True),
            (1.006, 1.020, False),
            (0.980, 0.996, True),
            (0.980, 0.994, False),
        ):
            self.assertEqual(table.holds_one(low, high), counts, (low, high))

    def test_the_interval_is_about_the_median(self):
        logs = table.paired({1: 2.0, 2: 4.0, 3: 6.0}, {1: 2.0, 2: 2.0, 3: 2.0})
        low, high = table.interval(logs)
        self.assertLessEqual(low, table.ratio(logs))
        self.assertAlmostEqual(table.ratio(logs), 2.0)
        self.assertAlmostEqual(low, 1.0)
        self.assertAlmostEqual(high, 3.0)

    def test_figures_that_lack_a_driver_are_no_table(self):
        text = "\n".join(l for l in figures(lambda pair: 1.0).splitlines() if " md2 " not in l)
        out = run(text)
        self.assertEqual(out.returncode, 1)
        self.assertIn("no figures of md2", out.stderr)
        self.assertEqual(run("").returncode, 1)


if __name__ == "__main__":
    unittest.main()
