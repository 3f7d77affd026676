#!/usr/bin/env bash
# CatBoost's ShapValues of an oblivious tree are those of a tree that asks the last split first, and nothing in the file says so.
#
#   expected  an oblivious tree asks the same questions on every level, so a model file has no order of them: split k is bit k of the leaf's
#             number. One would expect either that contributions do not depend on an order, or that the first split is the root.
#   happens   path-dependent Shapley values do depend on it: what is expected when an input is not known is weighted by the share of the
#             training data at each node, and nodes are prefixes of an order. CatBoost takes the last split for the root. Of the other order
#             the contributions differ, here in the third digit, while bias and margin are the same; at depth 10 we met differences of half the largest
#             contribution.
#             It also refuses to explain a model with a scale other than 1 (set_scale_and_bias): "Non-identity {Scale} for feature
#             importance is not supported".
#   versions  catboost 1.2.10, numpy 2.2.6, Python 3.11; 2026-11-30
#   matters   who recomputes contributions from the JSON, or turns the tree into a binary one for another tool, gets plausible numbers that
#             add up and are not CatBoost's.
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
python3 -m venv "$T/venv"
"$T/venv/bin/pip" install --quiet --disable-pip-version-check catboost==1.2.10 numpy==2.2.6
cat > "$T/ask.py" <<'P'
import itertools
import json
import math
import sys

import catboost
import numpy as np

random = np.random.default_rng(0)
rows = random.normal(size=(500, 3)).astype(np.float32)
labels = rows[:, 0] + rows[:, 1] * rows[:, 2] + 0.1 * random.normal(size=500)
model = catboost.CatBoost(dict(verbose=0, iterations=1, depth=2, learning_rate=1, allow_writing_files=False, thread_count=1))
model.fit(catboost.Pool(rows, labels))
model.save_model(sys.argv[1], format="json")
document = json.load(open(sys.argv[1]))
tree = document["oblivious_trees"][0]
splits, values, weights = tree["splits"], tree["leaf_values"], tree["leaf_weights"]
assert len(splits) == 2 and len({split["float_feature_index"] for split in splits}) == 2


def expected(row, known, order):
    """What the tree gives when the inputs of `known` have the row's values, asking splits in this order."""
    def weight(place, rest):
        return sum(weights[place + sum(1 << k for k in bits)] for n in range(len(rest) + 1) for bits in itertools.combinations(rest, n))

    def go(depth, place):
        if depth == 2:
            return values[place]
        k = order[depth]
        feature = splits[k]["float_feature_index"]
        sides = [place, place + (1 << k)]
        if feature in known:
            return go(depth + 1, sides[int(row[feature] > splits[k]["border"])])
        shares = [weight(side, order[depth + 1:]) for side in sides]
        return sum(share * go(depth + 1, side) for share, side in zip(shares, sides)) / sum(shares)
    return go(0, 0)


def by_definition(row, order):
    found = []
    for feature in range(3):
        others = [other for other in range(3) if other != feature]
        found.append(sum(math.factorial(n) * math.factorial(2 - n) / 6 * (expected(row, {*known, feature}, order) - expected(row, known, order))
                         for n in range(3) for known in itertools.combinations(others, n)))
    return found + [expected(row, (), order) + document["scale_and_bias"][1][0]]


theirs = model.get_feature_importance(catboost.Pool(rows[:1]), type="ShapValues")[0]
first, last = by_definition(rows[0], (0, 1)), by_definition(rows[0], (1, 0))
for name, numbers in (("catboost", theirs), ("first split first", first), ("last split first", last)):
    print(f"{name:18}", " ".join(f"{x:+.6f}" for x in numbers), f"sum {sum(numbers):+.6f}")
assert np.allclose(theirs, last, atol=1e-12) and not np.allclose(theirs, first, atol=1e-4)
assert abs(sum(first) - sum(last)) < 1e-12
model.set_scale_and_bias(0.5, [0.0])
try:
    model.get_feature_importance(catboost.Pool(rows[:1]), type="ShapValues")
    raise AssertionError("a scaled model is explained now")
except catboost.CatBoostError as error:
    print("scaled:", str(error).split(": ", 1)[-1])
print(f"catboost {catboost.__version__}: the last split is the root")
P
"$T/venv/bin/python" "$T/ask.py" "$T/model.json"
