"""What the three training scripts share: data, hard rows, and the files that format_parity_test reads.

A case is a folder: model.* (one or more forms of one model), rows.f32 or .f64 (row-major), margins.f32 or .f64 and
predictions.* (what the library itself says; row-major), case.txt with what the checker must know. A refused case has
case.txt and a model only.

A case of rows as people have them (`frame`) has rows.csv, with names of categories, and codes.csv, with their codes, instead
of numbers; and unseen.csv where the library refuses a name that training has not seen."""
import csv
import pathlib
import sys

import numpy as np

OUT = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None


def data(seed=7, rows=1200, categories=0):
    """Seven inputs; 2 has few values and many zeros, 5 is a category when asked, 6 is nearly always missing."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 7)).astype(np.float32)
    x[:, 1] *= np.float32(1e-30)
    x[:, 2] = rng.integers(-2, 3, rows)
    x[:, 3] *= np.float32(1e20)
    codes = rng.integers(0, max(categories, 4), rows)
    if categories:
        x[:, 5] = codes
    missing = rng.random(x.shape) < np.array([.1, .1, .1, .1, .0, .1, .9])
    signal = x[:, 0] - x[:, 4] ** 2 + .4 * x[:, 2] + np.isin(codes, [1, 2, 7, 11, 34, 40]) * 1.5
    signal = signal + .4 * rng.standard_normal(rows)
    x[missing] = np.nan
    return x, signal.astype(np.float32)


def hard_rows(x, thresholds, infinities, category_column=None, categories=0):
    """The training rows, and rows of the worst numbers: on every threshold, one float beside it, missing, tiny, huge."""
    np.seterr(over="ignore")
    rng = np.random.default_rng(11)
    tiny = [0, -0.0, 1e-45, -1e-45, 1.1754942e-38, 1e-35, -1e-35, np.nextafter(np.float32(1e-35), np.float32(1)), 1,
            3.4028235e38, -3.4028235e38, np.nan, np.nan]
    columns = []
    for f in range(x.shape[1]):
        values = np.array(tiny + ([np.inf, -np.inf] if infinities else []) + list(thresholds.get(f, [])), np.float32)
        near = np.array([np.nextafter(values, np.float32(np.inf)), np.nextafter(values, np.float32(-np.inf))])
        if not infinities:
            near[~np.isfinite(near)] = 0
        values = np.concatenate([values, near.reshape(-1)])
        if f == category_column:
            values = np.concatenate([np.arange(categories + 3), [-1, -.5, .5, 2.7, 31.9, 1e6, 16777215, 16777216, 2147483648, 3e9,
                                     np.nan]]).astype(np.float32)
        columns.append(rng.choice(values, 2003))
    return np.ascontiguousarray(np.concatenate([x, np.array(columns, np.float32).T.astype(np.float32)]))


def hard_doubles(x, thresholds, category_column, categories):
    """The same in doubles: on every threshold, one double beside it, and the floats around it."""
    np.seterr(over="ignore")
    rng = np.random.default_rng(12)
    zero = float(np.float32(1e-35))
    columns = []
    for f in range(x.shape[1]):
        own = np.array(thresholds.get(f, []))
        as_floats = own.astype(np.float32)
        floats = np.concatenate([as_floats, np.nextafter(as_floats, np.float32(np.inf)),
                                 np.nextafter(as_floats, np.float32(-np.inf))]).astype(np.float64)
        values = np.concatenate([own, floats, [0, -0.0, 5e-324, zero, -zero, 1, 1e300, -1e300, np.inf, -np.inf, np.nan]])
        values = np.concatenate([values, np.nextafter(values, np.inf), np.nextafter(values, -np.inf)])
        if f == category_column:
            whole = np.arange(-1, categories + 3).astype(np.float64)
            values = np.concatenate([whole, np.nextafter(whole, np.inf), np.nextafter(whole, -np.inf), [16777216, 3e9, np.nan]])
        columns.append(rng.choice(values, 2003))
    return np.ascontiguousarray(np.concatenate([x, np.array(columns).T]))


# Contributions are slow to make: of so many rows, spread over training rows and hard ones.
EXPLAINED = 240


def explained(rows):
    return rows[:: max(1, len(rows) // EXPLAINED)]


def write_contributions(name, contributions):
    """What the library says of explained(rows): rows by classes by inputs and bias, whatever shape it gives that."""
    np.asarray(contributions).astype("<f8").tofile(OUT / name / "contributions.f64")


def write(name, rows, margins, predictions, contributions=None, **facts):
    """Model files stand in the folder already. `contributions` are those of explained(rows). `facts` are lines of case.txt:
    objective=..., tolerance=..."""
    folder = OUT / name
    kind = "f32" if margins.dtype == np.float32 else "f64"
    wide = rows.dtype == np.float64
    rows.astype("<f8" if wide else "<f4").tofile(folder / ("rows.f64" if wide else "rows.f32"))
    margins.astype("<" + ("f4" if kind == "f32" else "f8")).tofile(folder / f"margins.{kind}")
    predictions.astype("<" + ("f4" if kind == "f32" else "f8")).tofile(folder / f"predictions.{kind}")
    if contributions is not None:
        write_contributions(name, contributions)
        facts.update(explained_every=max(1, len(rows) // EXPLAINED))
    facts.update(columns=rows.shape[1], rows="f64" if wide else "f32", kind=kind, outputs=predictions.size // len(rows), groups=margins.size // len(rows))
    (folder / "case.txt").write_text("".join(f"{key}={value}\n" for key, value in facts.items()))


TOWNS = ["Rome", "Oslo", "a, \"b\"", "Bonn"]
BEYOND_ASCII = ["Zürich", "Köln", "Łódź", "Bonn"]


def frame(towns=TOWNS, rows=1500, seed=4):
    """A frame with categories by texts and by numbers, a number between them, and a signal that needs both."""
    import pandas as pd
    rng = np.random.default_rng(seed)
    town, shop = rng.integers(0, 4, rows), rng.integers(0, 5, rows)
    signal = np.array([0, 3, 1, -2])[town] + np.array([2, -1, 0, 4, 1])[shop] + .1 * rng.standard_normal(rows)
    return pd.DataFrame({
        "town": pd.Categorical.from_codes(np.where(rng.random(rows) < .05, -1, town), towns),
        "width": rng.standard_normal(rows).astype(np.float32),
        "shop": pd.Categorical.from_codes(np.where(rng.random(rows) < .05, -1, shop), [30, 10, 20, 7, 1000])}), signal


def other_order(data):
    """The same rows in a frame whose categories stand in another order, and lack one: its codes are others."""
    import pandas as pd
    data = data[data.town != data.town.cat.categories[1]].reset_index(drop=True)
    return data.assign(**{name: pd.Categorical(data[name], categories=[c for c in data[name].cat.categories[::-1]
                                                                       if (data[name] == c).any()])
                          for name in data if hasattr(data[name], "cat")})


def write_csv(path, data, codes_of=None, extra=()):
    """Cells as names; with `codes_of` (the training frame) as its codes. None is an empty cell. `extra`: rows to follow."""
    with open(path, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(list(data))
        columns = []
        for name in data:
            values = data[name]
            known = {category: code for code, category in enumerate(codes_of[name].cat.categories)} \
                if codes_of is not None and hasattr(codes_of[name], "cat") else None
            columns.append(["" if value != value or value is None else
                            repr(float(value)) if isinstance(value, (float, np.floating)) and known is None else
                            known.get(value, "") if known is not None else value for value in values.astype(object)])
        writer.writerows(zip(*columns))
        writer.writerows(extra)


def write_frame(name, training, rows, margins, **facts):
    """`facts`: by=names, or by=codes where the file keeps no names; names_refused=words; unseen=how many cells."""
    path = OUT / name
    kind = "f32" if margins.dtype == np.float32 else "f64"
    write_csv(path / "rows.csv", rows)
    write_csv(path / "codes.csv", rows, training)
    margins.astype("<" + ("f4" if kind == "f32" else "f8")).tofile(path / f"margins.{kind}")
    (path / "case.txt").write_text("".join(f"{key}={value}\n" for key, value in dict(facts, kind=kind).items()))


def folder(name):
    path = OUT / name
    path.mkdir(parents=True)
    return path


def refused(name, words):
    (OUT / name / "case.txt").write_text(f"refused={words}\n")
