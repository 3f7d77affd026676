"""Models of the installed XGBoost, in both of its forms, with its own margins and predictions. Names of functions and
parameters are those of XGBoost's Python package; what each version calls new is left out of older ones."""
import json
import pickle

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
    part = cases.explained(rows)
    if categorical:
        # Contributions come from a matrix only, so categories below zero are left out of the rows they are asked for.
        part[:, 5] = np.where(part[:, 5] < 0, np.nan, part[:, 5])
        rows[:: max(1, len(rows) // cases.EXPLAINED)] = part
    contributions = booster.predict(matrix(part, categorical=categorical), pred_contribs=True)
    if categorical:
        in_place = dict(validate_features=False, missing=np.nan)
        margins = booster.inplace_predict(rows, predict_type="margin", **in_place)
        predictions = booster.inplace_predict(rows, **in_place)
    else:
        margins = booster.predict(matrix(rows), output_margin=True)
        predictions = booster.predict(matrix(rows))
    cases.write(name, rows, margins, predictions, contributions, objective=objective, library=f"xgboost {xgb.__version__}")


def weights(path):
    """Of dropout, wherever the version puts them."""
    booster = json.loads(path.read_text())["learner"]["gradient_booster"]
    return booster.get("weight_drop") or booster["model"].get("weight_drop")


def dropout(name, objective, **parameters):
    case(name, objective, **parameters)
    found = weights(cases.OUT / name / "model.json")
    assert found and min(found) < 1, "the case is about weights that are not 1"


def sliced(name, objective, rounds, **parameters):
    """The first rounds of a booster, saved as a model of their own."""
    folder, booster, x = train(name, objective, **parameters)
    booster = booster[:rounds]
    booster.save_model(folder / "model.json")
    booster.save_model(folder / "model.ubj")
    rows = cases.hard_rows(x, thresholds(folder / "model.json"), False)
    cases.write(name, rows, booster.predict(matrix(rows), output_margin=True), booster.predict(matrix(rows)),
                booster.predict(matrix(cases.explained(rows)), pred_contribs=True), objective=objective, library=f"xgboost {xgb.__version__}")


def early_stopped(name, save_best):
    folder = cases.folder(name)
    x, signal = cases.data()
    noise = np.random.default_rng(1).random(len(x)) < .3
    y = (signal > -.5) ^ noise
    callback = xgb.callback.EarlyStopping(4, save_best=save_best)
    booster = xgb.train(dict(objective="binary:logistic", eta=.6, tree_method="hist", nthread=1, seed=3), matrix(x[:800], y[:800]), 60,
                        evals=[(matrix(x[800:], y[800:]), "validation")], verbose_eval=False, callbacks=[callback])
    rounds = booster.num_boosted_rounds()
    assert booster.best_iteration + 1 < 60 and (rounds == booster.best_iteration + 1) == save_best
    booster.save_model(folder / "model.json")
    booster.save_model(folder / "model.ubj")
    rows = cases.hard_rows(x, thresholds(folder / "model.json"), False)
    # Booster.predict uses every round of the file.
    whole = dict(iteration_range=(0, rounds))
    cases.write(name, rows, booster.predict(matrix(rows), output_margin=True, **whole), booster.predict(matrix(rows), **whole),
                booster.predict(matrix(cases.explained(rows)), pred_contribs=True, **whole), objective="binary:logistic", library=f"xgboost {xgb.__version__}",
                best_rounds=0 if save_best else booster.best_iteration + 1)


def framed(name, towns=cases.TOWNS, rounds=None, save_best=False, **facts):
    """Trained on a data frame. From 3.1 on the file keeps the names; up to 3.3 a slice has lost them, and save_best slices."""
    folder = cases.folder(name)
    data, signal = cases.frame(towns)
    parameters = dict(tree_method="hist", max_cat_to_onehot=1, nthread=1, seed=3)
    training = xgb.DMatrix(data, signal, enable_categorical=True)
    stop = dict(evals=[(training, "training")], verbose_eval=False,
                callbacks=[xgb.callback.EarlyStopping(2, min_delta=.1, save_best=True)]) if save_best else {}
    booster = xgb.train(parameters, training, 20, **stop)
    assert (booster.num_boosted_rounds() < 20) == save_best
    rows = cases.other_order(data)
    named = VERSION >= (3, 1) and ((rounds is None and not save_best) or VERSION >= (3, 4))
    if rounds is not None:
        booster = booster[:rounds]
    booster.save_model(folder / "model.json")
    booster.save_model(folder / "model.ubj")
    # Without names, or with names that were cut, the library's own answer is right for the training's order only.
    whole = named and "names_refused" not in facts
    asked = rows if whole else rows.assign(**{c: rows[c].cat.set_categories(data[c].cat.categories) for c in ("town", "shop")})
    if VERSION < (3, 1) or not whole:
        codes = np.stack([asked[c].cat.codes.replace(-1, np.nan) if c != "width" else asked[c] for c in asked], 1)
        asked = xgb.DMatrix(codes.astype(np.float32), feature_names=list(data), feature_types=["c", "float", "c"], enable_categorical=True)
    else:
        asked = xgb.DMatrix(asked, enable_categorical=True)
    if named and whole:
        cases.write_csv(folder / "unseen.csv", rows, extra=[["Paris", 1, 10]])
    cases.write_frame(name, data, rows, booster.predict(asked, output_margin=True), by="names" if named else "codes",
                      library=f"xgboost {xgb.__version__}", **facts)


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
    if VERSION >= (2, 0):
        case("rank_unbiased", "rank:ndcg", lambdarank_unbiased=True)
    case("softprob", "multi:softprob", num_class=3)
    case("softprob_base_score", "multi:softprob", num_class=3, base_score=.8)
    case("softmax", "multi:softmax", num_class=3)
    case("parallel_trees", "binary:logistic", num_parallel_tree=4, subsample=.6, colsample_bynode=.6)
    case("parallel_trees_classes", "multi:softprob", num_class=3, num_parallel_tree=3, subsample=.6, colsample_bynode=.6)
    case("pruned", "binary:logistic", gamma=3, tree_method="exact")
    dropout("dart", "binary:logistic", booster="dart", rate_drop=.3)
    dropout("dart_classes", "multi:softprob", num_class=3, booster="dart", rate_drop=.3, normalize_type="forest")
    dropout("dart_parallel", "binary:logistic", num_parallel_tree=2, booster="dart", rate_drop=.5, one_drop=1)
    if VERSION >= (3, 3):
        dropout("dropout_without_booster", "binary:logistic", rate_drop=.5, one_drop=1)
    sliced("slice", "multi:softprob", 6, num_class=3)
    sliced("slice_dart", "binary:logistic", 6, booster="dart", rate_drop=.5, one_drop=1)
    early_stopped("stopped_early", False)
    early_stopped("stopped_early_save_best", True)
    framed("names")
    framed("names_slice", rounds=12)
    framed("names_save_best", save_best=True)
    cut = dict(names_refused="wrote the category names of input 'town' cut") if (3, 1) <= VERSION < (3, 4) else {}
    framed("names_beyond_ascii", cases.BEYOND_ASCII, **cut)
    case("categories_one_hot", "binary:logistic", categorical=True, max_cat_to_onehot=1000)
    case("categories_sets", "binary:logistic", categorical=True, max_cat_to_onehot=1)
    case("categories_classes", "multi:softprob", categorical=True, max_cat_to_onehot=20, num_class=3)

    train("refused_linear", "binary:logistic", booster="gblinear", tree_method="auto")
    cases.refused("refused_linear", "booster 'gblinear'")
    train("refused_objective", "binary:hinge")
    cases.refused("refused_objective", "objective 'binary:hinge'")
    train("refused_no_trees", "binary:logistic", rounds=0)
    cases.refused("refused_no_trees", "no trees")
    folder, booster, _ = train("refused_dump", "binary:logistic")
    (folder / "model.ubj").unlink()
    booster.dump_model(folder / "model.json", dump_format="json")
    booster.dump_model(folder / "model.txt")
    cases.refused("refused_dump", "dump_model, get_dump")
    folder, booster, _ = train("refused_pickle", "binary:logistic")
    (folder / "model.json").unlink()
    (folder / "model.ubj").unlink()
    (folder / "model.pkl").write_bytes(pickle.dumps(booster))
    cases.refused("refused_pickle", "it is a pickle")
    if VERSION < (3, 1):
        folder, booster, _ = train("refused_old_binary", "binary:logistic")
        (folder / "model.json").unlink()
        (folder / "model.ubj").unlink()
        (folder / "model.bin").write_bytes(booster.save_raw("deprecated"))
        cases.refused("refused_old_binary", "XGBoost's old binary format")
    if VERSION >= (2, 0):
        folder = cases.folder("refused_targets")
        x, signal = cases.data()
        parameters = dict(objective="reg:squarederror", multi_strategy="multi_output_tree", tree_method="hist", nthread=1)
        xgb.train(parameters, xgb.DMatrix(x, np.stack([signal, -signal], 1)), 3).save_model(folder / "model.json")
        cases.refused("refused_targets", "several targets")


main()
