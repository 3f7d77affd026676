"""Models of the installed LightGBM as text, with its own margins and predictions."""
import lightgbm as lgb
import numpy as np

import cases

CATEGORIES = 45
FIXED = dict(verbose=-1, num_threads=1, num_leaves=31, min_data_in_leaf=5, seed=3, deterministic=True)


def thresholds(booster):
    found = {}

    def visit(node):
        if "split_feature" in node:
            if node["decision_type"] == "<=":
                found.setdefault(node["split_feature"], []).append(float(node["threshold"]))
            visit(node["left_child"])
            visit(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        visit(tree["tree_structure"])
    return found


def labels(objective, signal):
    if objective.startswith("multiclass"):
        return np.digitize(signal, [-1, .3])
    if objective in ("poisson",):
        return np.floor(np.exp(np.clip(signal, -4, 3)))
    if objective in ("gamma", "tweedie"):
        return np.exp(np.clip(signal, -4, 3))
    if objective in ("regression", "regression_l1", "huber", "quantile"):
        return 10 * signal
    return (signal > -.5).astype(int)


def train(name, objective, rounds=20, categorical=False, edit=lambda x: x, **parameters):
    folder = cases.folder(name)
    x, signal = cases.data(categories=CATEGORIES if categorical else 0)
    x = edit(x)
    group = [20] * (len(x) // 20) if objective in ("lambdarank", "rank_xendcg") else None
    dataset = lgb.Dataset(x, labels(objective, signal), group=group, categorical_feature=[5] if categorical else [],
                          params=dict(FIXED, **parameters))
    booster = lgb.train(dict(FIXED, objective=objective, **parameters), dataset, rounds)
    booster.save_model(str(folder / "model.txt"))
    return booster, x


def case(name, objective, categorical=False, **more):
    booster, x = train(name, objective, categorical=categorical, **more)
    rows = cases.hard_rows(x, thresholds(booster), True, 5 if categorical else None, CATEGORIES)
    margins = booster.predict(rows, raw_score=True)
    predictions = booster.predict(rows)
    cases.write(name, rows, np.asarray(margins, np.float64), np.asarray(predictions, np.float64), objective=objective,
                library=f"lightgbm {lgb.__version__}")


def doubles():
    """What floats cannot hold: epoch seconds, ids above 2^24, money, dates; and a category."""
    folder = cases.folder("doubles")
    rng = np.random.default_rng(5)
    count = 4000
    x = np.stack([1.7e9 + rng.integers(0, 86400, count), rng.integers(1 << 24, (1 << 24) + 500, count),
                  np.round(rng.lognormal(8, 1.5, count), 2), rng.integers(20250101, 20261231, count),
                  rng.standard_normal(count), rng.integers(0, CATEGORIES, count)], 1).astype(np.float64)
    signal = (x[:, 0] % 3600 < 1800) ^ (x[:, 1] % 2 == 0) ^ (x[:, 2] * 100 % 7 < 3) ^ np.isin(x[:, 5], [1, 2, 7, 11])
    x[rng.random(x.shape) < .05] = np.nan
    parameters = dict(FIXED, objective="binary", min_data_per_group=5, cat_smooth=1)
    booster = lgb.train(parameters, lgb.Dataset(x, signal.astype(int), categorical_feature=[5], params=parameters), 60)
    booster.save_model(str(folder / "model.txt"))
    rows = cases.hard_doubles(x, thresholds(booster), 5, CATEGORIES)
    margins = booster.predict(rows, raw_score=True)
    rounded = booster.predict(rows.astype(np.float32), raw_score=True)
    assert (margins != rounded).sum() > 500, "the case is about what floats cannot hold"
    cases.write("doubles", rows, margins, booster.predict(rows), objective="binary", library=f"lightgbm {lgb.__version__}")


def main():
    case("binary", "binary")
    case("binary_sigmoid", "binary", sigmoid=.5)
    case("cross_entropy", "cross_entropy")
    for objective in ("regression", "regression_l1", "huber", "quantile", "poisson", "gamma", "tweedie", "lambdarank",
                      "rank_xendcg"):
        case(objective, objective)
    case("multiclass", "multiclass", num_class=3)
    case("multiclassova", "multiclassova", num_class=3)
    case("dart", "binary", boosting="dart", drop_rate=.4)
    case("stumps", "binary", max_depth=1)
    case("no_splits", "regression", min_data_in_leaf=5000, rounds=3)
    case("missing_none", "binary", use_missing=False)
    case("missing_none_by_data", "binary", edit=lambda x: np.nan_to_num(x, posinf=0, neginf=0))
    # Bits 2 and 3 of decision_type: nothing is missing, though the rows have NaN.
    decisions = [int(word) for line in (cases.OUT / "missing_none_by_data" / "model.txt").read_text().splitlines()
                 if line.startswith("decision_type=") for word in line.split("=")[1].split()]
    assert decisions and max(decisions) < 4, "the case is about NaN where training had none"
    case("missing_zero", "binary", zero_as_missing=True)
    case("categories", "binary", categorical=True, min_data_per_group=5, cat_smooth=1, cat_l2=1)
    case("categories_one_hot", "binary", categorical=True, max_cat_to_onehot=1000, min_data_per_group=5)
    case("categories_missing_none", "binary", categorical=True, min_data_per_group=5, cat_smooth=1, use_missing=False)
    case("categories_classes", "multiclass", categorical=True, num_class=3, min_data_per_group=5, cat_smooth=1)

    doubles()

    train("refused_random_forest", "binary", boosting="rf", bagging_freq=1, bagging_fraction=.6)
    cases.refused("refused_random_forest", "average_output")
    train("refused_linear", "regression", linear_tree=True)
    cases.refused("refused_linear", "linear trees")
    train("refused_sqrt", "regression", reg_sqrt=True)
    cases.refused("refused_sqrt", "regression sqrt")
    train("refused_objective", "fair")
    cases.refused("refused_objective", "objective 'fair'")


main()
