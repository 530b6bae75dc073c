"""Keras' side. Runs in the environment that `run` makes.

peer.py save MODEL DIR BATCH     saves a network of models.py under DIR, with examples for Graft and weights for PyTorch
peer.py train CASE.json          trains it: prints what it is, then waits for turns on its standard input (see turns)
"""

import glob
import importlib.metadata
import json
import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import boxes
import examples
import models
from turns import Turns, say

VERSION = f"Keras {importlib.metadata.version('keras')}, TensorFlow {tf.__version__}"
EPOCH = 1 << 20  # longer than any measurement


def save(name, folder, batch):
    keras.utils.set_random_seed(7)
    model = getattr(models, name)()
    for variable in model.variables:  # as in a trained network: TensorFlow's optimiser leaves out sums with zeros
        if re.search(r"(bias|beta|moving_mean):", variable.name):
            variable.assign(0.1 * tf.random.normal(variable.shape))
    model.save(f"{folder}/model", save_format="tf")
    names = [variable.name.split(":")[0] for variable in model.variables]
    assert len(set(names)) == len(names), "PyTorch's side takes weights by name"
    np.savez(f"{folder}/weights.npz", **{name: each.numpy() for name, each in zip(names, model.variables)})
    examples.write(folder, *models.examples(model, 4 * batch))


class AsCallback(keras.callbacks.Callback):
    def __init__(self, turns):
        super().__init__()
        self.turns = turns

    def on_train_batch_begin(self, batch, logs=None):
        self.turns.before_step()


def classifier(case):
    """A network that Keras saved, compiled, with examples."""
    model = keras.models.load_model(f"{case['folder']}/model")
    model.compile(keras.optimizers.Adam(case["rate"]), keras.losses.SparseCategoricalCrossentropy())
    return model, *models.examples(model, 4 * case["batch"])


def train(case):
    keras.utils.set_random_seed(7)
    model, inputs, labels = boxes.detector(case) if case["peer"] == "boxes" else classifier(case)
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
    inputs = np.concatenate([few] * examples.PASS)
    found = features.predict(few, batch_size=case["batch"], verbose=0)
    say(loss=float(np.abs(found).mean()), trains=0, version=VERSION)
    turns = Turns()
    while True:
        turns.before_step()
        features.predict(inputs, batch_size=case["batch"], verbose=0)


def decode(case):
    """All photos, again and again, as a training that computes features would read them."""
    paths = sorted(glob.glob(f"{case['root']}/testdata/photos/*/*.jpg"))

    def read(path):
        picture = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
        return tf.image.resize(picture, (224, 224), antialias=True)

    def photos(times):
        options = tf.data.Options()
        options.threading.private_threadpool_size = os.cpu_count()
        files = tf.data.Dataset.from_tensor_slices(paths * times)
        decoded = files.map(read, num_parallel_calls=os.cpu_count(), deterministic=True)
        return decoded.batch(case["batch"]).prefetch(2).with_options(options)

    mean = sum(float(tf.reduce_sum(batch)) for batch in photos(1)) / (len(paths) * 224 * 224 * 3)
    say(loss=mean, trains=len(paths), version=VERSION)
    turns, batches = Turns(), photos(4)
    while True:
        turns.before_step()
        for _ in batches:
            pass


if __name__ == "__main__":
    if sys.argv[1] == "save":
        save(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        with open(sys.argv[2]) as file:
            case = json.load(file)
        {"predict": predict, "decode": decode}.get(case["peer"], train)(case)
