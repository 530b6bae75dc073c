"""Dropout and noise, regularisers and constraints."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


@zoo("dropout_mlp", "dropout", "keras2 keras3 keras2_export")
def dropout_mlp(kit):
    x = K.Input((6,), name="x")
    y = L.Dropout(0.3)(L.Dense(8, activation="relu")(x))
    y = L.Dropout(0.5)(L.Dense(8, activation="relu")(y))
    model = K.Model(x, L.Dense(3, name="logits")(y))
    return Spec(model, [{"x": kit.f(3, 6)}, {"x": kit.f(5, 6)}], head="logits")
