#!/usr/bin/env python3
"""A night (refresh, score, publish) by two binaries in turn, each on its own copy of one data directory.

    python3 bench/night_beside.py --data DIR --before OLD/aisle --after NEW/aisle [--rounds 3]

DIR holds events and both models, made by the older binary:
    OLD/aisle generate --as-of 2026-11-24 --data DIR; refresh, train propensity_default, train ranking_default likewise
Prints each side's wall and CPU seconds by step, and the medians of the rounds' ratios. Run it with nothing else on the machine.
"""
import argparse
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

STEPS = ("refresh", "score", "publish")


def night(aisle, data, as_of):
    """Seconds of wall and processor by step."""
    figures = {}
    for step in STEPS:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([aisle, step, "--data", data, "--as-of", as_of, "--quiet"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures[step] = (time.monotonic() - begin,
                         after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--before", required=True)
    parser.add_argument("--after", required=True)
    parser.add_argument("--as-of", default="2026-11-24")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    for number in range(given.rounds):
        sums = []
        for side, aisle in (("before", given.before), ("after", given.after)):
            with tempfile.TemporaryDirectory() as folder:
                data = pathlib.Path(folder) / "data"
                shutil.copytree(given.data, data)
                figures = night(aisle, str(data), given.as_of)
            sums.append([sum(figure[i] for figure in figures.values()) for i in (0, 1)])
            parts = ", ".join(f"{step} {wall:.2f} ({cpu:.2f})" for step, (wall, cpu) in figures.items())
            print(f"round {number + 1}, {side}: {sums[-1][0]:.2f} s wall, {sums[-1][1]:.2f} s CPU: {parts}", flush=True)
        ratios.append([sums[1][i] / sums[0][i] for i in (0, 1)])
    print(f"after / before: {statistics.median(r[0] for r in ratios):.2f} wall, {statistics.median(r[1] for r in ratios):.2f} CPU, "
          f"medians of {given.rounds} rounds")


main()
