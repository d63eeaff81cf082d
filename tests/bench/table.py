#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Figures of tests/bench/guest on standard input to a Markdown table of ratios."""

import math
import random
import statistics
import sys
from collections import defaultdict

CONTROL_TOLERANCE = 0.005  # how far from 1.00 the interval of md against itself may end


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


def holds_one(low, high):
    """Whether the interval of an A/A control lets its row count."""
    return low <= 1 + CONTROL_TOLERANCE and high >= 1 - CONTROL_TOLERANCE


def row(level, job, by):
    """The table's line of a level and job, and why it is void (empty: it counts)."""
    gain, control = paired(by["mdx"], by["md"]), paired(by["md2"], by["md"])
    low, high = interval(gain)
    control_low, control_high = interval(control)
    line = (
        f"| {level} | {job} | {ratio(paired(by['md'], by['raw'])):.3f} "
        f"| {ratio(paired(by['mdx'], by['raw'])):.3f} | {ratio(gain):.3f} "
        f"| {low:.3f} to {high:.3f} | {ratio(control):.3f} "
        f"| {control_low:.3f} to {control_high:.3f} |"
    )
    if holds_one(control_low, control_high):
        return line, ""
    return line, (
        f"VOID: {level} {job}: md against itself is {control_low:.4f} to {control_high:.4f}, "
        f"further than {CONTROL_TOLERANCE:.1%} from 1.00"
    )


def main():
    figures = read_figures(sys.stdin)
    if not figures:
        sys.exit("no figures")
    print("| level | job | md / raw | mdx / raw | mdx / md | 95% | md / md | 95% |")
    print("|---|---|---|---|---|---|---|---|")
    void = []
    for (level, job), by in figures.items():
        missing = {"raw", "md", "mdx", "md2"} - by.keys()
        if missing:
            sys.exit(f"{level} {job}: no figures of {', '.join(sorted(missing))}")
        line, why = row(level, job, by)
        print(line, flush=True)
        if why:
            void.append(why)
    if void:
        print("", *void, sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
