"""What a builder of a zoo model gets and gives: the registry, the random values, the specification."""

import dataclasses
import zlib
from typing import Any, Callable

import numpy as np

# Where each vintage is written from: the major version of Keras whose environment makes it.
VINTAGES = {
    "keras2": ("keras2", 2),  # Keras 2.15 model.save
    "keras2_export": ("keras2_export", 2),  # Keras 2.15 model.export
    "keras3": ("keras3", 3),  # Keras 3 model.export
    "tfsave": ("tfsave", 2),  # tf.saved_model.save, beside Keras 2.15
    "tfsave@3": ("tfsave", 3),  # tf.saved_model.save, beside Keras 3
    "tf1": ("tf1", 2),  # tf.compat.v1.saved_model.Builder
}

REGISTRY = []


@dataclasses.dataclass(frozen=True)
class Entry:
    """One SavedModel to make: a builder and the vintage that writes what it builds."""

    name: str
    family: str
    vintage: str
    keras: int
    build: Callable
    policy: str | None
    big: bool = False


@dataclasses.dataclass
class Spec:
    """What a builder returns.

    cases: one dict for each case, input name -> array, in the order of the model's inputs.
    call: (dict of tensors, training) -> outputs; a Keras model's own call when None.
    train: store golden values of training=True (only where these are deterministic).
    head: name of the layer that a fine-tuner would swap, for classifiers.
    signatures: handed to tf.saved_model.save (vintage tfsave).
    case_signatures: name of the signature of each case, where that is not serving_default.
    function: for models without a signature, the name of the function that the cases call.
    reset: called before each live call (stateful models).
    custom_gradients: what SaveOptions.experimental_custom_gradients says (true by default since TF 2.6).
    """

    model: Any
    cases: list
    call: Callable | None = None
    train: bool = False
    head: str | None = None
    signatures: Any = None
    case_signatures: list | None = None
    function: str | None = None
    reset: Callable | None = None
    deterministic: bool = True
    optimizers: bool = True
    randomise: bool = True
    custom_gradients: bool = True
    after: Callable | None = None
    tolerance: float = 2e-5
    notes: str = ""


def zoo(name, family, vintages="keras2", policy=None, f64="", big=""):
    """Registers a builder for each of the vintages.

    f64 names those that get a float64 twin too; big those too large to commit (make.py --big).
    """

    def register(build):
        for vintage in vintages.split():
            folder, keras = VINTAGES[vintage]
            suffix = "_k3" if vintage == "tfsave@3" else ""
            REGISTRY.append(Entry(name + suffix, family, folder, keras, build, policy))
        for vintage in f64.split():
            folder, keras = VINTAGES[vintage]
            REGISTRY.append(Entry(name + "_f64", family, folder, keras, build, "float64"))
        for vintage in big.split():
            folder, keras = VINTAGES[vintage]
            REGISTRY.append(Entry(name, family, folder, keras, build, policy, True))
        return build

    return register


class Kit:
    """Seeded random values for one model; the same on every run."""

    def __init__(self, name, keras, policy=None):
        self.name = name
        self.keras = keras
        self.float = np.float64 if policy == "float64" else np.float32
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))

    def f(self, *shape, scale=1.0, dtype=None):
        """Normal floats."""
        return (self.rng.standard_normal(shape) * scale).astype(dtype or self.float)

    def u(self, *shape, low=0.0, high=1.0, dtype=None):
        """Uniform floats."""
        return self.rng.uniform(low, high, shape).astype(dtype or self.float)

    def i(self, *shape, low=0, high=10, dtype=np.int32):
        """Integers in [low, high)."""
        return self.rng.integers(low, high, shape).astype(dtype)

    def padded(self, lengths, time, high=12, dtype=np.int32):
        """Token ids from 1, each row of its own length, zeros behind."""
        ids = self.i(len(lengths), time, low=1, high=high, dtype=dtype)
        return ids * (np.arange(time) < np.array(lengths)[:, None]).astype(dtype)

    def words(self, *shape, vocabulary):
        """Strings drawn from a vocabulary."""
        return np.array(self.rng.choice(vocabulary, shape), dtype=object)


# Layers whose variables were learned by adapt(): random values would contradict their tables.
ADAPTED = {"Normalization", "StringLookup", "IntegerLookup", "TextVectorization", "Discretization"}


def variables_of(model):
    """The variables of a model; a lookup layer's handle on its vocabulary is none."""
    return [v for v in model.variables if hasattr(v, "dtype")]


def randomise(model, seed):
    """Gives every floating variable its own seeded values, in a range that suits its role."""
    kept = set()
    for layer in getattr(model, "_flatten_layers", lambda: [])():
        if type(layer).__name__ in ADAPTED:
            kept.update(id(v) for v in layer.weights)
    for index, variable in enumerate(variables_of(model)):
        dtype = str(getattr(variable.dtype, "name", variable.dtype))
        if id(variable) in kept or not dtype.startswith(("float", "bfloat")):
            continue
        name = getattr(variable, "path", variable.name).lower()
        rng = np.random.default_rng([seed, index])
        variable.assign(values_for(name, tuple(variable.shape), rng).astype(np.float32))


def values_for(name, shape, rng):
    """Values for one variable: positive for scales and variances, fan-in scaled for kernels."""
    last = name.split("/")[-1].split(":")[0]
    if any(word in last for word in ("gamma", "variance", "scale", "stddev")):
        return rng.uniform(0.5, 1.5, shape)
    if any(word in last for word in ("beta", "bias", "mean", "alpha")) or len(shape) < 2:
        return rng.uniform(-0.3, 0.3, shape)
    if "embedding" in last:
        return rng.standard_normal(shape) * 0.5
    return rng.standard_normal(shape) / np.sqrt(max(1, int(np.prod(shape[:-1]))))
