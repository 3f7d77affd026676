#!/usr/bin/env bash
# XGBoost 3.3 predicts wrong values for the very frame it was trained on, where a category's name is not plain ASCII.
# Expected: a frame whose names are é, ü, b gets the values of é, ü and b, whatever letters these are.
# What happens: the names are handed on as UTF-8 bytes, but their ends are counted in letters. Names run into each other and
# the last ones are lost: the row of "b" gets the value of "é", with no error; with the same categories in another order the
# row is refused as one that training has not seen. `cats` of the saved file holds the cut names. 3.4.1 counts bytes.
# Versions: xgboost-cpu 3.3.0 (3.1.3 and 3.2.0 do the same) and 3.4.1, pandas 2.3.3 (Python 3.12 or newer). Date: 2026-11-29.
# Why it matters: towns, brands and names of people have such letters, and a wrong score looks like any other. Of a file that
# 3.1 to 3.3 wrote, aisle refuses to match rows by such names, and takes codes.
# Usage: bash findings/xgboost_category_names_beyond_ascii.sh     (exit 0: still so; 1: it has changed; 3: no Python 3.12)
set -euo pipefail
python=""
for p in python3.12 python3.13 python3.14 python3 "${PYTHON312:-}"; do
  [ -n "$p" ] && "$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { python=$p; break; }
done
[ -n "$python" ] || { echo "needs Python 3.12 or newer; name one in PYTHON312"; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > try.py <<'PY'
import sys
import numpy as np, pandas as pd, xgboost as xgb
names = ["é", "ü", "b"]
frame = lambda values: pd.DataFrame({"town": pd.Categorical(values, categories=names), "x": .5})
rows = frame(np.random.default_rng(0).choice(names, 2000))
booster = xgb.train(dict(nthread=1), xgb.DMatrix(rows, rows.town.cat.codes * 10. + 10, enable_categorical=True), 40)
found = booster.predict(xgb.DMatrix(frame(names), enable_categorical=True)).round(2)
print(xgb.__version__, "towns", names, "trained on [10, 20, 30], predicted", found)
wanted = [10, 20, 30] if xgb.__version__ == "3.4.1" else [10, 20, 10]
sys.exit(bool(np.abs(found - wanted).max() > .1))
PY
changed=0
for v in 3.3.0 3.4.1; do
  "$python" -m venv "v$v"
  "v$v/bin/pip" install -q --disable-pip-version-check "xgboost-cpu==$v" numpy==2.3.5 scipy==1.16.3 pandas==2.3.3
  "v$v/bin/python" -W ignore try.py || changed=1
done
exit $changed
