"""Makes testdata/examples: the small backbones and the data of the programs in modules/examples.

    cd tools/examples && python make.py      (Python 3.11, requirements.txt; some 3 minutes)

Pictures, sentences and signals are drawn by the rules in pictures.py and words.py, from fixed seeds. Three networks
are trained by Keras 2.15 on data drawn by these rules and saved with model.save: shapes/model tells six shapes in colour
pictures, films/model whether a sentence about a film is praise, machines/model four kinds of signal. The data that the
examples learn from are others: see testdata/examples/README.md. A rerun gives the same data, and networks that differ
in rounding.
"""

import csv
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import pictures as P
import tensorflow as tf
import words as W

K = tf.keras
L = K.layers
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "examples")


def write(image, *path):
    file = os.path.join(ROOT, *path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    encode = tf.io.encode_png(image) if image.shape[0] < 100 else tf.io.encode_jpeg(image, quality=92)
    tf.io.write_file(file + (".png" if image.shape[0] < 100 else ".jpg"), encode)


def folders(name, draw, labels, each, seed):
    rng = np.random.default_rng(seed)
    for label in labels:
        for i in range(each):
            write(draw(rng, label), name, label, f"{label}{i:02d}")


def taught(model, x, y, epochs, loss="sparse_categorical_crossentropy"):
    model.compile(K.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    split = len(y) * 9 // 10
    model.fit(x[:split], y[:split], 64, epochs, validation_data=(x[split:], y[split:]), verbose=2)
    return model


def shapes():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, len(P.KNOWN), 12000)
    x = np.stack([P.painted(rng, P.KNOWN[label]) for label in labels]).astype(np.float32)
    image = y = K.Input((32, 32, 3), name="image")
    y = L.Rescaling(1 / 127.5, -1, name="rescaling")(y)
    for block, (filters, stride) in enumerate([(16, 1), (24, 2), (32, 2), (48, 1)], 1):
        y = L.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=f"block{block}_conv")(y)
        y = L.BatchNormalization(name=f"block{block}_bn")(y)
        y = L.ReLU(name=f"block{block}_relu")(y)
    y = L.GlobalAveragePooling2D(name="pool")(y)
    model = K.Model(image, L.Dense(len(P.KNOWN), activation="softmax", name="predictions")(y), name="shapes")
    taught(model, x, labels, 12).save(os.path.join(ROOT, "shapes", "model"), include_optimizer=False)
    with open(os.path.join(ROOT, "shapes", "labels.txt"), "w") as file:
        file.write("\n".join(P.KNOWN) + "\n")

    folders("shapes/painted", P.painted, P.KNOWN + P.LATER, 40, 2)
    folders("shapes/fogged", P.fogged, P.KNOWN, 25, 3)
    folders("shapes/grey", P.scattered, P.FURTHER, 20, 4)
    rng = np.random.default_rng(5)
    rows = []
    for i in range(160):
        picture, facts = P.described(rng)
        write(picture, "shapes", "described", f"{i:03d}")
        rows.append({"file": f"described/{i:03d}.png"} | facts)
    table("shapes/attributes.csv", rows, ["file", "filled", "striped", "red", "large"])
    rng = np.random.default_rng(10)
    rows = []
    for i in range(150):
        shape, radius = P.KNOWN[i % len(P.KNOWN)], round(rng.uniform(6, 13), 1)
        write(P.painted(rng, shape, radius=radius), "shapes", "measured", f"{i:03d}")
        rows.append({"file": f"measured/{i:03d}.png", "shape": shape, "radius": radius})
    table("shapes/measured.csv", rows, ["file", "shape", "radius"])
    table("shapes/radius.csv", rows, ["file", "radius"])


def table(name, rows, columns):
    with open(os.path.join(ROOT, name), "w", newline="") as file:
        out = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def films():
    rng = np.random.default_rng(6)
    pairs = [W.film(rng) for _ in range(3000)]
    hotels = [W.hotel(rng, label) for label in ("praise", "complaint", "question") for _ in range(300)]
    vectorize = L.TextVectorization(200, output_sequence_length=16, name="words")
    vectorize.adapt([text for text, _ in pairs] + hotels)
    text = y = K.Input((), dtype="string", name="text")
    y = L.Embedding(200, 16, name="embedding")(vectorize(y))
    y = L.Conv1D(24, 3, activation="relu", name="conv")(y)
    y = L.GlobalMaxPooling1D(name="pool")(y)
    model = K.Model(text, L.Dense(2, activation="softmax", name="predictions")(y), name="films")
    texts = tf.constant([text for text, _ in pairs])
    taught(model, texts, np.array([good for _, good in pairs]), 4)
    model.save(os.path.join(ROOT, "films", "model"), include_optimizer=False)
    rng = np.random.default_rng(7)
    rows = [
        {"label": label, "text": W.hotel(rng, label)} for _ in range(40) for label in ("praise", "complaint", "question")
    ]
    table("films/hotels.csv", rows, ["label", "text"])


def machines():
    kinds = ["silent", "sine", "square", "saw"]
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 4, 4000)
    x = np.stack([W.signal(rng, kinds[label]) for label in labels])[..., None].astype(np.float32)
    signal = y = K.Input((None, 1), name="signal")
    y = L.LSTM(16, return_sequences=True, name="lstm_1")(y)
    y = L.LSTM(16, name="lstm_2")(y)
    model = K.Model(signal, L.Dense(4, activation="softmax", name="predictions")(y), name="machines")
    taught(model, x, labels, 12).save(os.path.join(ROOT, "machines", "model"), include_optimizer=False)
    rng = np.random.default_rng(9)
    with open(os.path.join(ROOT, "machines", "signals.csv"), "w") as file:
        for _ in range(40):
            for label in ("interrupted", "rising", "steady"):
                values = W.signal(rng, label)
                file.write(",".join([label, *(f"{v:g}" for v in values)]) + "\n")


if __name__ == "__main__":
    for name in ("shapes", "films", "machines"):
        shutil.rmtree(os.path.join(ROOT, name), ignore_errors=True)
        os.makedirs(os.path.join(ROOT, name))
    K.utils.set_random_seed(1)
    shapes()
    films()
    machines()
