"""EfficientNet-Lite0 and -Lite1 as Keras functional models, the same code for Keras 2 and Keras 3.

The networks are those of Google's efficientnet/lite (Tan and Le, "EfficientNet: Rethinking Model Scaling for
Convolutional Neural Networks", ICML 2019, in its Lite form: no squeeze-and-excitation, ReLU6, stem and
top not scaled, the first and the last stage not repeated). Layers are named so that a person can say "from block13
on": stem_*, block0_* and so on, top_*, avg_pool, dropout, predictions.

Left out is what the original does in training alone between blocks (stochastic depth).
"""

import math

import keras
from keras import layers

CLASSES = 1000
# (repeats, kernel size, stride of the first, expansion, output channels) of each stage.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
# How deep each is beside the first, and the side of its pictures; all are as wide as the first.
SCALES = {"efficientnet-lite0": (1.0, 224), "efficientnet-lite1": (1.1, 240)}


def side(name):
    """Height and width of the pictures that the network takes."""
    return SCALES[name][1]


def repeats(name):
    """How many blocks each stage has: more of those between the first and the last in a deeper network."""
    deeper = [math.ceil(SCALES[name][0] * stage[0]) for stage in STAGES]
    return [STAGES[0][0], *deeper[1:-1], STAGES[-1][0]]


def blocks(name):
    """How many blocks the network has."""
    return sum(repeats(name))


def _normalised(x, convolution, name, activate=True):
    x = convolution(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu6")(x) if activate else x


def _conv(filters, size, stride, name):
    return layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, name=f"{name}_conv"
    )


def _block(x, name, size, stride, expansion, filters):
    """Inverted bottleneck: widen, filter each channel, narrow; added to its input where shapes allow."""
    start = x
    channels = x.shape[-1]
    if expansion != 1:
        x = _normalised(x, _conv(channels * expansion, 1, 1, f"{name}_expand"), f"{name}_expand")
    depthwise = layers.DepthwiseConv2D(
        size, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )
    x = _normalised(x, depthwise, f"{name}_depthwise")
    x = _normalised(x, _conv(filters, 1, 1, f"{name}_project"), f"{name}_project", activate=False)
    if stride == 1 and channels == filters:
        x = layers.Add(name=f"{name}_add")([x, start])
    return x


def build(name, activation="softmax"):
    """Returns the untrained model: RGB images with values 0..255 to 1000 scores.

    With activation None the scores are logits.
    """
    image = keras.Input((side(name), side(name), 3), name="image")
    # (x - 127) / 128, both constants exact in float32.
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(image)
    x = _normalised(x, _conv(32, 3, 2, "stem"), "stem")
    number = 0
    for times, (_, size, stride, expansion, filters) in zip(repeats(name), STAGES):
        for repeat in range(times):
            step = stride if repeat == 0 else 1
            x = _block(x, f"block{number}", size, step, expansion, filters)
            number += 1
    x = _normalised(x, _conv(1280, 1, 1, "top"), "top")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    scores = layers.Dense(CLASSES, activation=activation, name="predictions")(x)
    return keras.Model(image, scores, name=name)
