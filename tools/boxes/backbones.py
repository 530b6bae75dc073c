#!/usr/bin/env python3
"""Saves networks with random weights that a head for boxes is put on by .ci/backbones.

    backbones.py FOLDER

Writes FOLDER/keras<2|3>/<name> for MobileNetV2, ResNet50, DenseNet121 and a plain CNN, in the Keras that runs this.
"""

import os
import shutil
import sys
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf

SIDE = 96


def plain():
    layers = tf.keras.layers
    network = [layers.Input((SIDE, SIDE, 3)), layers.Rescaling(1 / 255)]
    for channels in (16, 32, 48, 64, 96):
        network += [
            layers.Conv2D(channels, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
        ]
    network += [layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax")]
    return tf.keras.Sequential(network)


def main(folder):
    tf.keras.utils.set_random_seed(7)
    major = int(version("keras").split(".")[0])
    applications = tf.keras.applications
    made = {"plain": plain}
    for name in ("MobileNetV2", "ResNet50", "DenseNet121"):
        made[name] = lambda name=name: getattr(applications, name)(weights=None, input_shape=(SIDE, SIDE, 3))
    for name, build in made.items():
        directory = os.path.join(folder, f"keras{major}", name)
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        if major == 2:
            build().save(directory, save_format="tf")
        else:
            build().export(directory, verbose=False)
        tf.keras.backend.clear_session()
        print(directory)


if __name__ == "__main__":
    main(*sys.argv[1:])
