#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Figures of tests/bench/guest on standard input to a Markdown table of ratios."""

import math
import random
import statistics
import sys
from collections import defaultdict


def read_figures(lines):
    """{(level, job): {driver: {pair: figure}}}"""
    figures = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        words = line.split()
        if len(words) == 6 and words[0] == "result":
            _, driver, level, job, pair, value = words
            figures[level, job][driver][int(pair)] = float(value)
    return figures


def paired(a, b):
    """Logarithms of a/b, pair by pair."""
    return [math.log(a[p] / b[p]) for p in sorted(a.keys() & b.keys())]


def interval(logs, rounds=2000):
    """Bootstrap 95% interval of the median ratio."""
    rng = random.Random(1)
    medians = sorted(statistics.median(rng.choices(logs, k=len(logs))) for _ in range(rounds))
    return math.exp(medians[int(rounds * 0.025)]), math.exp(medians[int(rounds * 0.975)])


def ratio(logs):
    return math.exp(statistics.median(logs))


def main():
    figures = read_figures(sys.stdin)
    if not figures:
        sys.exit("no figures")
    print("| level | job | md / raw | mdx / raw | mdx / md | 95% | md / md |")
    print("|---|---|---|---|---|---|---|")
    for (level, job), by in figures.items():
        missing = {"raw", "md", "mdx", "md2"} - by.keys()
        if missing:
            sys.exit(f"{level} {job}: no figures of {', '.join(sorted(missing))}")
        gain = paired(by["mdx"], by["md"])
        low, high = interval(gain)
        print(
            f"| {level} | {job} | {ratio(paired(by['md'], by['raw'])):.3f} "
            f"| {ratio(paired(by['mdx'], by['raw'])):.3f} | {ratio(gain):.3f} "
            f"| {low:.3f} to {high:.3f} | {ratio(paired(by['md2'], by['md'])):.3f} |"
        )


if __name__ == "__main__":
    main()
