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
    cases.write(name, rows, np.asarray(margins, np.float64), np.asarray(predictions, np.float64),
                booster.predict(cases.explained(rows), pred_contrib=True), objective=objective,
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
    cases.write("doubles", rows, margins, booster.predict(rows), booster.predict(cases.explained(rows), pred_contrib=True),
                objective="binary", library=f"lightgbm {lgb.__version__}")


def early_stopped():
    """save_model writes the best rounds and no more, and Booster.predict uses these."""
    folder = cases.folder("stopped_early")
    x, signal = cases.data()
    y = ((signal > -.5) ^ (np.random.default_rng(1).random(len(x)) < .3)).astype(int)
    training = lgb.Dataset(x[:800], y[:800])
    booster = lgb.train(dict(FIXED, objective="binary", learning_rate=.6), training, 60,
                        valid_sets=[lgb.Dataset(x[800:], y[800:], reference=training)],
                        callbacks=[lgb.early_stopping(4, verbose=False)])
    assert 0 < booster.best_iteration < 56, "it stops early"
    booster.save_model(str(folder / "model.txt"))
    rows = cases.hard_rows(x, thresholds(booster), True)
    cases.write("stopped_early", rows, booster.predict(rows, raw_score=True), booster.predict(rows),
                booster.predict(cases.explained(rows), pred_contrib=True), objective="binary",
                library=f"lightgbm {lgb.__version__}")


def sliced():
    booster, x = train("slice", "binary")
    booster.save_model(str(cases.OUT / "slice" / "model.txt"), num_iteration=7)
    rows = cases.hard_rows(x, thresholds(booster), True)
    cases.write("slice", rows, booster.predict(rows, raw_score=True, num_iteration=7), booster.predict(rows, num_iteration=7),
                booster.predict(cases.explained(rows), pred_contrib=True, num_iteration=7), objective="binary", library=f"lightgbm {lgb.__version__}")


def own_objective():
    """The file names no objective; the library's predictions are the margins."""
    folder = cases.folder("own_objective")
    x, signal = cases.data()
    own = lambda margins, data: (margins - data.get_label(), np.ones_like(margins))
    parameters = {key: value for key, value in FIXED.items()}
    dataset = lgb.Dataset(x, signal, params=parameters)
    if int(lgb.__version__.split(".")[0]) >= 4:
        booster = lgb.train(dict(parameters, objective=own), dataset, 20)
    else:
        booster = lgb.train(parameters, dataset, 20, fobj=own)
    booster.save_model(str(folder / "model.txt"))
    rows = cases.hard_rows(x, thresholds(booster), True)
    margins = booster.predict(rows, raw_score=True)
    cases.write("own_objective", rows, margins, booster.predict(rows),
                booster.predict(cases.explained(rows), pred_contrib=True), objective="", library=f"lightgbm {lgb.__version__}")


def framed(name, towns, ordered, rounds=None):
    """Trained on a data frame: pandas_categorical keeps the names. An ordered category is a number in the trees, true and false
    are names too; a name that training has not seen is missing."""
    import pandas as pd
    folder = cases.folder(name)
    data, signal = cases.frame(towns)
    if ordered:
        size = np.random.default_rng(2).integers(0, 3, len(data))
        signal = signal + 2 * size
        data["size"] = pd.Categorical.from_codes(size, ["S", "M", "L"], ordered=True)
        data["online"] = pd.Categorical(size % 2 == 1)
    parameters = dict(FIXED, objective="regression", min_data_per_group=5, cat_smooth=1)
    booster = lgb.train(parameters, lgb.Dataset(data, signal), 20)
    booster.save_model(str(folder / "model.txt"), num_iteration=rounds)
    rows = cases.other_order(data)
    if ordered:
        # LightGBM takes an ordered column's categories by name as well.
        rows["size"] = pd.Categorical(rows["size"].astype(object), categories=["L", "S", "M"], ordered=True)
    strange = rows.town.cat.add_categories(["Paris"])
    strange[:7] = "Paris"
    rows = rows.assign(town=strange)
    loaded = lgb.Booster(model_file=str(folder / "model.txt"))
    margins = loaded.predict(rows, raw_score=True)
    assert (margins != loaded.predict(data[: len(rows)], raw_score=True)).any()
    cases.write_frame(name, data, rows, margins, by="names", unseen=7, library=f"lightgbm {lgb.__version__}")


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
    early_stopped()
    sliced()
    own_objective()
    framed("names", cases.TOWNS, ordered=False)
    framed("names_ordered", cases.BEYOND_ASCII, ordered=True)
    framed("names_slice", cases.TOWNS, ordered=False, rounds=8)

    train("refused_random_forest", "binary", boosting="rf", bagging_freq=1, bagging_fraction=.6)
    cases.refused("refused_random_forest", "average_output")
    train("refused_linear", "regression", linear_tree=True)
    cases.refused("refused_linear", "linear trees")
    train("refused_sqrt", "regression", reg_sqrt=True)
    cases.refused("refused_sqrt", "regression sqrt")
    train("refused_objective", "fair")
    cases.refused("refused_objective", "objective 'fair'")


main()
