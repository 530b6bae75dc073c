#!/usr/bin/env python3
"""Checks that other loaders give a published version's answers as Java gives them, on pixels, words, tables, series and
models of two heads.

    kinds.py draw KIND EXAMPLES.json                               examples as `graft predict` takes them
    graft predict --model BASE --signature serving_default --json EXAMPLES.json > ANSWERS.json
    kinds.py compare VERSION EXAMPLES.json ANSWERS.json --by tensorflow
    kinds.py compare VERSION EXAMPLES.json ANSWERS.json --by tflite
    kinds.py compare VERSION EXAMPLES.json ANSWERS.json --by openvino
    kinds.py warmup VERSION                                        what TensorFlow Serving would replay

All of serving_default. `warmup` reads the warm-up file with tensorflow-serving-api and runs each request in TensorFlow.
Exit code 0 if the answers agree to 1e-4 of the largest (--tolerance), 1 if not.
"""

import argparse
import csv
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[2] / "testdata" / "examples"
COUNT = 5


def read(file):
    with (EXAMPLES / file).open(newline="", encoding="utf-8") as table:
        return list(csv.reader(table))[-COUNT:]


def pixels(random):
    """Pictures of broad stripes: noise would look the same to most networks."""
    side = np.arange(224)
    for each in range(COUNT):
        bright = 127.5 + 127.5 * np.sin(side[:, None, None] / (5 + 9 * each) + side[None, :, None] / (40 - 7 * each))
        yield {"image": np.round(bright * random.uniform(0.2, 1, 3)).astype(int).tolist()}


KINDS = {
    "pixels": pixels,
    "words": lambda _: ({"text": row[1]} for row in read("films/hotels.csv")),
    "series": lambda _: ({"signal": [[float(v)] for v in row[1:]]} for row in read("machines/signals.csv")),
    "table": lambda random: ({"x": random.normal(size=4).tolist()} for _ in range(COUNT)),
    "two-heads": lambda random: (
        {"numbers": random.normal(size=3).tolist(), "picture": random.normal(size=(4, 4, 2)).tolist()}
        for _ in range(COUNT)
    ),
}


def draw(kind, file):
    file.write_text(json.dumps(list(KINDS[kind](np.random.default_rng(3)))), encoding="utf-8")


def answered(version, answers):
    """What Java said: rows of numbers for each head, under None where there is one."""
    file = version / "assets.extra" / "labels.txt"
    labels = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []

    def numbers(answer):
        return answer["numbers"] if "numbers" in answer else [answer["scores"][label] for label in labels]

    heads = {name for answer in answers for name in answer.get("heads", {None: answer})}
    return {
        name: np.array([numbers(answer.get("heads", {None: answer})[name]) for answer in answers], np.float64)
        for name in heads
    }


def tensorflow(version, inputs):
    import tensorflow as tf

    model = tf.saved_model.load(str(version))
    serve = model.signatures["serving_default"]
    specs = serve.structured_input_signature[1]
    given = {name: tf.constant(values, specs[name].dtype) for name, values in inputs.items()}
    return {name: values.numpy() for name, values in serve(**given).items()}, f"TensorFlow {tf.__version__}"


def tflite(version, inputs):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(version), signature_keys=["serving_default"])
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    serve = interpreter.get_signature_runner("serving_default")
    given = {
        name: np.asarray(inputs[name], detail["dtype"]) for name, detail in serve.get_input_details().items()
    }
    return serve(**given), f"TFLite of {tf.__version__}"


def one_name(tensor):
    """The signature's name of OpenVINO's tensor, which has the graph's names beside it."""
    return min((name.split(":")[0].removeprefix("serving_default_") for name in tensor.names), key=len)


def openvino(version, inputs):
    import openvino

    model = openvino.compile_model(openvino.convert_model(str(version)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    given = {i: np.asarray(inputs[one_name(each)], each.element_type.to_dtype()) for i, each in enumerate(model.inputs)}
    answers = model(given)
    return {one_name(each): answers[each] for each in model.outputs}, f"OpenVINO {openvino.__version__.split('-')[0]}"


def compare(args):
    examples = json.loads(args.examples.read_text(encoding="utf-8"))
    inputs = {name: [example[name] for example in examples] for name in examples[0]}
    expected = answered(args.version, json.loads(args.answers.read_text(encoding="utf-8")))
    outputs, by = {"tensorflow": tensorflow, "tflite": tflite, "openvino": openvino}[args.by](args.version, inputs)
    if None in expected:
        if len(outputs) != 1:
            sys.exit(f"error: {by} gives {sorted(outputs)}, Java one answer")
        expected = {next(iter(outputs)): expected[None]}
    if set(outputs) != set(expected):
        sys.exit(f"error: {by} gives {sorted(outputs)}, Java {sorted(expected)}")
    worst = 0.0
    for name, values in expected.items():
        actual = np.asarray(outputs[name], np.float64).reshape(values.shape)
        worst = max(worst, float(np.abs(actual - values).max() / max(1.0, np.abs(values).max())))
    print(f"{by}: {len(examples)} examples, {', '.join(sorted(expected))}: largest difference {worst:.2g}")
    if not worst <= args.tolerance:
        sys.exit(f"error: {by} gives other answers than Java")


def request(record):
    """The request in a record of the warm-up file: its signature's name and inputs as TensorFlow Serving makes them."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog.FromString(record)
    kind = log.WhichOneof("log_type")
    sent = getattr(log, kind).request
    name = sent.model_spec.signature_name
    if (kind == "classify_log") != name.startswith("classify"):
        sys.exit(f"error: the request for {name} is a {kind}")
    if kind == "predict_log":
        return name, {key: tf.constant(tf.make_ndarray(tensor)) for key, tensor in sent.inputs.items()}
    if kind == "classify_log":
        examples = sent.input.example_list.examples
        if not examples or any(not example.features.feature for example in examples):
            sys.exit(f"error: the request for {name} has {len(examples)} examples, or one without features")
        return name, {"inputs": tf.constant([example.SerializeToString() for example in examples])}
    sys.exit(f"error: the request for {name} is a {kind}")


def warmup(args):
    import tensorflow as tf

    model = tf.saved_model.load(str(args.version))
    extra = args.version / "assets.extra"
    sizes = {}
    for record in tf.data.TFRecordDataset(str(extra / "tf_serving_warmup_requests")):
        name, given = request(record.numpy())
        answers = model.signatures[name](**given)
        rows = {int(values.shape[0]) for values in [*given.values(), *answers.values()]}
        if len(rows) != 1:
            sys.exit(f"error: a request for {name} has rows {rows}")
        sizes.setdefault(name, set()).update(rows)
    wanted = {"serving_default"} | ({"classify"} if (extra / "labels.txt").is_file() else set())
    if not sizes.keys() >= wanted:
        sys.exit(f"error: only {sorted(sizes)} are warmed up, not {sorted(wanted)}")
    print("warm-up: " + ", ".join(f"{name} {sorted(rows)}" for name, rows in sorted(sizes.items())))


def main():
    parser = argparse.ArgumentParser(description="Compares a version's answers by other loaders with Java's.")
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("kind", choices=KINDS)
    drawing.add_argument("examples", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("version", type=Path)
    comparing.add_argument("examples", type=Path)
    comparing.add_argument("answers", type=Path)
    comparing.add_argument("--by", choices=["tensorflow", "tflite", "openvino"], required=True)
    comparing.add_argument("--tolerance", type=float, default=1e-4)
    warming = commands.add_parser("warmup")
    warming.add_argument("version", type=Path)
    args = parser.parse_args()
    if args.command == "draw":
        draw(args.kind, args.examples)
    elif args.command == "compare":
        compare(args)
    else:
        warmup(args)


if __name__ == "__main__":
    main()
