#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Medians of what tests/bench/sync-guest has measured, and of mdx's paired ratios to md."""
import collections
import statistics
import sys


def main():
    figures = collections.defaultdict(dict)
    order = []
    for line in sys.stdin:
        words = line.split()
        if len(words) != 5 or words[0] != "result":
            continue
        _, driver, what, pair, figure = words
        if what not in order:
            order.append(what)
        figures[what][driver, pair] = float(figure)
    if not order:
        sys.exit("no figures")
    print(f"{'':18} {'md':>10} {'mdx':>10} {'mdx/md':>8} {'least':>7} {'most':>7}")
    for what in order:
        of = {d: [f for (driver, _), f in figures[what].items() if driver == d] for d in ("md", "mdx")}
        ratios = [figures[what]["mdx", pair] / max(f, 1) for (driver, pair), f in figures[what].items()
                  if driver == "md" and ("mdx", pair) in figures[what]]
        if not ratios:
            continue
        print(f"{what:18} {statistics.median(of['md']):10.0f} {statistics.median(of['mdx']):10.0f} "
              f"{statistics.median(ratios):8.2f} {min(ratios):7.2f} {max(ratios):7.2f}")


main()
