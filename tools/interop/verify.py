#!/usr/bin/env python3
"""Checks that Python sees in an exported SavedModel what Java saw: the same scores for the same pictures.

    python3.11 -m venv .venv-interop
    .venv-interop/bin/pip install -r tools/zoo/requirements-keras3.txt
    ./graft predict --model serving/photos --json FILE... > predictions.json
    .venv-interop/bin/python tools/interop/verify.py serving/photos/1 predictions.json

Each picture goes five ways: through the signature serving_bytes with the file's own bytes (if the model
has that signature), through classify as a tf.train.Example (if it has that), through serving_default with
pixels that this script decodes itself, through saved_model_cli with the same, and, where Keras is 3 or newer,
through keras.layers.TFSMLayer on serving_default. The scores must agree with Java's to 1e-5 (--tolerance) in
each, the variables must be visible to tf.saved_model.load, those that training may change as trainable,
saved_model_cli has to show every signature, and tf.graph_util.import_graph_def has to take the graph as it is.
With --ways it is an error if a way is missing.

What it assumes:
- EXPORT_DIR is one version folder, the one that holds saved_model.pb.
- PREDICTIONS.json is an array of {"file", "label", "score", "scores": {label: score}}, files relative to
  the working folder.
- serving_default takes one float tensor [batch, height, width, 3], RGB, of a fixed height and width and
  with values 0..255. Pixels are made as Graft's decode graph makes them: decoded, turned as EXIF says
  (by Pillow), scaled to that size by antialiased bilinear resizing.
- serving_bytes takes one string tensor [batch] with encoded pictures.
- classify takes serialized tf.train.Examples with the feature image_bytes, and gives the labels as classes.
- Each signature has exactly one float output [batch, labels], in the order of assets.extra/labels.txt.

Exit code 0 if all agree, 1 if not, 2 if the input is not as described.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps
from tensorflow.core.protobuf import saved_model_pb2

try:
    import keras
except ImportError:  # TensorFlow before 2.16 does without
    keras = None


class BadInput(Exception):
    """The export or the predictions are not as the top of this file describes."""


def read_predictions(file: Path) -> list[dict]:
    try:
        predictions = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as e:
        raise BadInput(f"{file} cannot be read as JSON: {e}") from e
    if not isinstance(predictions, list) or not predictions:
        raise BadInput(f"{file} holds no array of predictions")
    for prediction in predictions:
        missing = {"file", "label", "score", "scores"} - prediction.keys()
        if missing:
            raise BadInput(f"{file}: a prediction lacks {sorted(missing)}: {prediction}")
        if not Path(prediction["file"]).is_file():
            raise BadInput(f"{file} names {prediction['file']}, which is not there")
        scores = prediction["scores"]
        if scores.keys() != predictions[0]["scores"].keys():
            raise BadInput(f"{file}: {prediction['file']} has scores for other labels than the first")
        best = max(scores, key=scores.get)
        if prediction["label"] != best or abs(prediction["score"] - scores[best]) > 1e-6:
            raise BadInput(
                f"{file}: {prediction['file']} is labelled {prediction['label']} ({prediction['score']}),"
                f" but its best score is {scores[best]} for {best}"
            )
    return predictions


def require_alike(predictions: list[dict], tolerance: float) -> None:
    """Fails unless Java gave all pictures the scores of the first."""
    scores = np.array([[p["scores"][label] for label in predictions[0]["scores"]] for p in predictions])
    largest = float(np.abs(scores - scores[0]).max())
    print(f"{'Java, all alike':24} largest difference {largest:.3g}")
    if len(predictions) < 2 or not largest <= tolerance:
        raise BadInput(f"the {len(predictions)} pictures were to have the same scores, and differ by {largest:.3g}")


def the_input(signature) -> tuple[str, tf.TensorSpec]:
    """Name and shape of a signature's only input."""
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise BadInput(f"a signature has the inputs {sorted(inputs)}, expected one")
    return next(iter(inputs.items()))


def the_scores(outputs: dict[str, tf.Tensor], count: int) -> np.ndarray:
    """The only output [batch, count] of floats."""
    scores = [v for v in outputs.values() if v.dtype.is_floating and v.shape[-1] == count]
    if len(scores) != 1:
        raise BadInput(f"expected one float output of {count} columns among {sorted(outputs)}")
    return scores[0].numpy()


def label_order(export: Path) -> list[str]:
    """The labels in the order of the columns."""
    file = export / "assets.extra" / "labels.txt"
    if not file.is_file():
        raise BadInput(f"{file}, which tells the order of the scores, is not there")
    return file.read_text(encoding="utf-8").splitlines()


def example(content: bytes) -> bytes:
    """A picture as clients of TensorFlow Serving's classifier send it."""
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))
    return tf.train.Example(features=tf.train.Features(feature={"image_bytes": feature})).SerializeToString()


def classified(outputs: dict[str, tf.Tensor], labels: list[str]) -> dict[str, tf.Tensor]:
    """The outputs of classify, whose classes have to be the labels."""
    for row in outputs["classes"].numpy():
        if [label.decode("utf-8") for label in row] != labels:
            raise BadInput(f"classify gives the classes {row}, the labels are {labels}")
    return outputs


def upright(content: bytes, pixels: tf.Tensor) -> tf.Tensor:
    """The pixels, decoded as they are stored, turned as Pillow reads the file's EXIF data."""
    orientation = Image.open(io.BytesIO(content)).getexif().get(274, 1)
    if orientation == 1:
        return pixels
    turned = Image.fromarray(pixels.numpy())
    turned.getexif()[274] = orientation
    return tf.constant(np.asarray(ImageOps.exif_transpose(turned)))


def decoded(predictions: list[dict], spec: tf.TensorSpec) -> tf.Tensor:
    """Pixels 0..255 of every picture, in the size that the signature wants."""
    if spec.shape.rank != 4 or None in spec.shape[1:3] or spec.shape[3] != 3:
        raise BadInput(f"serving_default takes {spec.shape}, expected [batch, height, width, 3]")
    pictures = []
    for prediction in predictions:
        content = Path(prediction["file"]).read_bytes()
        pixels = upright(content, tf.io.decode_image(content, channels=3, expand_animations=False))
        pictures.append(tf.image.resize(pixels, spec.shape[1:3], antialias=True))
    return tf.cast(tf.stack(pictures), spec.dtype)


def compare(way: str, actual: np.ndarray, labels: list[str], predictions: list[dict]) -> float:
    """Returns the largest difference to Java's scores and says where it is."""
    expected = np.array([[p["scores"][label] for label in labels] for p in predictions])
    differences = np.abs(actual - expected)
    row, column = np.unravel_index(differences.argmax(), differences.shape)
    largest = float(differences[row, column])
    print(
        f"{way:24} largest difference {largest:.3g}"
        f" ({predictions[row]['file']}, {labels[column]}:"
        f" Java {expected[row, column]:.7f}, Python {actual[row, column]:.7f})"
    )
    return largest


def import_graph(export: Path) -> None:
    """Puts the graph as it was saved into an empty one: unlike the loaders, that forgives no unknown attribute."""
    saved = saved_model_pb2.SavedModel.FromString((export / "saved_model.pb").read_bytes())
    graph = tf.Graph()
    with graph.as_default():
        try:
            tf.graph_util.import_graph_def(saved.meta_graphs[0].graph_def, name="")
        except Exception as e:  # TensorFlow raises whatever it met first
            raise BadInput(f"import_graph_def refuses the graph of {export}: {type(e).__name__}: {e}") from e
    print(f"import_graph_def         {len(graph.get_operations())} ops")


def saved_model_cli(*arguments: str) -> str:
    """What TensorFlow's own command line says."""
    command = [str(Path(sys.executable).with_name("saved_model_cli")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(f"{' '.join(command)} ends with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def run_by_cli(export: Path, name: str, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
    """The outputs of serving_default, by saved_model_cli run."""
    with tempfile.TemporaryDirectory() as work:
        np.save(f"{work}/pixels.npy", pixels.numpy())
        saved_model_cli(
            "run", "--dir", str(export), "--tag_set", "serve", "--signature_def", "serving_default",
            "--inputs", f"{name}={work}/pixels.npy", "--outdir", work,
        )  # fmt: skip
        outputs = [file for file in Path(work).glob("*.npy") if file.name != "pixels.npy"]
        return {file.stem: tf.constant(np.load(file)) for file in outputs}


def verify(export: Path, predictions: list[dict]) -> dict[str, float]:
    """Runs every way and returns the largest difference of each."""
    if not (export / "saved_model.pb").is_file():
        raise BadInput(f"{export} holds no saved_model.pb; give the version folder, such as {export}/1")
    try:
        model = tf.saved_model.load(str(export))  # kept: the signatures alone do not keep it alive
    except Exception as e:  # TensorFlow raises whatever it met first
        raise BadInput(f"tf.saved_model.load refuses {export}: {type(e).__name__}: {e}") from e
    signatures = model.signatures
    if "serving_default" not in signatures:
        raise BadInput(f"{export} has no signature serving_default, only {sorted(signatures)}")
    variables = signatures["serving_default"].variables
    print(f"tf.saved_model.load      {len(variables)} variables, signatures {', '.join(sorted(signatures))}")
    if not variables:
        raise BadInput(f"{export} shows no variables to tf.saved_model.load: is its object graph there?")

    trainable = signatures["serving_default"].trainable_variables
    moving = [v.name for v in trainable if "moving_" in v.name]
    if not 0 < len(trainable) <= len(variables) or moving:
        raise BadInput(f"{len(trainable)} of {len(variables)} variables are trainable, among them {moving}")
    print(f"trainable_variables      {len(trainable)}")

    import_graph(export)
    shown = saved_model_cli("show", "--all", "--dir", str(export))
    unseen = [name for name in signatures if f"signature_def['{name}']" not in shown]
    if unseen:
        raise BadInput(f"saved_model_cli does not show {unseen}")
    count = len(predictions[0]["scores"])
    name, spec = the_input(signatures["serving_default"])
    pixels = decoded(predictions, spec)
    labels = label_order(export)
    if sorted(labels) != sorted(predictions[0]["scores"]):
        raise BadInput(f"the export's labels {labels} are not those of the predictions")
    results: dict[str, float] = {}

    def run(way: str, call: Callable[[], dict[str, tf.Tensor]]) -> None:
        outputs = call()
        results[way] = compare(way, the_scores(outputs, count), labels, predictions)

    run("serving_default", lambda: signatures["serving_default"](**{name: pixels}))
    if "serving_bytes" in signatures:
        bytes_name, _ = the_input(signatures["serving_bytes"])
        content = tf.constant([Path(p["file"]).read_bytes() for p in predictions])
        run("serving_bytes", lambda: signatures["serving_bytes"](**{bytes_name: content}))
    if "classify" in signatures:
        examples = [example(Path(p["file"]).read_bytes()) for p in predictions]
        run("classify", lambda: classified(signatures["classify"](inputs=tf.constant(examples)), labels))
    run("saved_model_cli", lambda: run_by_cli(export, name, pixels))
    if keras is not None and hasattr(keras.layers, "TFSMLayer"):  # Keras 3
        layer = keras.layers.TFSMLayer(str(export), call_endpoint="serving_default")
        run("keras.layers.TFSMLayer", lambda: layer(pixels))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares an exported model's scores in Python with Java's.")
    parser.add_argument("export", type=Path, metavar="EXPORT_DIR")
    parser.add_argument("predictions", type=Path, metavar="PREDICTIONS.json")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--ways", type=int, help="how many ways there have to be")
    parser.add_argument("--alike", action="store_true", help="all pictures have to get the same scores from Java")
    arguments = parser.parse_args()
    try:
        predictions = read_predictions(arguments.predictions)
        if arguments.alike:
            require_alike(predictions, arguments.tolerance)
        results = verify(arguments.export, predictions)
    except BadInput as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    wrong = {way: d for way, d in results.items() if not d <= arguments.tolerance}
    for way, difference in wrong.items():
        print(
            f"error: {way} gives other scores than Java: they differ by {difference:.3g},"
            f" more than {arguments.tolerance:g}",
            file=sys.stderr,
        )
    if arguments.ways is not None and len(results) != arguments.ways:
        print(f"error: {arguments.ways} ways were to be gone, these were: {', '.join(results)}", file=sys.stderr)
        return 1
    print(f"TensorFlow {tf.__version__}: {len(results) - len(wrong)} of {len(results)} ways agree with Java on {len(predictions)} pictures")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
