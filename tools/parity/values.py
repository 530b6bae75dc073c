"""Writes arrays by name the way `dev.graft.testkit.Golden` reads them: a GraphDef of Const nodes."""

import os

import numpy as np
import tensorflow as tf

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "parity")


def read(name, folder=FOLDER):
    """What `write` wrote."""
    graph = tf.compat.v1.GraphDef()
    with open(os.path.join(folder, name + ".pb"), "rb") as file:
        graph.ParseFromString(file.read())
    return {node.name: tf.make_ndarray(node.attr["value"].tensor) for node in graph.node}


def write(name, values, folder=FOLDER):
    """Writes `values`, arrays by key, to `name`.pb."""
    graph = tf.compat.v1.GraphDef()
    for key in sorted(values):
        array = np.asarray(values[key])
        node = graph.node.add(name=key, op="Const")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array))
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".pb")
    with open(path, "wb") as out:
        out.write(graph.SerializeToString(deterministic=True))
    print(f"{len(values)} values, {os.path.getsize(path)} bytes: {os.path.normpath(path)}")
