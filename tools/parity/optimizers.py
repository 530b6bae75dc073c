"""Makes testdata/parity/optimizers.pb: what Keras 2.15's optimizers do to a matrix with dense gradients and
to a table with sparse ones, over some steps.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/optimizers.py

Keys, for each case and dtype (float32, float64): `CASE/DTYPE/rate`, the learning rate, Keras' own default;
`CASE/DTYPE/STEP/VARIABLE` and `.../STEP/VARIABLE/SLOT`, the values after step 1, 2, ... Inputs, the same
for all cases: `start/DTYPE/VARIABLE`, `gradient/DTYPE/STEP/dense`, and `indices/STEP` with
`gradient/DTYPE/STEP/rows` for the table. Rows are named twice, and some not at all; some numbers are as
small as epsilon, so that its place in the formula counts.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import values

STEPS = 6
o = keras.optimizers


def excluding(optimizer, *names):
    optimizer.exclude_from_weight_decay(var_names=list(names))
    return optimizer


CASES = {
    "sgd": lambda: o.SGD(),
    "sgd_momentum": lambda: o.SGD(momentum=0.9),
    "sgd_nesterov": lambda: o.SGD(momentum=0.9, nesterov=True),
    "sgd_decay": lambda: o.SGD(momentum=0.9, weight_decay=0.1),
    "sgd_clip_value": lambda: o.SGD(clipvalue=0.05),
    "sgd_clip_norm": lambda: o.SGD(clipnorm=0.5),
    "sgd_clip_global_norm": lambda: o.SGD(global_clipnorm=0.5),
    "adam": lambda: o.Adam(),
    "adam_amsgrad": lambda: o.Adam(amsgrad=True),
    "adam_clip_value": lambda: o.Adam(clipvalue=0.05),
    "adam_clip_norm": lambda: o.Adam(clipnorm=0.5),
    "adam_clip_global_norm": lambda: o.Adam(global_clipnorm=0.5),
    "adamw": lambda: o.AdamW(),
    "adamw_amsgrad": lambda: o.AdamW(amsgrad=True, weight_decay=0.1),
    "adamw_excluding": lambda: excluding(o.AdamW(weight_decay=0.1), "^tab"),
    "rmsprop": lambda: o.RMSprop(),
    "rmsprop_momentum": lambda: o.RMSprop(momentum=0.9),
    "rmsprop_centered": lambda: o.RMSprop(centered=True),
    "rmsprop_centered_momentum": lambda: o.RMSprop(momentum=0.9, centered=True),
    "adagrad": lambda: o.Adagrad(),
    "adagrad_from_zero": lambda: o.Adagrad(initial_accumulator_value=0.0, epsilon=1e-3),
}


def inputs():
    """The start and the gradients of each step, in float64 but exact in float32."""
    random = np.random.RandomState(7)

    def draw(*shape):
        return random.standard_normal(shape).astype(np.float32).astype(np.float64)

    start = {"matrix": draw(3, 4), "table": draw(6, 4)}
    steps = []
    for _ in range(STEPS):
        dense = draw(3, 4)
        dense[0] *= np.float32(1e-7)
        dense[1, 0] = 0
        rows = draw(4, 4)
        rows[3] *= np.float32(1e-7)
        indices = random.choice(5, size=4)  # row 5 is never named
        indices[1] = indices[0]
        steps.append((dense.astype(np.float32), indices.astype(np.int32), rows.astype(np.float32)))
    return start, steps


def run(make, dtype, start, steps):
    """Values by the rest of their key."""
    found = {}
    tensors = {name: tf.Variable(value.astype(dtype), name=name) for name, value in start.items()}
    matrix, table = tensors["matrix"], tensors["table"]
    optimizer = make()
    found["rate"] = np.asarray(optimizer.learning_rate.numpy(), np.float64)
    for step, (dense, indices, rows) in enumerate(steps, 1):
        slices = tf.IndexedSlices(tf.constant(rows.astype(dtype)), tf.constant(indices), tf.constant([6, 4]))
        optimizer.apply_gradients([(tf.constant(dense.astype(dtype)), matrix), (slices, table)])
        for name, variable in tensors.items():
            found[f"{step}/{name}"] = variable.numpy()
        for variable in optimizer.variables:
            parts = variable.name.split(":")[0].split("/")  # Adam/m/matrix
            if parts[-1] in tensors:
                found[f"{step}/{parts[-1]}/{parts[-2]}"] = variable.numpy()
    return found


def main():
    start, steps = inputs()
    all_values = {}
    for step, (dense, indices, rows) in enumerate(steps, 1):
        all_values[f"indices/{step}"] = indices
        for dtype in ("float32", "float64"):
            all_values[f"gradient/{dtype}/{step}/dense"] = dense.astype(dtype)
            all_values[f"gradient/{dtype}/{step}/rows"] = rows.astype(dtype)
    for dtype in ("float32", "float64"):
        keras.backend.set_floatx(dtype)
        for name, value in start.items():
            all_values[f"start/{dtype}/{name}"] = value.astype(dtype)
        for case, make in CASES.items():
            for key, value in run(make, dtype, start, steps).items():
                all_values[f"{case}/{dtype}/{key}"] = value
    values.write("optimizers", all_values)


if __name__ == "__main__":
    main()
