"""The layer table of a Keras model, as model.summary() prints it, in JSON."""

import math


def count(weights):
    """Number of elements, as Keras counts: nothing where the shape is unknown, or for a vocabulary's handle."""
    return sum(math.prod(d or 0 for d in w.shape) for w in weights if hasattr(w, "assign"))


def plain(shape):
    """A shape, or a nest of shapes, with null for unknown."""
    if shape is None:
        return None
    if isinstance(shape, dict):
        return {key: plain(value) for key, value in shape.items()}
    shape = list(shape) if not hasattr(shape, "as_list") else shape.as_list()
    return [d if d is None or isinstance(d, int) else plain(d) for d in shape]


def output_shape(layer):
    try:
        if hasattr(layer, "output_shape"):
            return plain(layer.output_shape)
        output = layer.output
        if isinstance(output, dict):
            return {key: plain(value.shape) for key, value in output.items()}
        if isinstance(output, (list, tuple)):
            return [plain(value.shape) for value in output]
        return plain(output.shape)
    except (AttributeError, RuntimeError, ValueError, NotImplementedError):
        return None  # a subclass, or a layer that was called more than once


def rows(layers):
    table = []
    for layer in layers:
        row = {
            "name": layer.name,
            "class": type(layer).__name__,
            "params": count(layer.weights),
            "trainable_params": count(layer.trainable_weights),
            "output_shape": output_shape(layer),
        }
        if getattr(layer, "layers", None):
            row["layers"] = rows(layer.layers)
        table.append(row)
    return table


def of(model):
    """Layer rows and the three totals; a weight that two layers share counts once in the totals."""
    return {
        "layers": rows(model.layers),
        "total": count(model.weights),
        "trainable": count(model.trainable_weights),
        "non_trainable": count(model.non_trainable_weights),
    }


KINDS = {"Dense": "dense", "Conv2D": "conv1x1"}


def head(model, name):
    """The classifier that a fine-tuner would swap."""
    layer = model.get_layer(name)
    config = layer.get_config()
    return {
        "layer": name,
        "kind": KINDS[type(layer).__name__],
        "activation": config["activation"],
        "units": config.get("units", config.get("filters")),
    }
