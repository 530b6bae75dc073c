"""LSTM, GRU and SimpleRNN in the forms that models use them."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def series(kit, *shapes):
    return [{"x": kit.f(*shape)} for shape in shapes]


def tokens(kit):
    return [{"ids": kit.padded([5, 2, 4], 5)}, {"ids": kit.padded([7, 3], 7)}]


@zoo("lstm", "lstm", "keras2 keras3 keras2_export tfsave")
def lstm(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.Dense(2, name="logits")(L.LSTM(4)(x)))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("gru", "gru", "keras2 keras3 keras2_export")
def gru(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.Dense(2, name="logits")(L.GRU(4)(x)))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("gru_reset_before", "gru", "keras2_export keras3")
def gru_reset_before(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.GRU(4, reset_after=False, return_sequences=True)(x))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)))


@zoo("simple_rnn", "rnn", "keras2 keras3 keras2_export")
def simple_rnn(kit):
    x = K.Input((None, 3), name="x")
    y = L.SimpleRNN(4, return_sequences=True)(x)
    return Spec(K.Model(x, L.SimpleRNN(3, activation="relu")(y)), series(kit, (2, 5, 3), (3, 6, 3)))
