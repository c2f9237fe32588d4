"""Tables that scikit-learn brings along, learned by the program `harmonium` with nothing but its defaults, beside
scikit-learn's own models on the same rows: means over five splits in which a third is kept aside.

    sklearn_tables.py PROGRAM WORK [TABLE[:SPLITS] ...]

Fails if a mean misses its bound."""
import csv
import os
import subprocess
import sys
import time

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

PROGRAM, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
OPTIONS = os.environ.get("HARMONIUM_OPTIONS", "").split()
SPLITS = 5
TABLES = {  # loader, name, words for classes, bound
    "digits": (datasets.load_digits, "zero one two three four five six seven eight nine".split(), 0.97),
    "breast cancer": (datasets.load_breast_cancer, None, 0.95),
    "wine": (datasets.load_wine, ["barolo", "grignolino", "barbera"], 0.96),
    "iris": (datasets.load_iris, None, 0.93),
    "diabetes": (datasets.load_diabetes, None, 0.42),
}


def write(path, names, x, target=None, y=None):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(list(names) + ([target] if target else []))
        for i, row in enumerate(x):
            rows.writerow([repr(float(number)) for number in row] + ([y[i]] if target else []))


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], cwd=WORK, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"harmonium {' '.join(arguments)}\n{done.stdout}{done.stderr}")


def column(path, index=0):
    with open(path, newline="") as file:
        return [row[index] for row in csv.reader(file)][1:]


def predicted(names, x, y, new):
    write(os.path.join(WORK, "train.csv"), names, x, "answer", y)
    write(os.path.join(WORK, "new.csv"), names, new)
    run("train", "train.csv", "--target", "answer", "-o", "results", *OPTIONS)
    run("predict", "results/model.safetensors", "new.csv", "-o", "predicted.csv")
    return column(os.path.join(WORK, "predicted.csv"))


def names_of(data):
    names = getattr(data, "feature_names", None)
    return [f"c{i}" for i in range(data.data.shape[1])] if names is None else [str(name) for name in names]


def compare(load, words, split):
    data = load()
    classes = len(np.unique(data.target)) <= 10
    words = words or [str(word) for word in getattr(data, "target_names", [])]
    y = np.array([words[i] for i in data.target]) if classes else data.target
    x, new, y, truth = train_test_split(data.data, y, test_size=1 / 3, random_state=split,
                                        stratify=y if classes else None)
    own = predicted(names_of(data), x, y, new)
    if not classes:
        ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 20))).fit(x, y)
        rbm = make_pipeline(MinMaxScaler(clip=True), BernoulliRBM(100, random_state=split),
                            RidgeCV(np.logspace(-2, 3, 20))).fit(x, y)
        return [r2_score(truth, np.array(own, float)), *(r2_score(truth, m.predict(new)) for m in (ridge, rbm))]
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x, y)
    rbm = make_pipeline(MinMaxScaler(clip=True), BernoulliRBM(100, learning_rate=0.06, n_iter=20, random_state=split),
                        LogisticRegression(C=100, max_iter=2000)).fit(x, y)
    return [np.mean(np.array(own) == truth), *(np.mean(m.predict(new) == truth) for m in (plain, rbm))]


def anomalies(split):
    """Learns benign rows only; how well are malignant ones told from other benign ones?"""
    data = datasets.load_breast_cancer()
    benign, malignant = data.data[data.target == 1], data.data[data.target == 0]
    x, other = train_test_split(benign, test_size=1 / 3, random_state=split)
    names = names_of(data)
    write(os.path.join(WORK, "train.csv"), names, x)
    write(os.path.join(WORK, "new.csv"), names, np.concatenate([other, malignant]))
    run("train", "train.csv", "-o", "results")
    run("score", "results/model.safetensors", "new.csv", "-o", "scores.csv")
    return roc_auc_score([0] * len(other) + [1] * len(malignant),
                         np.array(column(os.path.join(WORK, "scores.csv")), float))


def main():
    os.makedirs(WORK, exist_ok=True)
    wanted = sys.argv[3:] or [*TABLES, "anomalies"]
    failed = []
    print("table | measure | `harmonium` | logistic or ridge regression | `BernoulliRBM` and the same | bound")
    print("---|---|---|---|---|---", flush=True)
    for name in wanted:
        begin = time.time()
        name, _, splits = name.partition(":")
        splits = range(int(splits or SPLITS))
        if name == "anomalies":
            results = np.array([[anomalies(split), np.nan, np.nan] for split in splits])
            measure, bound = "area under the ROC curve", 0.95
        else:
            load, words, bound = TABLES[name]
            results = np.array([compare(load, words, split) for split in splits])
            measure = "R²" if name == "diabetes" else "right"
        means = results.mean(axis=0)
        percent = measure == "right"
        cells = ["" if np.isnan(m) else f"{100 * m:.1f} %" if percent else f"{m:.3f}" for m in [*means, bound]]
        print(" | ".join([name, measure, *cells]), flush=True)
        print(f"{name}: {np.round(results[:, 0], 3)} in {time.time() - begin:.0f} s", file=sys.stderr, flush=True)
        if not means[0] >= bound:
            failed.append(f"{name}: {means[0]:.4f} misses {bound}")
    sys.exit("\n".join(failed) or None)


main()
