"""Keras' side of `whole`, each a process of its own. Runs in the environment that `run` makes.

whole_peer.py crops PHOTOS OUT COUNT     COUNT crops of the photos, as a folder for each label
whole_peer.py fit MODEL PHOTOS OUT       a dense layer on the frozen base, 20 epochs of fit
whole_peer.py cached MODEL PHOTOS OUT    the same layer on features that were computed once
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

SIZE, BATCH, EPOCHS = 224, 32, 20


def crops(photos, out, count):
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(photos) for name in names
                   if name.endswith(".jpg"))
    random = np.random.default_rng(7)
    for i in range(count):
        file = files[i % len(files)]
        picture = tf.io.decode_jpeg(tf.io.read_file(file), channels=3).numpy()
        height, width = (int(side * random.uniform(0.8, 1)) for side in picture.shape[:2])
        top = random.integers(0, picture.shape[0] - height + 1)
        left = random.integers(0, picture.shape[1] - width + 1)
        folder = os.path.join(out, os.path.basename(os.path.dirname(file)))
        os.makedirs(folder, exist_ok=True)
        data = tf.io.encode_jpeg(picture[top:top + height, left:left + width], quality=92).numpy()
        with open(os.path.join(folder, f"{i:04d}.jpg"), "wb") as written:
            written.write(data)


def parts(photos):
    """Training and test pictures, 80 and 20 of 100, each decoded and resized as Graft's graph does."""
    labels = sorted(os.listdir(photos))
    all_files = [(os.path.join(photos, label, name), i) for i, label in enumerate(labels)
                 for name in sorted(os.listdir(os.path.join(photos, label)))]
    np.random.default_rng(1).shuffle(all_files)
    cut = len(all_files) * 4 // 5

    def read(file, label):
        picture = tf.io.decode_jpeg(tf.io.read_file(file), channels=3)
        return tf.image.resize(picture, (SIZE, SIZE), antialias=True), label

    def dataset(some):
        names, targets = [name for name, _ in some], [int(label) for _, label in some]
        return tf.data.Dataset.from_tensor_slices((names, targets)).map(read, tf.data.AUTOTUNE).batch(BATCH).prefetch(2)

    return dataset(all_files[:cut]), dataset(all_files[cut:]), len(labels)


def main(how, model, photos, out):
    keras.utils.set_random_seed(7)
    train, test, labels = parts(photos)
    loaded = keras.models.load_model(model, compile=False)
    base = keras.Model(loaded.inputs, loaded.layers[-2].output)
    base.trainable = False
    dense = keras.layers.Dense(labels, activation="softmax")
    whole = keras.Sequential([base, dense])
    if how == "fit":
        learns, data = whole, train
    else:
        features = base.predict(train, verbose=0)
        targets = np.concatenate([labels.numpy() for _, labels in train])
        learns = keras.Sequential([keras.Input(features.shape[1:]), dense])
        data = tf.data.Dataset.from_tensor_slices((features, targets)).shuffle(len(targets)).batch(BATCH)
    learns.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    learns.fit(data, epochs=EPOCHS, verbose=0)
    whole.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = whole.evaluate(test, verbose=0)[1]
    whole.save(out, save_format="tf")
    print(json.dumps({"accuracy": float(accuracy)}))


if __name__ == "__main__":
    if sys.argv[1] == "crops":
        crops(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(*sys.argv[1:5])
