#!/usr/bin/env python3
"""Checks that other readers of a SavedModel find the boxes that Java finds.

    ./graft predict --model serving/cells --threshold 0.05 --json FILE... > boxes.json
    boxes.py serving/cells/1 boxes.json --threshold 0.05 --by tensorflow --pixels pixels.npz
    boxes.py serving/cells/1 boxes.json --threshold 0.05 --by openvino --pixels pixels.npz

TensorFlow is asked by serving_bytes (the files as they are) and by serving_default (pixels decoded and resized here),
and leaves the pixels in the file of --pixels, from which OpenVINO takes them, so that it runs where no TensorFlow is
installed. Boxes and scores must agree with Java's to 1e-4, boxes counted in shares of the picture, labels exactly.
Pictures are taken as they lie in the file: they may not be turned by EXIF. Where two cells beside each other have the
same score but for rounding, either may be the peak: such boxes, of the same score to 1e-5 and over each other by seven
tenths, are counted, told, and at most one in a thousand. Exit code 0 if all agree, else 1.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

NAMES = ["detection_boxes", "detection_scores", "detection_classes", "num_detections"]
TOLERANCE = 1e-4
SAME_SCORE = 1e-5  # of cells of which either may be the peak


def by_tensorflow(version, files, pixels):
    import tensorflow as tf

    signatures = tf.saved_model.load(str(version)).signatures
    (wanted,) = signatures["serving_default"].structured_input_signature[1].values()
    (encoded,) = signatures["serving_bytes"].structured_input_signature[1]
    size = wanted.shape[1:3]
    images = [tf.io.decode_image(open(file, "rb").read(), channels=3, expand_animations=False) for file in files]
    batch = tf.stack([tf.image.resize(image, size, antialias=True) for image in images])
    np.savez(pixels, pixels=batch.numpy())
    contents = tf.constant([open(file, "rb").read() for file in files])
    for name, fed in (("serving_bytes", {encoded: contents}), ("serving_default", {wanted.name: batch})):
        answer = signatures[name](**fed)
        yield f"TensorFlow {tf.__version__}, {name}", {key: answer[key].numpy() for key in NAMES}


def by_openvino(version, files, pixels):
    import openvino

    model = openvino.compile_model(openvino.convert_model(str(version)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answer = model(np.load(pixels)["pixels"])
    yield f"OpenVINO {openvino.__version__}", {key: answer[key] for key in NAMES}


def overlap(a, b):
    """What both of two boxes cover, by what either does."""
    high, wide = np.minimum(a[2:4], b[2:4]) - np.maximum(a[:2], b[:2])
    both = max(high, 0) * max(wide, 0)
    return both / (np.prod(a[2:4] - a[:2]) + np.prod(b[2:4] - b[:2]) - both)


def difference(answer, predictions, labels, threshold):
    """The largest difference, over all pictures, between the boxes of `answer` and those of Java; and how many ties."""
    largest, ties = 0.0, 0
    for i, prediction in enumerate(predictions):
        wide, high = prediction["width"], prediction["height"]
        boxes = prediction["boxes"]
        if int(answer["num_detections"][i]) < len(boxes):
            sys.exit(f"error: {prediction['file']} has {answer['num_detections'][i]} boxes, Java finds {len(boxes)}")
        following = answer["detection_scores"][i][len(boxes):]
        if len(following) and following[0] >= threshold + TOLERANCE:
            sys.exit(f"error: {prediction['file']} has a further box with a score of {following[0]}")
        found = [
            (labels[int(label)], np.append(place, score))
            for label, place, score in zip(*(answer[key][i] for key in ("detection_classes", "detection_boxes", "detection_scores")))
        ]
        for j, box in enumerate(boxes):
            wanted = [box["top"] / high, box["left"] / wide, box["bottom"] / high, box["right"] / wide, box["score"]]
            # those whose scores are as good as equal may stand in any order, and any of them be the last of a full list
            near = [each for each in found if each[0] == box["label"] and abs(each[1][-1] - box["score"]) <= TOLERANCE]
            if not near:
                sys.exit(f"error: box {j} of {prediction['file']}, a {box['label']}, is not found with its score")
            nearest = min(near, key=lambda each: np.abs(each[1] - wanted).max())
            apart = float(np.abs(nearest[1] - wanted).max())
            is_last = len(boxes) == len(answer["detection_scores"][i]) and box["score"] <= boxes[-1]["score"] + TOLERANCE
            if apart > TOLERANCE and is_last:
                continue
            found = [each for each in found if each is not nearest]
            wanted = np.array(wanted)
            if apart > TOLERANCE and abs(nearest[1][-1] - box["score"]) <= SAME_SCORE and overlap(nearest[1], wanted) >= 0.7:
                ties += 1
                continue
            largest = max(largest, apart)
    return largest, ties


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("version", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--by", choices=["tensorflow", "openvino"], required=True)
    parser.add_argument("--pixels", required=True)
    parser.add_argument("--threshold", type=float, required=True, help="the one that Java was given")
    args = parser.parse_args()
    predictions = json.loads(args.predictions.read_text())
    labels = (args.version / "assets.extra" / "labels.txt").read_text().splitlines()
    boxes = sum(len(prediction["boxes"]) for prediction in predictions)
    if not boxes:
        sys.exit("error: Java found no box, so that there is nothing to compare")
    ask = by_tensorflow if args.by == "tensorflow" else by_openvino
    for who, answer in ask(args.version, [prediction["file"] for prediction in predictions], args.pixels):
        largest, ties = difference(answer, predictions, labels, args.threshold)
        told = f", {ties} of cells beside each other with the same score" if ties else ""
        print(f"{who}: {boxes} boxes on {len(predictions)} pictures, largest difference {largest:.3g}{told}")
        if not largest <= TOLERANCE or 1000 * ties > boxes:
            sys.exit(f"error: more than {TOLERANCE}, or than one in a thousand with the same score")


if __name__ == "__main__":
    main()
