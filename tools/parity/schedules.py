"""Makes testdata/parity/schedules.pb: the learning rates that Keras 2.15's schedules give, from a highest
rate of 1.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/schedules.py

Keys: `CASE`, the rate before step 0, 1, ... 119 of 100 planned ones; `plateau/losses`, the validation loss
after each epoch, and `plateau/PATIENCE`, the rate after each.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from tensorflow import keras

import values

s = keras.optimizers.schedules

CASES = {
    "cosine": s.CosineDecay(1.0, 100),
    "cosine_floor": s.CosineDecay(1.0, 100, alpha=0.1),
    "exponential": s.ExponentialDecay(1.0, 30, 0.5),
    "step": s.ExponentialDecay(1.0, 30, 0.5, staircase=True),
    "linear": s.PolynomialDecay(1.0, 100, end_learning_rate=0.0),
    "polynomial": s.PolynomialDecay(1.0, 100, end_learning_rate=0.05, power=2.0),
    "piecewise": s.PiecewiseConstantDecay([10, 50], [1.0, 0.3, 0.01]),
}


def plateau(losses, patience):
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=patience, min_lr=0.002)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(model.optimizer.learning_rate))
    return rates


def main():
    golden = {}
    for name, schedule in CASES.items():
        golden[name] = np.array([float(schedule(step)) for step in range(120)], np.float64)
    losses = [1.0, 0.8, 0.9, 0.79995, 0.81, 0.7, 0.71, 0.7, 0.72, 0.73, 0.6, 0.6, 0.6, 0.6, 0.61, 0.6, 0.5]
    golden["plateau/losses"] = np.array(losses, np.float64)
    for patience in (1, 2, 3):
        golden[f"plateau/{patience}"] = np.array(plateau(losses, patience), np.float64)
    values.write("schedules", golden)


if __name__ == "__main__":
    main()
