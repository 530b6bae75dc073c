"""Makes testdata/surgery: small networks of eight families, and what Keras makes of them after surgery.

    cd tools/surgery && python make.py [--only NAME ...]      (Python 3.11, requirements.txt)

For each family: a network with random weights and BatchNorm statistics, saved by Keras 2.15 as it would be found
(model/); then, in Python on the same weights, the edits that golden.json tells (cut at a layer, a new head, what is
frozen), and golden.pb with the head's values, two pictures, their logits, and the gradient of the mean cross-entropy for
every variable that trains. Layers run in inference mode: that is how Graft trains what was imported. A rerun gives equal
values; Graft has to give the same logits and gradients and train the same variables.
"""

import argparse
import json
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2

K = tf.keras
L = K.layers
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "surgery")


def conv_bn(y, filters, name, kernel=3, strides=1, activation="relu"):
    y = L.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False, name=name + "_conv")(y)
    y = L.BatchNormalization(epsilon=1e-3, name=name + "_bn")(y)
    return L.Activation(activation, name=name + "_act")(y) if activation else y


def finish(x, y, classes=4):
    y = L.GlobalAveragePooling2D(name="avg_pool")(y)
    return K.Model(x, L.Dense(classes, activation="softmax", name="predictions")(y))


def vgg():
    x = y = K.Input((16, 16, 3), name="image")
    for block, filters in ((1, 4), (2, 6)):
        for i in (1, 2):
            y = L.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{i}")(y)
        y = L.MaxPooling2D(name=f"block{block}_pool")(y)
    y = L.Dense(8, activation="relu", name="fc1")(L.Flatten(name="flatten")(y))
    return K.Model(x, L.Dense(4, activation="softmax", name="predictions")(y))


def resnet():
    x = K.Input((16, 16, 3), name="image")
    y = conv_bn(x, 4, "stem", strides=2)
    for block in (1, 2):
        z = conv_bn(y, 4, f"block{block}_1")
        z = conv_bn(z, 4, f"block{block}_2", activation=None)
        y = L.ReLU(name=f"block{block}_out")(L.Add(name=f"block{block}_add")([y, z]))
    return finish(x, y)


def mobilenet():
    x = K.Input((16, 16, 3), name="image")
    y = conv_bn(x, 4, "stem", strides=2)
    for block in (1, 2):
        z = conv_bn(y, 8, f"block_{block}_expand", kernel=1)
        z = L.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"block_{block}_depthwise")(z)
        z = L.ReLU(6.0, name=f"block_{block}_relu")(L.BatchNormalization(name=f"block_{block}_depthwise_bn")(z))
        y = L.Add(name=f"block_{block}_add")([y, conv_bn(z, 4, f"block_{block}_project", kernel=1, activation=None)])
    return finish(x, y)


def efficientnet():
    x = K.Input((16, 16, 3), name="image")
    y = L.Rescaling(1 / 255.0, name="rescaling")(x)
    y = conv_bn(y, 4, "stem", strides=2, activation="swish")
    for block in (1, 2):
        z = conv_bn(y, 8, f"block{block}_expand", kernel=1, activation="swish")
        s = L.GlobalAveragePooling2D(keepdims=True, name=f"block{block}_squeeze")(z)
        s = L.Conv2D(2, 1, activation="swish", name=f"block{block}_reduce")(s)
        s = L.Conv2D(8, 1, activation="sigmoid", name=f"block{block}_excite")(s)
        z = L.Multiply(name=f"block{block}_scale")([z, s])
        y = L.Add(name=f"block{block}_add")([y, conv_bn(z, 4, f"block{block}_project", kernel=1, activation=None)])
    return finish(x, y)


def densenet():
    x = K.Input((16, 16, 3), name="image")
    y = L.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
    for block in (1, 2, 3):
        z = L.BatchNormalization(name=f"block{block}_bn")(y)
        z = L.Conv2D(3, 3, padding="same", use_bias=False, name=f"block{block}_conv")(L.ReLU(name=f"block{block}_relu")(z))
        y = L.Concatenate(name=f"block{block}_concat")([y, z])
    return finish(x, L.BatchNormalization(name="bn")(y))


def inception():
    x = K.Input((16, 16, 3), name="image")
    y = conv_bn(x, 4, "stem", strides=2)
    for block in (1, 2):
        a = conv_bn(y, 3, f"mixed{block}_a", kernel=1)
        b = conv_bn(conv_bn(y, 3, f"mixed{block}_b1", kernel=1), 3, f"mixed{block}_b2", kernel=(1, 3))
        c = conv_bn(L.AveragePooling2D(3, 1, padding="same", name=f"mixed{block}_pool")(y), 2, f"mixed{block}_c", kernel=1)
        y = L.Concatenate(name=f"mixed{block}")([a, b, c])
    return finish(x, y)


def xception():
    x = K.Input((16, 16, 3), name="image")
    y = conv_bn(x, 4, "stem", strides=2)
    for block in (1, 2):
        z = L.SeparableConv2D(6, 3, padding="same", use_bias=False, name=f"block{block}_sepconv")(y)
        z = L.BatchNormalization(name=f"block{block}_sepconv_bn")(z)
        short = L.Conv2D(6, 1, use_bias=False, name=f"block{block}_short")(y)
        y = L.ReLU(name=f"block{block}_relu")(L.Add(name=f"block{block}_add")([z, short]))
    return finish(x, y)


def convnext():
    x = K.Input((16, 16, 3), name="image")
    y = L.LayerNormalization(epsilon=1e-6, name="stem_norm")(L.Conv2D(6, 4, strides=4, name="stem_conv")(x))
    for block in (1, 2):
        z = L.DepthwiseConv2D(3, padding="same", name=f"block{block}_depthwise")(y)
        z = L.LayerNormalization(epsilon=1e-6, name=f"block{block}_norm")(z)
        z = L.Dense(12, activation="gelu", name=f"block{block}_expand")(z)
        y = L.Add(name=f"block{block}_add")([y, L.Dense(6, name=f"block{block}_project")(z)])
    return finish(x, y)


# name -> network, where to cut, hidden units of the new head, what is frozen in Graft's words and in Keras'
BATCH_NORM = "class BatchNormalization"
CASES = {
    "vgg": (vgg, "block2_pool", 0, "until block2_conv1", None),
    "resnet": (resnet, "avg_pool", 0, "until block2_1_conv", None),
    "mobilenet": (mobilenet, "block_1_add", 0, "stem*", "stem"),
    "efficientnet": (efficientnet, "avg_pool", 5, "all", ""),
    "densenet": (densenet, "block2_concat", 0, "role kernel", "kernel"),
    "inception": (inception, "avg_pool", 0, BATCH_NORM, BATCH_NORM),
    "xception": (xception, "block2_relu", 4, "until block2_sepconv or class BatchNormalization", BATCH_NORM),
    "convnext": (convnext, "block2_add", 0, "block1_* or stem_*", ("block1_", "stem_")),
}
NEW_UNITS = 3


def randomise(model, rng):
    for v in model.variables:
        name = v.name
        value = rng.normal(0, 0.3, v.shape)
        if "variance" in name:
            value = rng.uniform(0.5, 1.5, v.shape)
        elif "gamma" in name:
            value = rng.uniform(0.7, 1.3, v.shape)
        v.assign(value.astype("float32"))


def freeze(layers, words, rule):
    """The same as Graft's words, with what Keras has: layer.trainable."""
    until = words[len("until "):].split(" or ")[0] if words.startswith("until ") else None
    names = [layer.name for layer in layers]
    frozen = set()
    for i, layer in enumerate(layers):
        if rule == "" or (until and i < names.index(until)):
            frozen.add(layer.name)
        if rule == BATCH_NORM and isinstance(layer, L.BatchNormalization):
            frozen.add(layer.name)
        if rule not in ("", None, BATCH_NORM, "kernel") and layer.name.startswith(rule):
            frozen.add(layer.name)
        if rule == "kernel" and isinstance(layer, L.Conv2D):  # these have a kernel and nothing else
            frozen.add(layer.name)
    for layer in layers:
        layer.trainable = layer.name not in frozen


def put(graph, name, value):
    node = graph.node.add(name=name, op="Const")
    dtype = tf.as_dtype(value.dtype)
    node.attr["dtype"].type = dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, dtype, value.shape))


def make(name, seed):
    build, cut, hidden, words, rule = CASES[name]
    K.backend.clear_session()
    K.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build()
    randomise(model, rng)
    directory = os.path.join(ROOT, name)
    shutil.rmtree(directory, ignore_errors=True)
    options = tf.saved_model.SaveOptions(save_debug_info=False)
    serve = tf.function(lambda image: {"predictions": model(image, training=False)})
    signature = serve.get_concrete_function(tf.TensorSpec((None, 16, 16, 3), tf.float32, name="image"))
    model.save(os.path.join(directory, "model"), save_format="tf", include_optimizer=False, options=options,
               save_traces=False, signatures={"serving_default": signature})

    y = model.get_layer(cut).output
    if len(y.shape) == 4:
        y = L.GlobalAveragePooling2D(name="new_pool")(y)
    if hidden:
        y = L.Dense(hidden, activation="relu", name="new_hidden_1")(y)
    after = K.Model(model.input, L.Dense(NEW_UNITS, name="new")(y))
    for layer in after.layers:
        if layer.name.startswith("new"):
            for v in layer.weights:
                v.assign(rng.normal(0, 0.5, v.shape).astype("float32"))
    freeze([layer for layer in after.layers if not layer.name.startswith("new")], words, rule)

    high = 255.0 if name == "efficientnet" else 1.0
    x = rng.uniform(0, high, (2, 16, 16, 3)).astype("float32")
    labels = np.array([2, 0], "int32")
    with tf.GradientTape() as tape:
        logits = after(x, training=False)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    trained = after.trainable_variables
    graph = graph_pb2.GraphDef()
    put(graph, "image", x)
    put(graph, "labels", labels)
    put(graph, "logits", logits.numpy())
    for v in after.variables:
        if v.name.startswith("new"):
            put(graph, "head/" + v.name.split(":")[0], v.numpy())
    for v, g in zip(trained, tape.gradient(loss, trained)):
        put(graph, "gradient/" + v.name.split(":")[0], g.numpy())
    with open(os.path.join(directory, "golden.pb"), "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))
    facts = {"cut": cut, "hidden": hidden, "freeze": words, "units": NEW_UNITS,
             "trainable": [v.name.split(":")[0] for v in trained]}
    with open(os.path.join(directory, "golden.json"), "w") as file:
        json.dump(facts, file, indent=1)
        file.write("\n")
    print(name, len(trained), "train, loss", float(loss))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(CASES))
    args = parser.parse_args()
    for i, name in enumerate(CASES):
        if name in args.only:
            make(name, 100 + i)


if __name__ == "__main__":
    main()
