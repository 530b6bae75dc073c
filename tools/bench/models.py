"""The networks that Graft and its peers train, built by Keras 2.15 with random weights: what all sides do is the same.

Those that PyTorch trains, too, are written once more in torch_models.py and matched by the names of their layers.
"""

import os
import sys

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from examples import CLASSES, made

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "backbone"))
import efficientnet_lite  # noqa: E402


def recurrent(layer, steps, depth=1):
    inputs = keras.Input((steps, 64))
    x = inputs
    for _ in range(depth - 1):
        x = layer(128, return_sequences=True)(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(layer(128)(x)))


def lstm():
    return recurrent(layers.LSTM, 50)


def gru():
    return recurrent(layers.GRU, 50)


def long_lstm():
    return recurrent(layers.LSTM, 1000, depth=2)


def transformer():
    """Two blocks, four heads, width 128, over 64 words; dropout as usual."""
    tokens = keras.Input((64,), dtype="int32")
    x = layers.Embedding(5000, 128)(tokens)
    for _ in range(2):
        seen = layers.MultiHeadAttention(4, 32, dropout=0.1)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(seen)]))
        wide = layers.Dense(128)(layers.Dense(512, activation="gelu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(wide)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(CLASSES, activation="softmax")(x))


def mobilenetv2():
    return keras.applications.MobileNetV2(weights=None, input_shape=(160, 160, 3), classes=CLASSES)


def mobilenetv2_frozen_bn():
    """All but BatchNorm trains, and that normalises by its moving statistics."""
    model = mobilenetv2()
    for layer in model.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    return model


def resnet50():
    return keras.applications.ResNet50(weights=None, input_shape=(160, 160, 3), classes=CLASSES)


def mobilenetv2_224():
    return keras.applications.MobileNetV2(weights=None, input_shape=(224, 224, 3), classes=CLASSES)


def resnet50_224():
    return keras.applications.ResNet50(weights=None, input_shape=(224, 224, 3), classes=CLASSES)


def efficientnet_lite0():
    """As in models/, with fewer labels and random weights; 224 px."""
    whole = efficientnet_lite.build("efficientnet-lite0")
    scores = layers.Dense(CLASSES, activation="softmax", name="predictions")(whole.get_layer("dropout").output)
    return keras.Model(whole.input, scores)


@keras.utils.register_keras_serializable("graft-bench")
class Positions(layers.Layer):
    """Adds a learned vector to each place, of which the first may be one more than was read."""

    def __init__(self, places, first=False, **other):
        super().__init__(**other)
        self.places, self.first = places, first

    def build(self, shape):
        if self.first:
            self.token = self.add_weight("token", (1, 1, shape[-1]))
        self.table = self.add_weight("table", (self.places, shape[-1]), initializer="random_normal")

    def call(self, x):
        if self.first:
            x = tf.concat([tf.tile(self.token, [tf.shape(x)[0], 1, 1]), x], 1)
        return x + self.table

    def get_config(self):
        return {**super().get_config(), "places": self.places, "first": self.first}


WIDTH, HEADS, DEPTH = 768, 12, 12  # of ViT-B and of BERT-base


def _attention(x, name, dropout):
    seen = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, dropout=dropout, name=f"{name}_attention")(x, x)
    return layers.Dropout(dropout)(seen) if dropout else seen


def _wide(x, name, dropout):
    x = layers.Dense(WIDTH, name=f"{name}_narrow")(layers.Dense(4 * WIDTH, activation="gelu", name=f"{name}_wide")(x))
    return layers.Dropout(dropout)(x) if dropout else x


def vit_b16():
    """ViT-B/16 at 224 px: patches of 16 px, a token of its own for the class, norms before."""
    image = keras.Input((224, 224, 3))
    x = layers.Conv2D(WIDTH, 16, strides=16, name="patches")(image)
    x = Positions(197, first=True, name="positions")(layers.Reshape((196, WIDTH))(x))
    for i in range(DEPTH):
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"block{i}_norm1")(x)
        x = layers.Add()([x, _attention(normed, f"block{i}", 0)])
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"block{i}_norm2")(x)
        x = layers.Add()([x, _wide(normed, f"block{i}", 0)])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax", name="predictions")(x[:, 0]))


def bert_base():
    """BERT-base over 128 words, without the embedding of segments: norms behind, dropout, a pooler on the first word."""
    words = keras.Input((128,), dtype="int32")
    x = Positions(128, name="positions")(layers.Embedding(30522, WIDTH, name="words")(words))
    x = layers.Dropout(0.1)(layers.LayerNormalization(epsilon=1e-12, name="norm")(x))
    for i in range(DEPTH):
        x = layers.Add()([x, _attention(x, f"block{i}", 0.1)])
        x = layers.LayerNormalization(epsilon=1e-12, name=f"block{i}_norm1")(x)
        x = layers.Add()([x, _wide(x, f"block{i}", 0.1)])
        x = layers.LayerNormalization(epsilon=1e-12, name=f"block{i}_norm2")(x)
    x = layers.Dropout(0.1)(layers.Dense(WIDTH, activation="tanh", name="pooler")(x[:, 0]))
    return keras.Model(words, layers.Dense(CLASSES, activation="softmax", name="predictions")(x))


def resnet152():
    return keras.applications.ResNet152(weights=None, input_shape=(224, 224, 3), classes=CLASSES)


def examples(model, count):
    """Made-up examples for a model: inputs, and the index of each one's label."""
    return made((count, *model.inputs[0].shape[1:]), model.inputs[0].dtype.is_integer)
