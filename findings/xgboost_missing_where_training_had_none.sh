#!/usr/bin/env bash
# A value that is missing only when serving counts as huge for XGBoost's hist and approx, and as tiny for its exact.
#
#   expected  where training had no missing value in a column, a missing one is treated neutrally (the heavier branch, or the
#             middle), or at least the same whichever way the model was trained.
#   happens   splits that never saw one have no reason to prefer a side: hist and approx send it right at every split, as a
#             value above all others; exact sends it left, as one below all others. A model whose answer rises with the
#             column gives 0.999 or 0.001 to a row of which nothing is known; nothing in the file says that the side
#             was never learnt.
#   versions  xgboost-cpu 3.2.0, numpy 2.2.6, Python 3.11; 2026-11-30
#   matters   leaving an input out of served rows, or blanking it to see what a model leans on, measures that accident as
#             well (docs/MODELS.md shows trained-anew figures beside it). And a model that is trained again by another tree_method answers
#             rows with gaps the other way round, at the same validation score.
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
python3 -m venv "$T/venv"
"$T/venv/bin/pip" install --quiet --disable-pip-version-check xgboost-cpu==3.2.0 numpy==2.2.6
cat > "$T/ask.py" <<'P'
import json

import numpy as np
import xgboost as xgb

random = np.random.default_rng(1)
rows = random.normal(size=(4000, 2)).astype(np.float32)
labels = (rows[:, 0] + 0.3 * rows[:, 1] > 0).astype(float)


def sides(node):
    """Splits of a tree, and how many of them send a missing value left."""
    if "children" not in node:
        return 0, 0
    below = [sides(child) for child in node["children"]]
    return 1 + sum(b[0] for b in below), (node["missing"] == node["yes"]) + sum(b[1] for b in below)


for method in ("hist", "approx", "exact"):
    settings = {"tree_method": method, "objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    model = xgb.train(settings, xgb.DMatrix(rows, label=labels), 20)
    counts = [sides(json.loads(tree)) for tree in model.get_dump(dump_format="json")]
    splits, left = (sum(c[i] for c in counts) for i in (0, 1))
    unknown, low, high = (float(model.predict(xgb.DMatrix(np.full((1, 2), value, np.float32)))[0]) for value in (np.nan, -9, 9))
    print(f"xgboost {xgb.__version__} {method:6}: {left} of {splits} splits send missing left; all missing {unknown:.4f}, all low {low:.4f}, all high {high:.4f}")
    assert splits > 50 and low < 0.01 and high > 0.99
    assert (left, unknown) == ((splits, low) if method == "exact" else (0, high))
P
"$T/venv/bin/python" "$T/ask.py"
