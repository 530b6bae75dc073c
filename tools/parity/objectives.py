"""Makes testdata/parity/objectives.pb: values and gradients of Keras 2.15's losses, and its metrics.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/objectives.py

Keys: `CASE/logits`, `CASE/targets`, `CASE/loss` (of each example, [N]), `CASE/gradient` (of the sum over the
examples with respect to the logits); `metrics/KIND/logits`, `.../targets`, `.../NAME`. Everything is float64
but the targets where they are indices; positions (rank 3) are averaged for each example.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from keras.src.engine import data_adapter
from tensorflow import keras

import values

N, C, T = 7, 5, 3
losses = keras.losses
random = np.random.RandomState(11)


def draw(*shape):
    return random.standard_normal(shape) * 2


def indices(*shape):
    return random.randint(0, C, size=shape).astype(np.int32)


def ones(*shape):
    return (random.uniform(size=shape) < 0.4).astype(np.float64)


def shares(*shape):
    raw = random.uniform(size=shape)
    return raw / raw.sum(-1, keepdims=True)


def one_hot(labels):
    return np.eye(C)[labels]


WEIGHTS = np.array([0.5, 1.0, 2.0, 3.0, 0.25])


def by_class_weight(targets):
    """The weights that `fit(class_weight=...)` gives examples with these targets."""
    weigh = data_adapter._make_class_weight_map_fn(dict(enumerate(WEIGHTS)))
    return weigh(0, tf.constant(targets))[2]


NONE = keras.losses.Reduction.NONE
sparse, dense = indices(N), shares(N, C)
CASES = {
    "sparse": (sparse, losses.SparseCategoricalCrossentropy(from_logits=True, reduction=NONE)),
    "sparse_positions": (indices(N, T), losses.SparseCategoricalCrossentropy(from_logits=True, reduction=NONE)),
    "sparse_smoothed": (
        sparse,
        lambda y, x: losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction=NONE)(
            one_hot(y), x
        ),
    ),
    "sparse_weighted": (
        sparse,
        lambda y, x: losses.SparseCategoricalCrossentropy(from_logits=True, reduction=NONE)(
            y, x, sample_weight=WEIGHTS[y]
        ),
    ),
    "dense": (dense, losses.CategoricalCrossentropy(from_logits=True, reduction=NONE)),
    "dense_smoothed": (dense, losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction=NONE)),
    "binary": (ones(N, C), losses.BinaryCrossentropy(from_logits=True, reduction=NONE)),
    "binary_smoothed": (ones(N, C), losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, reduction=NONE)),
    "focal": (
        sparse,
        lambda y, x: losses.CategoricalFocalCrossentropy(from_logits=True, reduction=NONE)(one_hot(y), x),
    ),
    "focal_dense": (
        dense,
        losses.CategoricalFocalCrossentropy(from_logits=True, gamma=1.5, alpha=0.6, reduction=NONE),
    ),
    "binary_focal": (ones(N, C), losses.BinaryFocalCrossentropy(from_logits=True, reduction=NONE)),
    "squared": (draw(N, C), losses.MeanSquaredError(reduction=NONE)),
    "squared_positions": (draw(N, T, C), losses.MeanSquaredError(reduction=NONE)),
    "absolute": (draw(N, C), losses.MeanAbsoluteError(reduction=NONE)),
    "huber": (draw(N, C), losses.Huber(reduction=NONE)),
    "huber_wide": (draw(N, C), losses.Huber(delta=2.5, reduction=NONE)),
    "cosine": (draw(N, C), losses.CosineSimilarity(reduction=NONE)),
    "dense_weighted": (
        dense,
        lambda y, x: losses.CategoricalCrossentropy(from_logits=True, reduction=NONE)(
            y, x, sample_weight=by_class_weight(y)
        ),
    ),
}


def loss_values():
    found = {}
    for case, (targets, loss) in CASES.items():
        shape = targets.shape if targets.dtype == np.float64 else targets.shape + (C,)
        logits = tf.constant(draw(*shape))
        with tf.GradientTape() as tape:
            tape.watch(logits)
            each = loss(targets, logits)
            if len(each.shape) > 1:
                each = tf.reduce_mean(each, 1)
        found[f"{case}/logits"] = logits.numpy()
        found[f"{case}/targets"] = targets
        found[f"{case}/loss"] = each.numpy()
        found[f"{case}/gradient"] = tape.gradient(each, logits).numpy()
    found["class_weights"] = WEIGHTS
    return found


def macro_f1(holds, given):
    right, both = (holds * given).sum(0), holds.sum(0) + given.sum(0)
    return np.where(both == 0, 0, 2 * right / np.maximum(both, 1)).mean()


def per_label(metric, holds, given):
    """The mean over the labels of a Keras metric of one."""
    found = []
    for label in range(holds.shape[1]):
        metric.reset_state()
        metric.update_state(holds[:, label], given[:, label])
        found.append(metric.result().numpy())
    return np.mean(found)


def metric_values():
    n, c = 60, 8
    found = {}
    # one label
    labels = np.concatenate([np.arange(c), random.randint(0, c, size=n - c)]).astype(np.int32)
    logits = random.standard_normal((n, c)) + 1.2 * np.eye(c)[labels]
    holds, given = np.eye(c)[labels], np.eye(c)[logits.argmax(-1)]
    shares_of = tf.nn.softmax(logits).numpy()
    auc = keras.metrics.AUC(multi_label=True, num_labels=c)
    auc.update_state(holds, shares_of)
    found["one"] = {
        "logits": logits,
        "targets": labels,
        "accuracy": np.mean(keras.metrics.sparse_categorical_accuracy(labels, logits)),
        "top-5": np.mean(keras.metrics.sparse_top_k_categorical_accuracy(labels, logits.astype(np.float32), k=5)),
        "precision": per_label(keras.metrics.Precision(), holds, given),
        "recall": per_label(keras.metrics.Recall(), holds, given),
        "f1": macro_f1(holds, given),
        "auc": auc.result().numpy(),
    }
    # any number of labels
    holds = (random.uniform(size=(n, c)) < 0.3).astype(np.float64)
    logits = random.standard_normal((n, c)) + 1.5 * holds - 0.8
    shares_of = 1 / (1 + np.exp(-logits))
    given = (shares_of > 0.5).astype(np.float64)
    auc = keras.metrics.AUC(multi_label=True, num_labels=c)
    auc.update_state(holds, shares_of)
    accuracy = keras.metrics.BinaryAccuracy()
    accuracy.update_state(holds, shares_of)
    found["any"] = {
        "logits": logits,
        "targets": holds,
        "accuracy": accuracy.result().numpy(),
        "precision": per_label(keras.metrics.Precision(), holds, given),
        "recall": per_label(keras.metrics.Recall(), holds, given),
        "f1": macro_f1(holds, given),
        "auc": auc.result().numpy(),
    }
    # numbers
    wanted, answered = draw(n, 3), draw(n, 3)
    mae, rmse = keras.metrics.MeanAbsoluteError(), keras.metrics.RootMeanSquaredError()
    mae.update_state(wanted, answered)
    rmse.update_state(wanted, answered)
    r2 = keras.metrics.R2Score()
    r2.update_state(wanted, answered)
    found["numbers"] = {
        "logits": answered,
        "targets": wanted,
        "mae": mae.result().numpy(),
        "rmse": rmse.result().numpy(),
        "r2": r2.result().numpy(),
    }
    return {f"metrics/{kind}/{name}": value for kind, each in found.items() for name, value in each.items()}


def main():
    keras.backend.set_floatx("float64")
    values.write("objectives", {**loss_values(), **metric_values()})


if __name__ == "__main__":
    main()
