"""Computes the golden values of one model and writes golden.pb and golden.json beside it."""

import json
import re

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2

import bundle
import checkpoint
import kit
import summary


class Values:
    """Named tensors, written as a GraphDef of Const nodes: self-contained, and any dtype."""

    def __init__(self):
        self.graph = graph_pb2.GraphDef()
        self.names = set()

    def put(self, name, value):
        if name in self.names:
            raise ValueError(f"{name} twice")
        self.names.add(name)
        value = value.numpy() if tf.is_tensor(value) else np.asarray(value)
        node = self.graph.node.add(name=name, op="Const")
        dtype = tf.string if value.dtype.kind in "OSU" else tf.as_dtype(value.dtype)
        node.attr["dtype"].type = dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, dtype, value.shape))

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.graph.SerializeToString(deterministic=True))


class Live:
    """The model as Python holds it: called, differentiated and stepped, then put back as it was."""

    def __init__(self, spec, keys):
        self.spec = spec
        model = spec.model
        self.variables = kit.variables_of(model)
        self.trainable = [v for v in model.trainable_variables if id(v) in keys]
        self.unsaved = [v.name for v in model.trainable_variables if id(v) not in keys]
        self.key = {id(v): keys[id(v)][0] for v in self.variables if id(v) in keys}
        self.start = [checkpoint.read(v) for v in self.variables]

    def restore(self):
        for variable, value in zip(self.variables, self.start):
            variable.assign(value)
        if self.spec.reset:
            self.spec.reset()

    def call(self, feeds, training):
        tensors = {name: tf.constant(value) for name, value in feeds.items()}
        if self.spec.call:
            return self.spec.call(tensors, training)
        model = self.spec.model
        if len(tensors) == 1:
            return model(next(iter(tensors.values())), training=training)
        order = [t.name for t in model.inputs]
        return model([tensors[name] for name in order], training=training)

    def names(self, outputs, fetches):
        """Outputs by the name that the signature gives them."""
        if isinstance(outputs, dict) and set(outputs) == set(fetches):
            return dict(outputs)
        flat = [tf.convert_to_tensor(t) for t in tf.nest.flatten(outputs, expand_composites=True)]
        order = list(getattr(self.spec.model, "output_names", None) or [])
        if len(order) != len(flat) or set(order) != set(fetches):
            order = sorted(fetches, key=lambda n: (n.rstrip("0123456789"), number(n)))
        if len(order) != len(flat):
            raise ValueError(f"outputs {flat} do not fit {fetches}")
        return dict(zip(order, flat))

    def penalty(self):
        losses = getattr(self.spec.model, "losses", [])
        return tf.add_n([tf.cast(x, losses[0].dtype) for x in losses]) if losses else None

    def differentiate(self, feeds, fetches, weights, training):
        """Outputs, loss, gradients, penalty and its gradients, from one call."""
        self.restore()
        sources = [checkpoint.tensor_of(v) for v in self.trainable]
        with tf.GradientTape(persistent=True) as tape:
            outputs = self.names(self.call(feeds, training), fetches)
            penalty = self.penalty()
            loss = weigh(outputs, weights)
        gradients = tape.gradient(loss, sources) if loss is not None else [None] * len(sources)
        extra = tape.gradient(penalty, sources) if penalty is not None else None
        return outputs, loss, [dense(g) for g in gradients], penalty, extra and [dense(g) for g in extra]

    def step(self, optimizer, gradients):
        """Trainable variables after one step from the start values."""
        self.restore()
        pairs = [(g, v) for g, v in zip(gradients, self.trainable) if g is not None]
        optimizer.apply_gradients([(tf.constant(g), v) for g, v in pairs])
        after = {self.key[id(v)]: checkpoint.read(v) for v in self.trainable}
        self.restore()
        return after


def number(name):
    digits = name[len(name.rstrip("0123456789")):]
    return int(digits) if digits else -1


def dense(gradient):
    if gradient is None:
        return None
    return np.asarray(tf.convert_to_tensor(gradient))


def weigh(outputs, weights):
    """Sum over the floating outputs of reduce_sum(output * weight); float32 where dtypes differ."""
    terms = [tf.reduce_sum(outputs[name] * tf.constant(w)) for name, w in sorted(weights.items())]
    if not terms:
        return None
    same = len({t.dtype for t in terms}) == 1
    return tf.add_n(terms if same else [tf.cast(t, tf.float32) for t in terms])


def make_weights(rng, outputs):
    weights = {}
    for name, value in sorted(outputs.items()):
        if tf.as_dtype(value.dtype if value.dtype != object else tf.string).is_floating:
            weights[name] = np.asarray(rng.standard_normal(value.shape), np.float32).astype(value.dtype)
    return weights


def rename(case, inputs):
    """A case's arrays under the signature's names (Keras 3 may have names of its own)."""
    if set(case) == set(inputs):
        return dict(case)
    order = sorted(inputs, key=lambda n: (n.rstrip("0123456789"), number(n)))
    if len(order) != len(case):
        raise ValueError(f"inputs {list(case)} do not fit {order}")
    return dict(zip(order, case.values()))


def check_dtypes(feeds, inputs):
    """A session would convert a feed without a word, and golden values would be of other inputs."""
    for name, value in feeds.items():
        wanted = tf.as_dtype(inputs[name].dtype)
        if wanted != tf.string and tf.as_dtype(value.dtype) != wanted:
            raise ValueError(f"{name} is fed {value.dtype}, the signature takes {wanted.name}")


def run_saved(spec, case, index, directory, proto):
    """The row of one case, the feeds under the signature's names, and its outputs."""
    name = (spec.case_signatures or ["serving_default"] * len(spec.cases))[index]
    inputs, outputs = bundle.signature(proto, name)
    feeds = rename(case, inputs)
    check_dtypes(feeds, inputs)
    saved, loader = bundle.run(directory, name, feeds)
    row = {"name": "abcdefgh"[index], "signature": name, "loader": loader,
           "feeds": bundle.describe(inputs), "fetches": bundle.describe(outputs)}
    return row, feeds, saved


def same(name, saved, live, tolerance):
    live = np.asarray(live)
    if saved.dtype == object or live.dtype.kind in "iub":
        np.testing.assert_array_equal(saved, live, err_msg=name)
        return
    bound = {2: max(tolerance, 2e-2), 8: 1e-10}.get(saved.dtype.itemsize, tolerance)
    np.testing.assert_allclose(saved.astype(np.float64), live.astype(np.float64), bound, bound, err_msg=name)


def make(entry, rng, spec, folder):
    """Writes golden.pb and golden.json for the SavedModel in folder/model."""
    directory = f"{folder}/model"
    proto = bundle.parse(directory)
    keys = checkpoint.match(kit.variables_of(spec.model), directory)
    live = Live(spec, keys)
    values = Values()
    report = describe(entry, spec, proto, live, keys)
    for index, case in enumerate(spec.cases):
        report["cases"].append(one_case(spec, rng, live, values, case, index, directory, proto))
    if spec.train:
        report["train"] = train(spec, live, values, report["cases"][0])
    live.restore()
    report["gradient_none"] = sorted(set(report["cases"][0].pop("none")))
    for case in report["cases"][1:]:
        none = sorted(set(case.pop("none")))
        if none != report["gradient_none"]:
            case["gradient_none"] = none
    values.write(f"{folder}/golden.pb")
    write_report(report, f"{folder}/golden.json")


def write_report(report, path):
    """Indented JSON with shapes on one line."""
    text = json.dumps(report, indent=1)
    text = re.sub(r"\[\s*((?:(?:-?\d+|null),?\s*)*)\]", lambda m: "[" + " ".join(m[1].split()) + "]", text)
    with open(path, "w") as file:
        file.write(text + "\n")


def one_case(spec, rng, live, values, case, index, directory, proto):
    label = "abcdefgh"[index]
    if spec.function:
        live.restore()
        outputs = live.call(case, False)
        fetches = outputs if isinstance(outputs, dict) else [f"output_{i}" for i in range(len(tf.nest.flatten(outputs)))]
        saved = {n: np.asarray(t) for n, t in live.names(outputs, fetches).items()}
        row = {"name": label, "signature": None, "function": spec.function}
        feeds = case
    else:
        row, feeds, saved = run_saved(spec, case, index, directory, proto)
    for key, value in sorted(feeds.items()):
        values.put(f"{label}/input/{key}", value)
    for key, value in sorted(saved.items()):
        values.put(f"{label}/output/{key}", value)
    weights = make_weights(rng, saved) if spec.deterministic else {}
    for key, value in sorted(weights.items()):
        values.put(f"{label}/weight/{key}", value)
    row["none"] = []
    if not spec.deterministic:
        return row
    outputs, loss, gradients, _, _ = live.differentiate(case, saved, weights, False)
    for key, value in outputs.items():
        same(f"{label}/{key}", saved[key], value, spec.tolerance)
    if loss is None:
        row["none"] = [live.key[id(v)] for v in live.trainable]
        return row
    values.put(f"{label}/loss", loss)
    row["none"] = write_gradients(live, values, f"{label}/grad", gradients)
    if index == 0 and spec.optimizers:
        write_steps(live, values, label, gradients)
    return row


def write_gradients(live, values, prefix, gradients):
    """Writes the gradients that exist; returns the keys of those that do not."""
    none = []
    for variable, gradient in zip(live.trainable, gradients):
        key = live.key[id(variable)]
        if gradient is None:
            none.append(key)
        elif not np.all(np.isfinite(gradient.astype(np.float64))):
            raise ValueError(f"gradient of {key} is not finite")
        else:
            values.put(f"{prefix}/{key}", gradient)
    return none


def write_steps(live, values, label, gradients):
    if all(g is None for g in gradients):
        return
    steps = {"sgd": tf.keras.optimizers.SGD(0.01), "adam": tf.keras.optimizers.Adam(0.001)}
    for name, optimizer in steps.items():
        for key, value in live.step(optimizer, gradients).items():
            values.put(f"{label}/{name}/{key}", value)


def train(spec, live, values, case):
    """The same with training=True on the first case's inputs and weights."""
    fetches = [n[len("a/output/"):] for n in values.names if n.startswith("a/output/")]
    array = {n.name: tf.make_ndarray(n.attr["value"].tensor) for n in values.graph.node if n.name.startswith("a/")}
    weights = {n: array[f"a/weight/{n}"] for n in fetches if f"a/weight/{n}" in array}
    outputs, loss, gradients, penalty, extra = live.differentiate(spec.cases[0], fetches, weights, True)
    for key, value in sorted(outputs.items()):
        values.put(f"train/output/{key}", value)
    values.put("train/loss", loss)
    moved = []
    trainable = {id(v) for v in live.trainable}
    for variable, start in zip(live.variables, live.start):
        if id(variable) in live.key and id(variable) not in trainable:
            value = checkpoint.read(variable)
            if value.dtype.kind in "fV" and not np.array_equal(value, start):
                moved.append(live.key[id(variable)])
                values.put(f"train/moved/{moved[-1]}", value)
    none = write_gradients(live, values, "train/grad", gradients)
    total = gradients
    if penalty is not None:
        values.put("train/penalty", penalty)
        write_gradients(live, values, "train/penalty_grad", extra)
        total = [a if b is None else b if a is None else a + b for a, b in zip(gradients, extra)]
    if spec.optimizers:
        write_steps(live, values, "train", total)
    return {"case": case["name"], "moved": sorted(moved), "penalty": penalty is not None, "gradient_none": sorted(none)}


def describe(entry, spec, proto, live, keys):
    """The part of golden.json that holds for all cases."""
    model = spec.model
    keras_model = isinstance(model, tf.keras.Model)
    meta = proto.meta_graphs[0]
    variables = []
    trainable = {id(v) for v in live.trainable}
    for variable in live.variables:
        if id(variable) not in keys:
            continue
        first, *others = keys[id(variable)]
        variables.append({
            "key": first,
            "aliases": others,
            "name": getattr(variable, "path", variable.name.split(":")[0]),
            "dtype": tf.as_dtype(variable.dtype).name,
            "shape": list(variable.shape),
            "trainable": id(variable) in trainable,
        })
    layers = list(model._flatten_layers()) if keras_model else []
    normalised = any(
        base.__name__.startswith("BatchNorm") for layer in layers for base in type(layer).__mro__
    )
    return {
        "name": entry.name,
        "vintage": entry.vintage,
        "family": entry.family,
        "producer": {
            "tensorflow": meta.meta_info_def.tensorflow_version,
            "keras": keras.__version__ if keras_model else None,
            "graph": meta.graph_def.versions.producer,
            "min_consumer": meta.graph_def.versions.min_consumer,
        },
        "tags": list(meta.meta_info_def.tags),
        "signature": None if spec.function else (spec.case_signatures or ["serving_default"])[0],
        "notes": spec.notes,
        "deterministic": spec.deterministic,
        "bn_training": bool(spec.train and normalised),
        "head": summary.head(model, spec.head) if spec.head else None,
        "trainable": sorted(live.key[id(v)] for v in live.trainable),
        "unsaved_trainable": live.unsaved,
        "variables": variables,
        "model_summary": summary.of(model) if keras_model else None,
        "cases": [],
    }
