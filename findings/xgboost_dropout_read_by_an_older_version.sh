#!/usr/bin/env bash
# XGBoost 3.2 and 3.3 read a dropout model that a newer version saved, and predict without its weights, in silence.
# Expected: a version that does not know where the weights of dropout stand refuses the file, or warns. The file says which
# version wrote it.
# What happens: 3.2 writes `gradient_booster` with name "dart" and `weight_drop`; 3.3 writes name "gbtree" with `weight_drop` beside
# `model`; 3.4 writes it inside `model`. 3.2 reads 3.3's and 3.4's file, and 3.3 reads 3.4's, as if each weight were 1: no error,
# no warning, margins off by more than 1. The other direction is right: 3.4 reads all three.
# Versions: xgboost-cpu 3.2.0, 3.3.0, 3.4.1 (Python 3.12 or newer). Date: 2026-11-29.
# Why it matters: who trains with the newest version and serves with an older one gets other scores, and nobody is told. aisle
# reads all three places, and refuses any key that it does not know.
# Usage: bash findings/xgboost_dropout_read_by_an_older_version.sh     (exit 0: still so; 1: it has changed; 3: no Python 3.12)
set -euo pipefail
python=""
for p in python3.12 python3.13 python3.14 python3 "${PYTHON312:-}"; do
  [ -n "$p" ] && "$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { python=$p; break; }
done
[ -n "$python" ] || { echo "needs Python 3.12 or newer; name one in PYTHON312"; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > write.py <<'PY'
import numpy as np, xgboost as xgb
x = np.random.default_rng(0).normal(size=(2000, 4)).astype(np.float32)
parameters = dict(booster="dart", rate_drop=.5, one_drop=1, max_depth=4, nthread=1)
booster = xgb.train(parameters, xgb.DMatrix(x, x[:, 0] + x[:, 1] ** 2), 10)
booster.save_model(xgb.__version__ + ".json")
np.save(xgb.__version__ + ".npy", booster.predict(xgb.DMatrix(x), output_margin=True))
np.save("x.npy", x)
PY
cat > read.py <<'PY'
import glob, sys
import numpy as np, xgboost as xgb
x, wrong = np.load("x.npy"), []
for path in sorted(glob.glob("3.*.json")):
    written = path[:-5]
    off = np.abs(xgb.Booster(model_file=path).predict(xgb.DMatrix(x), output_margin=True) - np.load(written + ".npy")).max()
    print(f"{xgb.__version__} reads the file of {written}: margins off by up to {off:.3g}")
    wrong += [written] if off > 1 else []
    assert off > 1 or off == 0
sys.exit(wrong != {"3.2.0": ["3.3.0", "3.4.1"], "3.3.0": ["3.4.1"], "3.4.1": []}[xgb.__version__])
PY
for v in 3.2.0 3.3.0 3.4.1; do
  "$python" -m venv "v$v"
  "v$v/bin/pip" install -q --disable-pip-version-check "xgboost-cpu==$v" numpy==2.3.5 scipy==1.16.3
  "v$v/bin/python" -W ignore write.py 2>/dev/null
done
changed=0
for v in 3.2.0 3.3.0 3.4.1; do "v$v/bin/python" -W ignore read.py || changed=1; done
exit $changed
