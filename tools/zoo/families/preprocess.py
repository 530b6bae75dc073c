"""Preprocessing layers inside the model: tables, text, numbers, images."""

import numpy as np
import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers
COLOURS = ["red", "green", "blue", "grey"]


@zoo("string_lookup_classifier", "lookup", "keras2 keras3")
def string_lookup_classifier(kit):
    x = K.Input((1,), dtype="string", name="colour")
    y = L.StringLookup(vocabulary=COLOURS, num_oov_indices=1)(x)
    y = L.Flatten()(L.Embedding(6, 3)(y))
    model = K.Model(x, L.Dense(2, activation="softmax", name="predictions")(y))
    cases = [{"colour": kit.words(3, 1, vocabulary=COLOURS + ["none"])}, {"colour": kit.words(2, 1, vocabulary=COLOURS)}]
    return Spec(model, cases, head="predictions")
