"""Reads a written SavedModel back: its signatures, and what TensorFlow computes with them."""

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1


def parse(directory):
    """The SavedModel message."""
    proto = saved_model_pb2.SavedModel()
    with open(f"{directory}/saved_model.pb", "rb") as file:
        proto.ParseFromString(file.read())
    return proto


def signature(proto, name, tags=("serve",)):
    """(inputs, outputs) of a signature: name -> TensorInfo."""
    for graph in proto.meta_graphs:
        if set(graph.meta_info_def.tags) == set(tags):
            definition = graph.signature_def[name]
            return dict(definition.inputs), dict(definition.outputs)
    raise KeyError(tags)


def describe(infos):
    """The JSON form of a signature's inputs or outputs; an unknown dimension is null."""
    rows = []
    for name, info in sorted(infos.items()):
        shape = info.tensor_shape
        dims = None if shape.unknown_rank else [None if d.size < 0 else d.size for d in shape.dim]
        rows.append({"name": name, "dtype": tf.as_dtype(info.dtype).name, "shape": dims})
    return rows


def session():
    """A session with one thread, so that sums are always taken in the same order."""
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    return v1.Session(config=config)


def run(directory, name, feeds, tags=("serve",)):
    """Outputs of one signature, and the loader that computed them.

    "session" is the C++ loader, as a server uses it, in a fresh session. Where that finds a variable
    without a value (tf.saved_model.save of a Keras 3 model restores into copies that no signature
    reads) it is "python": tf.saved_model.load, which restores through the object graph.
    """
    inputs, outputs = signature(parse(directory), name, tags)
    try:
        with tf.Graph().as_default(), session() as sess:
            v1.saved_model.load(sess, list(tags), directory)
            fetches = {key: info.name for key, info in outputs.items()}
            return sess.run(fetches, {inputs[key].name: value for key, value in feeds.items()}), "session"
    except tf.errors.FailedPreconditionError:
        function = tf.saved_model.load(directory, list(tags)).signatures[name]
        tensors = {key: tf.constant(value) for key, value in feeds.items()}
        return {key: value.numpy() for key, value in function(**tensors).items()}, "python"
