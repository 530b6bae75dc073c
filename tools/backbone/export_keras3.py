#!/usr/bin/env python3
"""Exports the same EfficientNet-Lite0 from Keras 3, which saves neither layers nor training functions.

    python3.11 -m venv .venv-keras3
    .venv-keras3/bin/pip install -r tools/backbone/requirements-keras3.txt
    .venv-keras3/bin/python tools/backbone/export_keras3.py OUT [--from models/efficientnet-lite0]

The weights come from the Keras 2 SavedModel. The export is read back and must give the same probabilities
on noise as that SavedModel, to 1e-5. It is not committed: 39 MB, since Keras 3 writes every weight twice.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from efficientnet_lite import build, side

ROOT = Path(__file__).resolve().parents[2]
LARGEST_DIFFERENCE = 1e-5
NAME = "efficientnet-lite0"


def load(model: keras.Model, saved_model: Path) -> None:
    """Sets every weight from the checkpoint, where Keras 2 numbers the layers that have weights."""
    checkpoint = tf.train.load_checkpoint(str(saved_model / "variables" / "variables"))
    layers = [layer for layer in model.layers if layer.weights]
    for number, layer in enumerate(layers):
        # Keras 2 calls a depthwise kernel depthwise_kernel, Keras 3 plainly kernel.
        prefix = "depthwise_" if isinstance(layer, keras.layers.DepthwiseConv2D) else ""
        keys = [f"layer_with_weights-{number}/{prefix}{w.name}" for w in layer.weights]
        layer.set_weights([checkpoint.get_tensor(f"{key}/.ATTRIBUTES/VARIABLE_VALUE") for key in keys])


def predict(saved_model: Path, batch: np.ndarray) -> np.ndarray:
    serve = tf.saved_model.load(str(saved_model)).signatures["serving_default"]
    (input_name,) = serve.structured_input_signature[1]
    (scores,) = serve(**{input_name: tf.constant(batch)}).values()
    return scores.numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports EfficientNet-Lite0 from Keras 3.")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--from", dest="source", type=Path, default=ROOT / "models" / NAME
    )
    arguments = parser.parse_args()

    model = build(NAME)
    load(model, arguments.source)
    model.export(str(arguments.out), verbose=False)

    batch = np.random.default_rng(0).integers(0, 256, (16, side(NAME), side(NAME), 3)).astype(np.float32)
    difference = float(np.abs(predict(arguments.out, batch) - predict(arguments.source, batch)).max())
    print(f"Keras {keras.__version__}: largest difference to {arguments.source.name} {difference:.3g}")
    if difference >= LARGEST_DIFFERENCE:
        sys.exit(f"error: the export differs by {difference}, more than {LARGEST_DIFFERENCE}")


if __name__ == "__main__":
    main()
