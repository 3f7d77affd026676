#!/usr/bin/env bash
# A slice of an XGBoost 3.3 booster scores a frame otherwise than the booster does: it has lost the names of categories.
# Expected: booster[:n] with all rounds predicts what the booster predicts, since it has the same trees. EarlyStopping's
# save_best makes such a slice by itself.
# What happens: the booster recodes a frame by the categories of training (3.1 on), so their order does not matter. The
# slice keeps the trees and drops the names; the frame's own codes go to the trees as they are. No error, no warning. 3.4.1
# keeps the names.
# Versions: xgboost-cpu 3.3.0 (3.1.3 and 3.2.0 do the same) and 3.4.1, pandas 2.3.3 (Python 3.12 or newer). Date: 2026-11-29.
# Why it matters: frames rarely list their categories in the order of training. Slices and save_best are also what one
# would advise for models that were stopped early; aisle's docs/FOREST_FORMATS.md says with which versions not to.
# Usage: bash findings/xgboost_slice_loses_category_names.sh     (exit 0: still so; 1: it has changed; 3: no Python 3.12)
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
frame = lambda values, names: pd.DataFrame({"shop": pd.Categorical(values, categories=names), "x": .5})
rows = frame(np.random.default_rng(0).choice([10, 20, 30], 2000), [10, 20, 30])
booster = xgb.train(dict(nthread=1), xgb.DMatrix(rows, rows.shop.astype(float), enable_categorical=True), 40)
asked = xgb.DMatrix(frame([10, 20, 30], [30, 20, 10]), enable_categorical=True)
whole = booster.predict(asked).round(2)
asked = xgb.DMatrix(frame([10, 20, 30], [30, 20, 10]), enable_categorical=True)
part = booster[:booster.num_boosted_rounds()].predict(asked).round(2)
print(xgb.__version__, "shops 10, 20, 30 in another order: booster", whole, "slice of all rounds", part)
wanted = [10, 20, 30] if xgb.__version__ == "3.4.1" else [30, 20, 10]
sys.exit(bool(np.abs(whole - [10, 20, 30]).max() > .1 or np.abs(part - wanted).max() > .1))
PY
changed=0
for v in 3.3.0 3.4.1; do
  "$python" -m venv "v$v"
  "v$v/bin/pip" install -q --disable-pip-version-check "xgboost-cpu==$v" numpy==2.3.5 scipy==1.16.3 pandas==2.3.3
  "v$v/bin/python" -W ignore try.py || changed=1
done
exit $changed
