"""Models of the installed CatBoost as JSON, with the margins and predictions of the model it trained. (Reading its own JSON
back it rounds some leaves to the neighbours of the doubles that are written there; the text itself is exact.)"""
import json

import catboost as cb
import numpy as np

import cases

FIXED = dict(verbose=0, thread_count=1, allow_writing_files=False, random_seed=3, iterations=30, depth=5)


def labels(loss, signal):
    if loss == "MultiClass":
        return np.digitize(signal, [-1, .3])
    return 10 * signal if loss in ("RMSE", "MAE") else (signal > -.5).astype(int)


def pool(x, y=None, loss=""):
    group = np.arange(len(x)) // 20 if loss in ("QueryRMSE", "YetiRank") else None
    return cb.Pool(x, y, group_id=group, thread_count=1)


def train(name, loss, edit=lambda x: x, **parameters):
    folder = cases.folder(name)
    x, signal = cases.data()
    x = edit(x)
    model = cb.CatBoost(dict(FIXED, loss_function=loss, **parameters))
    model.fit(pool(x, labels(loss, signal), loss))
    model.save_model(str(folder / "model.json"), format="json")
    return folder, x, model


def contributions(model, rows):
    """Of a model of classes: rows by classes by inputs and bias, as the others."""
    return model.get_feature_importance(pool(cases.explained(rows)), type="ShapValues", thread_count=1)


def case(name, loss, scale_and_bias=None, **more):
    folder, x, model = train(name, loss, **more)
    before = model.get_scale_and_bias()
    if scale_and_bias:
        model.set_scale_and_bias(*scale_and_bias)
        model.save_model(str(folder / "model.json"), format="json")
    features = json.loads((folder / "model.json").read_text())["features_info"]["float_features"]
    found = {feature["flat_feature_index"]: feature["borders"] or [] for feature in features}
    rows = cases.hard_rows(x, found, True)
    untrained = [feature["flat_feature_index"] for feature in features if not feature["has_nans"]]
    assert np.isnan(rows[:, untrained]).any(), "missing values where training had none are part of each case"
    margins = np.asarray(model.predict(pool(rows), prediction_type="RawFormulaVal", thread_count=1), np.float64)
    # CatBoost refuses to explain a scaled model: what it says of the same trees unscaled, scaled here.
    model.set_scale_and_bias(*before)
    values = contributions(model, rows)
    if scale_and_bias:
        values[:, -1] += scale_and_bias[1] / scale_and_bias[0] - before[1]
        values *= scale_and_bias[0]
        model.set_scale_and_bias(*scale_and_bias)
    kind = "Probability" if loss in ("Logloss", "CrossEntropy", "MultiClass") else "RawFormulaVal"
    predictions = np.asarray(model.predict(pool(rows), prediction_type=kind, thread_count=1), np.float64)
    if predictions.ndim == 2 and predictions.shape[1] == 2:
        predictions = predictions[:, 1]
    # CatBoost's exponential is an approximation of its own: probabilities agree to this, margins in every bit.
    cases.write(name, rows, margins, np.ascontiguousarray(predictions), values, objective=loss, tolerance="1e-14",
                library=f"catboost {cb.__version__}")


def missing_untrained():
    """nan_value_treatment says AsTrue, but has_nans denies it: what CatBoost does with such a file is what counts."""
    folder, x, model = train("missing_untrained", "Logloss", nan_mode="Max")
    path = folder / "model.json"
    document = json.loads(path.read_text())
    for feature in document["features_info"]["float_features"]:
        if feature["nan_value_treatment"] == "AsTrue":
            feature["has_nans"] = False
    path.write_text(json.dumps(document))
    trained, rows = model, x
    model = cb.CatBoost()
    model.load_model(str(path), format="json")
    # Reading JSON back rounds leaves: only the sides are compared, by rows that say them without a NaN.
    low = np.where(np.isnan(rows), np.float32(-np.inf), rows)
    assert (model.predict(pool(rows)) == model.predict(pool(low))).all(), "CatBoost no longer takes them for low"
    margins = np.asarray(trained.predict(pool(low), prediction_type="RawFormulaVal", thread_count=1), np.float64)
    scores = np.asarray(trained.predict(pool(low), prediction_type="Probability", thread_count=1), np.float64)[:, 1]
    cases.write("missing_untrained", rows, margins, np.ascontiguousarray(scores), contributions(trained, low), objective="Logloss", tolerance="1e-14",
                library=f"catboost {cb.__version__}")


def asked(name, model, x, loss="Logloss"):
    """A model that was shrunk or stopped, saved and asked as it is now."""
    path = cases.OUT / name / "model.json"
    model.save_model(str(path), format="json")
    features = json.loads(path.read_text())["features_info"]["float_features"]
    rows = cases.hard_rows(x, {feature["flat_feature_index"]: feature["borders"] or [] for feature in features}, True)
    margins = np.asarray(model.predict(pool(rows), prediction_type="RawFormulaVal", thread_count=1), np.float64)
    scores = np.asarray(model.predict(pool(rows), prediction_type="Probability", thread_count=1), np.float64)[:, 1]
    cases.write(name, rows, margins, np.ascontiguousarray(scores), contributions(model, rows), objective=loss, tolerance="1e-14",
                library=f"catboost {cb.__version__}")


def early_stopped():
    """use_best_model cuts the model itself."""
    cases.folder("stopped_early")
    x, signal = cases.data()
    y = ((signal > -.5) ^ (np.random.default_rng(1).random(len(x)) < .3)).astype(int)
    model = cb.CatBoost(dict(FIXED, loss_function="Logloss", iterations=60, learning_rate=.6, use_best_model=True))
    model.fit(pool(x[:800], y[:800]), eval_set=pool(x[800:], y[800:]))
    assert model.tree_count_ < 60
    asked("stopped_early", model, x)


def refused_sum_and_binary():
    _, x, first = train("refused_sum", "Logloss")
    second = cb.CatBoost(dict(FIXED, loss_function="Logloss", depth=3))
    second.fit(pool(x, labels("Logloss", cases.data()[1])))
    total = cb.sum_models([first, second], weights=[.3, .7])
    total.save_model(str(cases.OUT / "refused_sum" / "model.json"), format="json")
    cases.refused("refused_sum", "CatBoost's sum of 2 models (sum_models)")
    folder, _, model = train("refused_binary", "Logloss")
    (folder / "model.json").unlink()
    model.save_model(str(folder / "model.cbm"))
    cases.refused("refused_binary", "CatBoost's binary format (.cbm)")
    folder, _, model = train("refused_onnx", "RMSE", edit=np.nan_to_num)
    (folder / "model.json").unlink()
    model.save_model(str(folder / "model.onnx"), format="onnx")
    cases.refused("refused_onnx", "an ONNX file")


def main():
    for loss in ("Logloss", "CrossEntropy", "RMSE", "MAE", "QueryRMSE", "YetiRank", "MultiClass"):
        case(loss.lower(), loss)
    case("stumps", "Logloss", depth=1)
    case("deep", "RMSE", depth=10, iterations=5)
    case("nan_mode_max", "Logloss", nan_mode="Max")
    case("no_missing", "Logloss", edit=lambda x: np.nan_to_num(x))
    missing_untrained()
    case("scale_and_bias", "RMSE", scale_and_bias=(.3, 7.1))
    case("boost_from_average", "Logloss", boost_from_average=True)
    early_stopped()
    _, x, model = train("slice", "Logloss")
    model.shrink(8)
    asked("slice", model, x)

    refused_sum_and_binary()
    train("refused_grow_policy", "RMSE", grow_policy="Lossguide")
    cases.refused("refused_grow_policy", "grow_policy")
    train("refused_objective", "Poisson", edit=lambda x: x)
    cases.refused("refused_objective", "loss function 'Poisson'")
    folder = cases.folder("refused_categories")
    x, signal = cases.data(categories=45)
    text = np.nan_to_num(x[:, 5]).astype(int).astype(str)
    table = np.concatenate([x[:, :5].astype(object), text[:, None]], 1)
    model = cb.CatBoost(dict(FIXED, loss_function="Logloss", iterations=5))
    data = cb.Pool(table, (signal > -.5).astype(int), cat_features=[5], thread_count=1)
    model.fit(data)
    model.save_model(str(folder / "model.json"), format="json", pool=data)
    cases.refused("refused_categories", "categorical inputs are not supported")


main()
