"""Attention and small transformers."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def encoder_block(y, heads, width, rate=0.0, **call):
    attended = L.MultiHeadAttention(heads, width // heads, dropout=rate)(y, y, **call)
    y = L.LayerNormalization(epsilon=1e-6)(L.Add()([y, attended]))
    inner = L.Dense(2 * width, activation="gelu")(y)
    inner = L.Dense(width)(inner)
    if rate:
        inner = L.Dropout(rate)(inner)
    return L.LayerNormalization(epsilon=1e-6)(L.Add()([y, inner]))


@zoo("transformer_encoder", "transformer", "keras2 keras3 keras2_export")
def transformer_encoder(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(10, 6)(ids)
    for _ in range(2):
        y = encoder_block(y, 2, 6)
    model = K.Model(ids, L.Dense(3, name="logits")(L.GlobalAveragePooling1D()(y)))
    return Spec(model, [{"ids": kit.i(2, 5, high=10)}, {"ids": kit.i(3, 7, high=10)}], head="logits")
