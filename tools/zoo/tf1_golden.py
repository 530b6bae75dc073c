"""Writes a TF1 SavedModel with tf.compat.v1 and measures it in the session that wrote it."""

import dataclasses
import shutil
from typing import Any

import numpy as np
import tensorflow as tf

import bundle
import golden

v1 = tf.compat.v1


@dataclasses.dataclass
class Graph1:
    """One MetaGraph of a TF1 model: what its builder made inside the current graph.

    signatures: name -> (inputs, outputs), each name -> tensor.
    cases: (signature name, feeds) pairs.
    init_op: runs after the restore (main_op), or legacy_init_op where legacy is set.
    """

    signatures: dict
    cases: list
    tags: tuple = ("serve",)
    init_op: Any = None
    legacy: bool = False


@dataclasses.dataclass
class Spec1:
    """A TF1 model: a function for each MetaGraph, all over the same variables.

    control_flow_v1: loops and branches, and their gradients, as Enter, Exit, Switch and Merge.
    positive: variables that hold nothing below zero.
    """

    graphs: list
    notes: str = ""
    control_flow_v1: bool = False
    positive: tuple = ()


def make_tf1(entry, kit, folder):
    spec = entry.build(kit)
    if spec.control_flow_v1:
        v1.disable_control_flow_v2()
    try:
        write_model(entry, spec, kit, folder)
    finally:
        v1.enable_control_flow_v2()


def write_model(entry, spec, kit, folder):
    shutil.rmtree(f"{folder}/model", ignore_errors=True)
    builder = v1.saved_model.Builder(f"{folder}/model")
    values = golden.Values()
    report = None
    weights = {}
    for index, build in enumerate(spec.graphs):
        with tf.Graph().as_default(), bundle.session() as sess:
            v1.set_random_seed(7)
            graph = build()
            sess.run([v1.global_variables_initializer(), v1.local_variables_initializer(), v1.tables_initializer()])
            set_values(sess, kit, weights, spec.positive)
            write(builder, sess, graph, first=index == 0)
            if report is None:
                report = describe(entry, spec, graph)
            measure(sess, kit, graph, values, report)
    builder.save()
    report["producer"]["graph"] = bundle.parse(f"{folder}/model").meta_graphs[0].graph_def.versions.producer
    check(folder, values, report)
    values.write(f"{folder}/golden.pb")
    golden.write_report(report, f"{folder}/golden.json")


def set_values(sess, kit, weights, positive):
    """Random values, the same for a variable of the same name in every MetaGraph."""
    for variable in v1.global_variables():
        if not variable.dtype.base_dtype.is_floating:
            continue
        name = variable.op.name
        if name not in weights:
            weights[name] = kit.f(*variable.shape.as_list(), scale=0.5)
            if name in positive:
                weights[name] = np.abs(weights[name])
        variable.load(weights[name], sess)


def write(builder, sess, graph, first):
    signatures = {
        name: v1.saved_model.build_signature_def(
            {key: v1.saved_model.build_tensor_info(t) for key, t in inputs.items()},
            {key: v1.saved_model.build_tensor_info(t) for key, t in outputs.items()},
            "tensorflow/serving/predict",
        )
        for name, (inputs, outputs) in graph.signatures.items()
    }
    options = {"signature_def_map": signatures}
    if graph.init_op is not None:
        if graph.legacy:
            v1.add_to_collection("legacy_init_op", graph.init_op)
        else:
            options["main_op"] = graph.init_op
    assets = v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS) or None
    if first:
        builder.add_meta_graph_and_variables(sess, list(graph.tags), assets_collection=assets, **options)
    else:
        builder.add_meta_graph(list(graph.tags), assets_collection=assets, **options)


def checkpoint_key(variable):
    """A partition's slices share the name of the whole."""
    info = variable._get_save_slice_info()
    return info.full_name if info else variable.op.name


def describe(entry, spec, graph):
    trainable = {v.op.name for v in v1.trainable_variables()}
    variables = []
    for variable in v1.global_variables():
        info = variable._get_save_slice_info()
        variables.append({
            "key": checkpoint_key(variable),
            "aliases": [],
            "name": variable.op.name,
            "dtype": variable.dtype.base_dtype.name,
            "shape": variable.shape.as_list(),
            "trainable": variable.op.name in trainable,
            "kind": variable.op.type,
            **({"slice": {"full_shape": info.full_shape, "offset": info.var_offset}} if info else {}),
        })
    return {
        "name": entry.name,
        "vintage": "tf1",
        "family": entry.family,
        "producer": {"tensorflow": tf.__version__, "keras": None, "graph": None, "min_consumer": None},
        "tags": list(graph.tags),
        "signature": graph.cases[0][0],
        "notes": spec.notes,
        "deterministic": True,
        "bn_training": False,
        "head": None,
        "trainable": sorted(v.op.name for v in v1.trainable_variables()),
        "unsaved_trainable": [],
        "variables": variables,
        "model_summary": None,
        "gradient_none": [],
        "cases": [],
    }


def measure(sess, kit, graph, values, report):
    for name, feeds in graph.cases:
        label = "abcdefgh"[len(report["cases"])]
        inputs, outputs = graph.signatures[name]
        fed = {inputs[key]: value for key, value in feeds.items()}
        results = sess.run(outputs, fed)
        weights = golden.make_weights(kit.rng, {k: np.asarray(v) for k, v in results.items()})
        for kind, table in (("input", feeds), ("output", results), ("weight", weights)):
            for key, value in sorted(table.items()):
                values.put(f"{label}/{kind}/{key}", value)
        row = {"name": label, "signature": name, "tags": list(graph.tags), "loader": "session"}
        none = []
        trainable = v1.trainable_variables()
        if weights and trainable:
            loss = golden.weigh(outputs, weights)
            values.put(f"{label}/loss", sess.run(loss, fed))
            for variable, gradient in zip(trainable, tf.gradients(loss, trainable)):
                if gradient is None:
                    none.append(variable.op.name)
                else:
                    values.put(f"{label}/grad/{variable.op.name}", sess.run(tf.convert_to_tensor(gradient), fed))
        else:
            none = [v.op.name for v in trainable]
        row["gradient_none"] = sorted(none)
        report["cases"].append(row)
    report["gradient_none"] = report["cases"][0]["gradient_none"]


def check(folder, values, report):
    """The written model, loaded again, must give the same outputs."""
    proto = bundle.parse(f"{folder}/model")
    array = {n.name: tf.make_ndarray(n.attr["value"].tensor) for n in values.graph.node}
    for row in report["cases"]:
        inputs, outputs = bundle.signature(proto, row["signature"], row["tags"])
        row["feeds"], row["fetches"] = bundle.describe(inputs), bundle.describe(outputs)
        feeds = {key: array[f"{row['name']}/input/{key}"] for key in inputs}
        saved, _ = bundle.run(f"{folder}/model", row["signature"], feeds, row["tags"])
        for key, value in saved.items():
            golden.same(key, np.asarray(value), array[f"{row['name']}/output/{key}"], 1e-6)
