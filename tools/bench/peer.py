"""Keras' side. Runs in the environment that `run` makes.

peer.py save MODEL DIR BATCH     saves a network of models.py, with examples for Graft, under DIR
peer.py train CASE.json          trains it: prints what it is, then waits for turns on its standard input (see turns)
"""

import importlib.metadata
import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import models

VERSION = f"Keras {importlib.metadata.version('keras')}, TensorFlow {tf.__version__}"
EPOCH = 1 << 20  # longer than any measurement
PASS = 8  # times the examples, in a pass for features


def save(name, folder, batch):
    keras.utils.set_random_seed(7)
    model = getattr(models, name)()
    model.save(f"{folder}/model", save_format="tf")
    inputs, labels = models.examples(model, 4 * batch)
    inputs.tofile(f"{folder}/inputs.bin")
    labels.tofile(f"{folder}/labels.bin")
    with open(f"{folder}/examples.json", "w") as file:
        json.dump({"shape": list(inputs.shape), "dtype": inputs.dtype.name, "classes": models.CLASSES}, file)


def say(**values):
    print(json.dumps(values), flush=True)


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Turns:
    """Lets steps happen when the other end asks for some, and tells how long they took."""

    def __init__(self):
        self.left = 0
        self.asked = 0

    def before_step(self):
        if self.left == 0:
            if self.asked:
                seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
                say(seconds=seconds / self.asked, cpu=cpu / self.asked, megabytes=peak_megabytes())
            line = sys.stdin.readline()
            if not line.strip():
                sys.exit(0)
            self.asked = self.left = int(line)
            self.cpu, self.began = time.process_time(), time.perf_counter()
        self.left -= 1


class AsCallback(keras.callbacks.Callback):
    def __init__(self, turns):
        super().__init__()
        self.turns = turns

    def on_train_batch_begin(self, batch, logs=None):
        self.turns.before_step()


def train(case):
    keras.utils.set_random_seed(7)
    model = keras.models.load_model(f"{case['folder']}/model")
    inputs, labels = models.examples(model, 4 * case["batch"])
    model.compile(keras.optimizers.Adam(case["rate"]), keras.losses.SparseCategoricalCrossentropy())
    data = tf.data.Dataset.from_tensor_slices((inputs, labels))
    batches = data.repeat().batch(case["batch"], drop_remainder=True).prefetch(2)
    loss = model.evaluate(data.batch(case["batch"]), verbose=0)
    say(loss=loss, trains=len(model.trainable_variables), version=VERSION)
    turns = Turns()
    if case["peer"] == "fit":
        model.fit(batches, steps_per_epoch=EPOCH, verbose=0, callbacks=[AsCallback(turns)])
    step, iterator = model.make_train_function(), iter(batches)
    while True:
        turns.before_step()
        step(iterator)


def predict(case):
    """What the last layer reads of many examples, again and again."""
    model = keras.models.load_model(f"{case['folder']}/model")
    features = keras.Model(model.inputs, model.layers[-2].output)
    few, _ = models.examples(model, 4 * case["batch"])
    inputs = np.concatenate([few] * PASS)
    found = features.predict(few, batch_size=case["batch"], verbose=0)
    say(loss=float(np.abs(found).mean()), trains=0, version=VERSION)
    turns = Turns()
    while True:
        turns.before_step()
        features.predict(inputs, batch_size=case["batch"], verbose=0)


if __name__ == "__main__":
    if sys.argv[1] == "save":
        save(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        with open(sys.argv[2]) as file:
            case = json.load(file)
        predict(case) if case["peer"] == "predict" else train(case)
