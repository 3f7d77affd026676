#!/usr/bin/env python3
"""run.py LIBRARY CHECKER: fetches the pinned library (a name of tools/pins.json), lets it train its models into a
temporary folder, and runs the checker over them. Leaves with 77 (skipped, and why) under another Python than the
pinned wheels are made for. XGBoost 3.3 and 3.4 ask for Python 3.12 in their metadata only: unpacked, they run under 3.11."""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FRAMES = ["numpy", "scipy", "pandas", "six", "dateutil", "pytz", "tzdata"]
BESIDE = {"xgboost": FRAMES, "lightgbm": [*FRAMES, "narwhals"], "catboost": FRAMES}
# How many cases the training scripts make: accepted, and refused by name. XGBoost 1.7 has no models of several targets and no unbiased
# ranking, 3.1
# writes no old binary files, and from 3.3 on dropout needs no booster of its own.
COUNTS = {"xgboost-1.7": (34, 6), "xgboost-2.1": (35, 7), "xgboost-3.0": (35, 7), "xgboost-3.1": (35, 6), "xgboost": (35, 6),
          "xgboost-3.3": (36, 6), "xgboost-3.4": (36, 6), "lightgbm": (31, 4), "catboost": (16, 6)}


def main():
    library, checker = sys.argv[1:]
    if sys.version_info[:2] != (3, 11) or sys.platform != "linux":
        print(f"SKIPPED: the pinned wheels are made for Python 3.11, this is {sys.version.split()[0]}")
        return 77
    kind = library.split("-")[0]
    fetched = subprocess.run([sys.executable, HERE.parents[2] / "tools/fetch-pins", library, *BESIDE[kind]],
                             stdout=subprocess.PIPE, text=True, check=True, timeout=900).stdout
    folders = [line.split("=", 1)[1] for line in fetched.splitlines()]
    environment = dict(os.environ, PYTHONPATH=":".join(folders), OMP_NUM_THREADS="1", PYTHONWARNINGS="ignore")
    with tempfile.TemporaryDirectory() as scratch:
        cases = pathlib.Path(scratch) / "cases"
        trained = subprocess.run([sys.executable, "-B", HERE / f"train_{kind}.py", cases], env=environment, timeout=300,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if trained.returncode != 0:
            print(trained.stdout)
            return 1
        counts = "{} {}".format(*COUNTS.get(library, COUNTS[kind]))
        return subprocess.run([checker], env=dict(os.environ, AISLE_FORMAT_CASES=str(cases), AISLE_FORMAT_COUNTS=counts),
                              timeout=300).returncode


sys.exit(main())
