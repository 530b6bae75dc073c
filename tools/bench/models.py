"""The networks that Graft and Keras train, built by Keras 2.15 with random weights: what both sides do is the same."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

CLASSES = 10


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


def resnet152():
    return keras.applications.ResNet152(weights=None, input_shape=(224, 224, 3), classes=CLASSES)


def examples(model, count):
    """Made-up examples for a model: inputs, and the index of each one's label."""
    random = np.random.default_rng(7)
    shape = (count, *model.inputs[0].shape[1:])
    if model.inputs[0].dtype.is_integer:
        inputs = random.integers(0, 5000, shape).astype(np.int32)
    else:
        inputs = random.uniform(-1, 1, shape).astype(np.float32)
    return inputs, random.integers(0, CLASSES, count).astype(np.int32)
