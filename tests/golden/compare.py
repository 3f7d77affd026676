#!/usr/bin/env python3
"""Holds two recordings of record.py against each other: what differs, section by section, and whether it was meant to.

  python3 tests/golden/compare.py BEFORE AFTER

changed.txt beside this file lists what is meant to change: SECTION, a tab, a regular expression that must be found in the line
of either side, a tab, the reason. A section that begins with information_ is shown and never counts. Exit code 0 only when
every other difference is listed, and every entry of the list was met at least once."""
import collections
import json
import pathlib
import re
import sys

SHOWN, WIDTH = 5, 300
CHANGED = pathlib.Path(__file__).resolve().parent / "changed.txt"

Change = collections.namedtuple("Change", "section pattern reason")


def read_changes(text):
    changes = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 3 or not all(part.strip() for part in parts):
            sys.exit(f"compare: changed.txt:{number}: not section, tab, pattern, tab, reason: {line}")
        changes.append(Change(parts[0], re.compile(parts[1]), parts[2]))
    return changes


def read_section(path):
    """Lines by what was asked, each with a count: the same question may be asked twice."""
    lines = {}
    seen = collections.Counter()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        ask = json.loads(line)["ask"]
        seen[ask] += 1
        lines[ask, seen[ask]] = line
    return lines


def differences(before, after):
    """(line before or '', line after or '') of everything that differs, in the order of the asking."""
    return [(before.get(key, ""), after.get(key, "")) for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key)]


def excerpt(line, other):
    """The line around its first character that is not the other's."""
    if not line:
        return "(not there)"
    at = next((i for i, (a, b) in enumerate(zip(line, other)) if a != b), min(len(line), len(other)))
    begin = max(0, at - WIDTH // 2) if other else 0
    return ("…" if begin else "") + line[begin:begin + WIDTH] + ("…" if begin + WIDTH < len(line) else "")


def show(before, after):
    # The question first: an excerpt from the middle of a long answer does not say what was asked.
    print(f"    {json.loads(before or after)['ask'][:WIDTH]}")
    print(f"      before {excerpt(before, after)}\n      after  {excerpt(after, before)}")


def compare(before, after, changes):
    """Prints what differs; gives how many differences nobody listed, and the entries that were met."""
    names = sorted({path.stem for folder in (before, after) for path in folder.glob("*.jsonl")})
    unlisted = 0
    met = set()
    for name in names:
        left, right = read_section(before / f"{name}.jsonl"), read_section(after / f"{name}.jsonl")
        different = differences(left, right)
        rest = []
        listed = collections.Counter()
        for pair in different:
            change = next((c for c in changes if c.section in (name, "*") and any(c.pattern.search(line) for line in pair)), None)
            if change is None:
                rest.append(pair)
            else:
                listed[change] += 1
                met.add(change)
        counts = name.startswith("information_")
        word = "for information" if counts else "NOT LISTED"
        print(f"{name}: {len(left)} lines before, {len(right)} after, {len(different)} differ" +
              (f", {len(rest)} {word}" if rest else ""))
        for change, count in listed.items():
            print(f"  {count} listed: {change.reason}")
        for pair in rest[:SHOWN]:
            show(*pair)
        unlisted += 0 if counts else len(rest)
    if not names:
        sys.exit(f"compare: neither {before} nor {after} holds a recording")
    return unlisted, met


def main(arguments):
    if len(arguments) != 2 or not all(pathlib.Path(folder).is_dir() for folder in arguments):
        sys.exit(__doc__)
    changes = read_changes(CHANGED.read_text(encoding="utf-8"))
    unlisted, met = compare(*map(pathlib.Path, arguments), changes)
    stale = [change for change in changes if change not in met]
    for change in stale:
        print(f"changed.txt lists what did not change: {change.section}: {change.pattern.pattern}")
    print(f"compare: {unlisted} differences that nobody listed, {len(stale)} entries of changed.txt without a difference")
    return 1 if unlisted or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
