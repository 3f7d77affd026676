"""Models of the installed XGBoost, in both of its forms, with its own margins and predictions. Names of functions and
parameters are those of XGBoost's Python package; what each version calls new is left out of older ones."""
import json

import numpy as np
import xgboost as xgb

import cases

VERSION = tuple(int(part) for part in xgb.__version__.split(".")[:2])
CATEGORIES = 45


def thresholds(path):
    found = {}
    learner = json.loads(path.read_text())["learner"]["gradient_booster"]
    for tree in (learner.get("gbtree") or learner)["model"]["trees"]:
        for left, feature, value, kind in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"],
                                              tree["split_type"]):
            if left != -1 and kind == 0:
                found.setdefault(feature, []).append(value)
    return found


def labels(objective, signal):
    if objective.startswith("multi:"):
        return np.digitize(signal, [-1, .3]).astype(np.float32)
    if objective in ("count:poisson",):
        return np.floor(np.exp(np.clip(signal, -4, 3))).astype(np.float32)
    if objective in ("reg:gamma", "reg:tweedie"):
        return np.exp(np.clip(signal, -4, 3)).astype(np.float32)
    if objective in ("reg:squarederror", "reg:absoluteerror"):
        return 10 * signal
    return (signal > -.5).astype(np.float32)


def matrix(x, y=None, categorical=False):
    kinds = ["q"] * x.shape[1]
    if categorical:
        kinds[5] = "c"
    names = [f"f{i}" for i in range(x.shape[1])]
    return xgb.DMatrix(x, y, feature_names=names, feature_types=kinds, enable_categorical=categorical, nthread=1)


def train(name, objective, rounds=15, categorical=False, **parameters):
    folder = cases.folder(name)
    x, signal = cases.data(categories=CATEGORIES if categorical else 0)
    d = matrix(x, labels(objective, signal), categorical)
    if objective.startswith("rank:"):
        d.set_group([20] * (len(x) // 20))
    parameters = dict(dict(objective=objective, max_depth=5, eta=.3, tree_method="hist", nthread=1, seed=3), **parameters)
    booster = xgb.train(parameters, d, rounds)
    booster.save_model(folder / "model.json")
    booster.save_model(folder / "model.ubj")
    return folder, booster, x


def case(name, objective, categorical=False, **parameters):
    folder, booster, x = train(name, objective, categorical=categorical, **parameters)
    rows = cases.hard_rows(x, thresholds(folder / "model.json"), False, 5 if categorical else None, CATEGORIES)
    # A matrix with categories may not hold categories below zero; predicting in place may.
    if categorical:
        in_place = dict(validate_features=False, missing=np.nan)
        margins = booster.inplace_predict(rows, predict_type="margin", **in_place)
        predictions = booster.inplace_predict(rows, **in_place)
    else:
        margins = booster.predict(matrix(rows), output_margin=True)
        predictions = booster.predict(matrix(rows))
    cases.write(name, rows, margins, predictions, objective=objective, library=f"xgboost {xgb.__version__}")


def main():
    case("binary", "binary:logistic")
    case("binary_base_score", "binary:logistic", base_score=.05)
    case("binary_deep", "binary:logistic", max_depth=9, rounds=30)
    case("logitraw", "binary:logitraw")
    case("reg_logistic", "reg:logistic")
    case("squarederror", "reg:squarederror")
    case("squarederror_base_score", "reg:squarederror", base_score=-30)
    case("absoluteerror", "reg:absoluteerror")
    case("poisson", "count:poisson")
    case("gamma", "reg:gamma")
    case("tweedie", "reg:tweedie")
    for objective in ("rank:ndcg", "rank:pairwise", "rank:map"):
        case(objective.replace(":", "_"), objective)
    case("softprob", "multi:softprob", num_class=3)
    case("softprob_base_score", "multi:softprob", num_class=3, base_score=.8)
    case("softmax", "multi:softmax", num_class=3)
    case("parallel_trees", "binary:logistic", num_parallel_tree=4, subsample=.6, colsample_bynode=.6)
    case("parallel_trees_classes", "multi:softprob", num_class=3, num_parallel_tree=3, subsample=.6, colsample_bynode=.6)
    case("pruned", "binary:logistic", gamma=3, tree_method="exact")
    case("dart", "binary:logistic", booster="dart", rate_drop=.3)
    case("dart_classes", "multi:softprob", num_class=3, booster="dart", rate_drop=.3, normalize_type="forest")
    case("categories_one_hot", "binary:logistic", categorical=True, max_cat_to_onehot=1000)
    case("categories_sets", "binary:logistic", categorical=True, max_cat_to_onehot=1)
    case("categories_classes", "multi:softprob", categorical=True, max_cat_to_onehot=20, num_class=3)

    train("refused_linear", "binary:logistic", booster="gblinear", tree_method="auto")
    cases.refused("refused_linear", "booster 'gblinear'")
    train("refused_objective", "binary:hinge")
    cases.refused("refused_objective", "objective 'binary:hinge'")
    train("refused_no_trees", "binary:logistic", rounds=0)
    cases.refused("refused_no_trees", "no trees")
    if VERSION >= (2, 0):
        folder = cases.folder("refused_targets")
        x, signal = cases.data()
        parameters = dict(objective="reg:squarederror", multi_strategy="multi_output_tree", tree_method="hist", nthread=1)
        xgb.train(parameters, xgb.DMatrix(x, np.stack([signal, -signal], 1)), 3).save_model(folder / "model.json")
        cases.refused("refused_targets", "several targets")


main()
