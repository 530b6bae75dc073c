"""Tells whether two runs of make.py gave the same golden values: python compare.py DIR DIR.

Keras 3 numbers the variables of an export by an order that changes from run to run, so gradients are
compared by the name of their variable, not by its checkpoint key.
"""

import json
import pathlib
import sys

from tensorflow.core.framework import graph_pb2


def values(folder):
    """Golden values of one model: name, with the variable's name for its key -> serialized tensor."""
    report = json.loads((folder / "golden.json").read_text())
    names = {}
    for index, variable in enumerate(report["variables"]):
        names[variable["key"]] = f"{index}:{variable['name']}"
    graph = graph_pb2.GraphDef.FromString((folder / "golden.pb").read_bytes())
    table = {}
    for node in graph.node:
        case, kind, *rest = node.name.split("/", 2)
        key = rest[0] if rest else ""
        table[case, kind, names.get(key, key)] = node.attr["value"].tensor.SerializeToString(deterministic=True)
    return table


def main(first, second):
    different = 0
    for path in sorted(pathlib.Path(first).glob("*/*/golden.json")):
        folder = path.parent.relative_to(first)
        one, two = values(pathlib.Path(first) / folder), values(pathlib.Path(second) / folder)
        wrong = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
        if wrong:
            different += 1
            print(f"{folder}: {len(wrong)} of {len(one)} differ, first {'/'.join(wrong[0])}")
    print(f"{different} models differ")
    return different > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
