"""Made-up examples, the same for all sides. Needs numpy alone.

examples.py FOLDER     writes again what examples.json of that folder describes
"""

import json
import sys

import numpy as np

CLASSES = 10
WORDS = 5000  # of any vocabulary
PASS = 8  # times the examples, in a pass for features


def made(shape, integers):
    """Inputs of a shape, the number of examples first, and the index of each one's label."""
    random = np.random.default_rng(7)
    if integers:
        inputs = random.integers(0, WORDS, shape).astype(np.int32)
    else:
        inputs = random.uniform(-1, 1, shape).astype(np.float32)
    return inputs, random.integers(0, CLASSES, shape[0]).astype(np.int32)


def described(folder):
    """The examples that belong to a saved network."""
    with open(f"{folder}/examples.json") as file:
        about = json.load(file)
    return made(tuple(about["shape"]), about["dtype"] == "int32")


def write(folder, inputs, labels):
    """As Graft's side reads them."""
    with open(f"{folder}/examples.json", "w") as file:
        json.dump({"shape": list(inputs.shape), "dtype": inputs.dtype.name, "classes": CLASSES}, file)
    labels.tofile(f"{folder}/labels.bin")
    inputs.tofile(f"{folder}/inputs.bin")


if __name__ == "__main__":
    write(sys.argv[1], *described(sys.argv[1]))
