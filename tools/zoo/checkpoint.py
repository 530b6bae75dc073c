"""Finds each live variable in a written checkpoint, by its content."""

import numpy as np
import tensorflow as tf

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def tensor_of(variable):
    """The tf.Variable under a Keras 3 variable or a Keras 2 AutoCastVariable."""
    if not isinstance(variable, tf.Variable) and hasattr(variable, "value") and not callable(variable.value):
        return variable.value
    return getattr(variable, "_variable", variable)


def read(variable):
    """A variable's value as an array, in its own dtype."""
    return tensor_of(variable).read_value().numpy()


def keys_by_content(directory):
    """(dtype, shape, bytes) -> sorted checkpoint keys that hold exactly this."""
    reader = tf.train.load_checkpoint(f"{directory}/variables/variables")
    found = {}
    for key in sorted(reader.get_variable_to_shape_map()):
        if key.startswith("_CHECKPOINTABLE"):
            continue
        found.setdefault(content(reader.get_tensor(key)), []).append(key)
    return found


def content(value):
    value = np.asarray(value)
    return (str(value.dtype), value.shape, value.tobytes())


def match(variables, directory):
    """id of each variable -> all its keys. A variable that was not saved has no entry."""
    found = keys_by_content(directory)
    keys = {}
    taken = {}
    for variable in variables:
        value = content(read(variable))
        if value not in found:
            continue
        if value in taken and value[1] and np.any(np.asarray(read(variable)) != 0):
            raise ValueError(f"{variable.name} and {taken[value]} hold the same values")
        taken[value] = variable.name
        keys[id(variable)] = found[value]
    return keys
