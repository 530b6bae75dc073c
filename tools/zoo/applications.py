"""Saves full-size Keras Applications with random weights, and one golden case each.

python applications.py DIR --keras 2|3 [--only NAME ...] [--all] [--size N] [--batch N]
python applications.py --list [--all] --keras 2|3

Writes DIR/keras<2|3>/<name>/ with model/, golden.pb and golden.json as in testdata/zoo (see its README), and model64/,
the same network in float64 with the same weights. The gradients of mean cross-entropy lie apart in gradients64.bin and
gradients32.bin, of the two networks: float64, little endian, one variable after the other as "trainable" of golden.json
names them, zeros for those in "gradient_none". Nothing here is committed: the weights are as large as the real ones.
"""

import argparse
import gc
import os
import shutil
import sys
import time
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

import bundle
import checkpoint
import golden
import summary

DEFAULT = "MobileNetV2 ResNet50 EfficientNetB0 DenseNet121 InceptionV3 Xception".split()
MORE = (
    "VGG16 VGG19 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 InceptionResNetV2 MobileNet MobileNetV3Small"
    " MobileNetV3Large DenseNet169 DenseNet201 NASNetMobile EfficientNetB1 EfficientNetB2 EfficientNetB3"
    " EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2"
).split()


def randomise(model, rng):
    """Makes every variable's content its own, near its initial value, so that the checkpoint tells them apart."""
    for variable in model.variables:
        value = checkpoint.read(variable)
        if value.dtype.kind != "f":
            continue
        noise = rng.uniform(-0.1, 0.1, value.shape)
        if value.size and np.ptp(value) == 0:  # a constant initializer; LayerScale's 1e-6 would hide its block
            centre = 0.2 if 0 < abs(value.flat[0]) < 1e-3 else value.flat[0]
            variable.assign((centre + noise).astype(value.dtype))


def calibrate(model, inputs):
    """Sets BatchNorm's moving statistics from data, as training would: signals keep their size through all layers."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, tf.keras.layers.BatchNormalization)]
    momentum = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    if layers:
        model(inputs, training=True)
    for layer, value in zip(layers, momentum):
        layer.momentum = value


def build(name, size):
    shape = (size, size, 3) if size else None
    return getattr(tf.keras.applications, name)(weights=None, input_shape=shape)


def save(model, directory, major):
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    if major == 2:
        model.save(directory, save_format="tf", options=tf.saved_model.SaveOptions(save_debug_info=False))
    else:
        model.export(directory, verbose=False)


def describe(name, major, model, keys, proto, sources):
    trainable = {id(v) for v in sources}
    variables = [
        {"key": keys[id(v)][0], "aliases": keys[id(v)][1:], "name": getattr(v, "path", v.name.split(":")[0]),
         "dtype": tf.as_dtype(v.dtype).name, "shape": list(v.shape), "trainable": id(v) in trainable}
        for v in model.variables if id(v) in keys
    ]
    meta = proto.meta_graphs[0]
    return {
        "name": name, "vintage": f"keras{major}", "family": "application",
        "producer": {"tensorflow": meta.meta_info_def.tensorflow_version, "keras": keras.__version__,
                     "graph": meta.graph_def.versions.producer, "min_consumer": meta.graph_def.versions.min_consumer},
        "tags": list(meta.meta_info_def.tags), "signature": "serving_default",
        "notes": "random weights, BatchNorm calibrated on random pictures; gradients with BatchNorm in inference mode",
        "deterministic": True, "bn_training": False, "head": summary.head(model, [layer.name for layer in model.layers if layer.weights][-1]),
        "trainable": [keys[id(v)][0] for v in sources], "unsaved_trainable": [], "variables": variables,
        "model_summary": summary.of(model), "gradient_none": [], "cases": [],
    }


def precision(dtype):
    tf.keras.backend.set_floatx(dtype)
    tf.keras.mixed_precision.set_global_policy(dtype)


def twin(name, size, model):
    """The same network in float64, with the same weights: no rounding that could tip a ReLU."""
    tf.keras.backend.clear_session()  # so that layers without a name of their own are numbered alike
    double = build(name, size)
    for variable, source in zip(double.variables, model.variables, strict=True):
        variable.assign(checkpoint.read(source).astype(checkpoint.read(variable).dtype))
    return double


def differentiate(model, pictures, weight):
    """Outputs and gradients, compiled as fit compiles them, with BatchNorm in inference mode."""
    sources = [checkpoint.tensor_of(v) for v in model.trainable_variables]

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            outputs = model(x, training=False)
            loss = tf.reduce_sum(outputs * weight)
        return outputs, tape.gradient(loss, sources)

    return step(tf.constant(pictures))


def write_gradients(path, model, gradients):
    with open(path, "wb") as file:
        for variable, gradient in zip(model.trainable_variables, gradients):
            gradient = np.zeros(variable.shape) if gradient is None else golden.dense(gradient)
            file.write(gradient.astype("<f8").tobytes())


def make(name, major, folder, size, batch):
    tf.keras.backend.clear_session()
    precision("float32")
    tf.keras.utils.set_random_seed(7)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    model = build(name, size)
    shape = (batch, *(side or 224 for side in model.inputs[0].shape[1:]))
    pictures = rng.uniform(0, 255, shape) if takes_bytes(model) else rng.standard_normal(shape)
    pictures = pictures.astype(np.float32)
    randomise(model, rng)
    calibrate(model, tf.constant(pictures))
    save(model, f"{folder}/model", major)
    precision("float64")  # until its gradients are written: Keras 3 asks for it in each call
    double = twin(name, size, model)
    double.export(f"{folder}/model64", **({"verbose": False} if major == 3 else {}))  # quicker than save

    proto = bundle.parse(f"{folder}/model")
    keys = checkpoint.match(model.variables, f"{folder}/model")
    sources = model.trainable_variables
    report = describe(name, major, model, keys, proto, sources)
    inputs, outputs = bundle.signature(proto, "serving_default")
    (feed,), (fetch,) = inputs, outputs
    saved, loader = bundle.run(f"{folder}/model", "serving_default", {feed: pictures})
    live = double(tf.constant(pictures, tf.float64), training=False).numpy()
    golden.same(name, saved[fetch], live, 1e-4)
    # What mean cross-entropy hands back to the answers: these are its gradients.
    labels = rng.integers(0, live.shape[-1], batch)
    weight = np.zeros(live.shape)
    weight[np.arange(batch), labels] = -1 / (batch * live[np.arange(batch), labels])

    values = golden.Values()
    for key, value in ((f"input/{feed}", pictures), (f"output/{fetch}", saved[fetch]),
                       (f"exact/{fetch}", live.astype(np.float32)), (f"weight/{fetch}", weight)):
        values.put(f"a/{key}", value)
    values.write(f"{folder}/golden.pb")
    gradients = differentiate(double, pictures.astype(np.float64), weight)[1]
    report["gradient_none"] = [keys[id(v)][0] for v, g in zip(sources, gradients) if g is None]
    write_gradients(f"{folder}/gradients64.bin", double, gradients)
    precision("float32")
    del gradients
    write_gradients(f"{folder}/gradients32.bin", model, differentiate(model, pictures, weight.astype(np.float32))[1])
    report["cases"].append({"name": "a", "signature": "serving_default", "loader": loader,
                            "feeds": bundle.describe(inputs), "fetches": bundle.describe(outputs)})
    golden.write_report(report, f"{folder}/golden.json")


def takes_bytes(model):
    """Whether the model scales pixels of 0 to 255 itself."""
    return any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model._flatten_layers())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", nargs="?")
    parser.add_argument("--list", action="store_true", help="only print the names")
    parser.add_argument("--keras", type=int, choices=(2, 3), required=True)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--all", action="store_true", help=f"{len(DEFAULT + MORE)} models instead of {len(DEFAULT)}")
    parser.add_argument("--size", type=int, help="height and width, where not the model's own")
    parser.add_argument("--batch", type=int, default=2)
    args = parser.parse_args()
    major = int(keras.__version__.split(".")[0])
    if major != args.keras:
        parser.error(f"this Python has Keras {keras.__version__}")
    names = args.only or DEFAULT + (MORE if args.all else [])
    if args.list:
        print("\n".join(names))
        return
    if not args.dir:
        parser.error("DIR is missing")
    tf.config.threading.set_intra_op_parallelism_threads(os.cpu_count())
    failed = []
    for name in names:
        start = time.time()
        try:
            make(name, major, f"{os.path.abspath(args.dir)}/keras{major}/{name}", args.size, args.batch)
            print(f"{name} {time.time() - start:.0f} s", flush=True)
        except Exception as error:  # one model's failure must not hide the others'
            failed.append(name)
            print(f"{name} FAILED: {type(error).__name__}: {error}", flush=True)
        gc.collect()
    if failed:
        sys.exit(f"{len(failed)} failed: {' '.join(failed)}")


if __name__ == "__main__":
    main()
