"""A head for boxes by hand in Keras, as Graft makes it: on maps of the backbone, which are computed once."""

import json
import math
import os
import sys
import time

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "boxes"))
import targets  # noqa: E402

CHANNELS, OF_BOXES = 96, 5
KEY = "/.ATTRIBUTES/VARIABLE_VALUE"


def handed(folder):
    """What Graft's side writes once it has a network."""
    path = os.path.join(folder, "work.json")
    parent = os.getppid()
    while not os.path.exists(path):
        if os.getppid() != parent:  # the run ended, since Graft's side failed
            sys.exit(1)
        time.sleep(0.2)
    with open(path) as file:
        return json.load(file)


def maps_of(work, batch):
    """The backbone's maps of all pictures, by the graph that Graft published."""
    found = [[] for _ in work["maps"]]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], work["version"])
        signature = loaded.signature_def["serving_bytes"]
        given = next(iter(signature.inputs.values())).name
        wanted = [f"serving_bytes/{name}" if ":" in name else f"serving_bytes/{name}:0" for name in work["maps"]]
        for i in range(0, len(work["pictures"]), batch):
            some = [open(path, "rb").read() for path in work["pictures"][i:i + batch]]
            for rows, more in zip(found, session.run(wanted, {given: some})):
                rows.append(more)
    return sorted((np.concatenate(rows) for rows in found), key=lambda rows: -rows.shape[1])  # the finest first


def normed(name, x):
    x = layers.BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)
    return layers.ReLU()(x)


def block(name, x):
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    return normed(name, layers.Conv2D(CHANNELS, 1, use_bias=False, name=f"{name}_conv")(x))


def network(shapes, labels):
    """Maps of strides 8, 16 and 32 in, [rows, columns, labels + 4] out."""
    inputs = [keras.Input(shape) for shape in shapes]
    lateral = []
    for stride, x in zip((8, 16, 32), inputs):
        x = layers.SpatialDropout2D(0.05)(x)
        x = layers.Conv2D(CHANNELS, 1, use_bias=False, name=f"boxes_lateral_{stride}_conv")(x)
        lateral.append(normed(f"boxes_lateral_{stride}", x))
    x = lateral[2]
    for finer in (lateral[1], lateral[0]):
        x = layers.Add()([finer, layers.UpSampling2D(2, interpolation="bilinear")(x)])
    for i in (1, 2):
        x = block(f"boxes_shared_{i}", x)
    x = layers.SpatialDropout2D(0.05)(x)
    centres = layers.Conv2D(labels, 1, name="boxes_centres")(block("boxes_centres_block", x))
    sides = layers.Conv2D(4, 1, name="boxes_sides")(block("boxes_sides_block", x))
    return keras.Model(inputs, layers.Concatenate()([centres, sides]))


def wanted_of(boxes, rows, columns, labels):
    """[rows, columns, labels + 5]: heat of each label, the box of each cell, and its weight; made once, before."""
    heat, owner, weight = targets.painted(boxes, rows, columns, labels)
    return np.concatenate([heat, owner, weight[..., None]], -1).astype(np.float32)


def loss_of(labels, boxes, worth):
    """The loss of each picture, divided by what a picture has of it in the mean."""

    def loss(wanted, raw):
        heat, owner, weight = tf.split(wanted, [labels, 4, 1], -1)
        logits, sides = tf.split(raw, [labels, 4], -1)
        p, at = tf.sigmoid(logits), tf.cast(heat >= 1, tf.float32)
        missed = at * (1 - p) ** 2 * tf.nn.softplus(-logits)
        focal = tf.reduce_sum(missed + (1 - heat) ** 4 * p ** 2 * tf.nn.softplus(logits), [1, 2, 3])
        reach = tf.exp(tf.clip_by_value(sides, -4, 5))
        x = tf.range(0.5, tf.cast(tf.shape(raw)[2], tf.float32))[None, None, :]
        y = tf.range(0.5, tf.cast(tf.shape(raw)[1], tf.float32))[None, :, None]
        left, top, right, bottom = x - reach[..., 0], y - reach[..., 1], x + reach[..., 2], y + reach[..., 3]
        wl, wt, wr, wb = tf.unstack(owner, axis=-1)
        common = tf.maximum(tf.minimum(right, wr) - tf.maximum(left, wl), 0) * tf.maximum(
            tf.minimum(bottom, wb) - tf.maximum(top, wt), 0)
        either = (right - left) * (bottom - top) + (wr - wl) * (wb - wt) - common
        around = (tf.maximum(right, wr) - tf.minimum(left, wl)) * (tf.maximum(bottom, wb) - tf.minimum(top, wt))
        unlike = 1 - common / either + (around - either) / around
        return focal / boxes + OF_BOXES * tf.reduce_sum(unlike * weight[..., 0], [1, 2]) / worth

    return loss


def detector(case):
    """The network with Graft's first weights, compiled, maps of pictures, and what it should answer to them."""
    work = handed(case["handed"])
    maps = maps_of(work, case["batch"])
    rows, columns = maps[0].shape[1:3]
    boxes = np.array(work["boxes"], np.float32).reshape(len(work["counts"]), work["most"], 6)
    each = [some[:count] for some, count in zip(boxes, work["counts"])]
    labels = int(max(some[:, 4].max() for some in each if len(some))) + 1
    model = network([each_map.shape[1:] for each_map in maps], labels)
    weights = tf.train.load_checkpoint(f"{work['version']}/variables/variables")
    for variable in model.variables:
        variable.assign(weights.get_tensor(variable.name.split(":")[0] + KEY))
    learned = np.concatenate(each)
    learned = learned[learned[:, 5] == 0]
    area = (learned[:, 2] - learned[:, 0]) * (learned[:, 3] - learned[:, 1]) * rows * columns * targets.CELL ** 2
    worth = np.log(np.maximum(area, math.e)).sum() / len(each)
    adam = keras.optimizers.Adam(case["rate"], global_clipnorm=10)
    model.compile(adam, loss_of(labels, len(learned) / len(each), worth))
    return model, tuple(maps), np.stack([wanted_of(some, rows, columns, labels) for some in each])
