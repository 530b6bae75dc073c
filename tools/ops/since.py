#!/usr/bin/env python3
"""Writes which TensorFlow an op, an attribute or one of its values is known from:
modules/graph/src/main/resources/dev/graft/graph/op/since.txt.

    python3 tools/ops/since.py LIBRARY...

Each LIBRARY is a jar or a wheel with TensorFlow's C library for this machine; it is unpacked to a temporary folder
and asked for its own list of ops (TF_GetAllOpList), in a process of its own. What was read, for Linux x86_64:

    org.tensorflow:tensorflow-core-api:{0.2.0,0.3.3,0.4.2,0.5.0}:linux-x86_64     TensorFlow 2.3, 2.4, 2.7, 2.10
    org.tensorflow:tensorflow-core-native:{1.0.0,1.1.0}:linux-x86_64              TensorFlow 2.16, 2.18
    tensorflow-cpu 2.12.0 (PyPI)                                                  TensorFlow 2.12

TensorFlow's ops_history_v2, which is made of the same lists, keeps the forms of each op in their order, and does not
say which release each came with. So the releases are asked. An op that came with one between two of these is written
down with the later one: what the file says is never too old.

Needs Python 3.11 and nothing else. The file begins with the releases that were asked; what the oldest of them has is
not listed, nor what came with its op or attribute.
"""

import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "modules/graph/src/main/resources/dev/graft/graph/op/since.txt"


class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]


def loaded(folder):
    """TensorFlow's library in a folder: in a process that loads nothing else."""
    found = {path.name.split(".so")[0]: path for path in sorted(pathlib.Path(folder).rglob("*.so*"))}
    framework = next((p for n, p in found.items() if n == "libtensorflow_framework"), None)
    if framework:
        ctypes.CDLL(str(framework), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(found.get("libtensorflow_cc") or found["libtensorflow"]), mode=ctypes.RTLD_GLOBAL)
    library.TF_Version.restype = ctypes.c_char_p
    return library


def ask(folder):
    """Prints the version, and the list of ops as bytes."""
    library = loaded(folder)
    library.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
    ops = library.TF_GetAllOpList().contents
    sys.stdout.buffer.write(library.TF_Version() + b"\n" + ctypes.string_at(ops.data, ops.length))
    sys.stdout.buffer.flush()
    os._exit(0)


def fields(data):
    """The fields of a protobuf message: number and value, an int or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        elif kind == 2:
            size = varint()
            yield key >> 3, data[at:at + size]
            at += size
        else:
            size = {1: 8, 5: 4}[kind]
            yield key >> 3, data[at:at + size]
            at += size


def values(attr):
    """What an attribute may be, where its op lists that: numbers of dtypes, and texts."""
    for number, value in fields(attr):
        if number == 7:  # allowed_values: an AttrValue, whose list has texts in 2 and dtypes in 6
            for inner, listed in fields(value):
                if inner == 1:
                    for kind, one in fields(listed):
                        if kind == 2:
                            yield one.decode()
                        elif kind == 6:
                            yield from [one] if isinstance(one, int) else varints(one)


def varints(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def known(ops):
    """All that a list of ops knows: Op, Op attribute, Op attribute value."""
    for number, op in fields(ops):
        if number == 1:
            name = next(value for n, value in fields(op) if n == 1).decode()
            yield name
            for field, attr in fields(op):
                if field == 4:
                    attr_name = next(value for n, value in fields(attr) if n == 1).decode()
                    yield f"{name} {attr_name}"
                    listed = [f"{name} {attr_name} {value}" for value in values(attr)]
                    yield from listed or [f"{name} {attr_name} *"]


def answer(library, script):
    """What script prints when it is asked in a process of its own: the version, and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(library) as archive:
            for member in archive.namelist():
                name = member.rsplit("/", 1)[-1]
                if name.startswith("libtensorflow") and ".so" in name:
                    archive.extract(member, folder)
        out = subprocess.run(
            [sys.executable, script, "--ask", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        ).stdout
    return out.split(b"\n", 1)


def read(library):
    version, ops = answer(library, __file__)
    return tuple(int(part) for part in version.decode().split("-")[0].split(".")[:2]), set(known(ops))


def main():
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2])
    releases = sorted(read(library) for library in sys.argv[1:])
    newest = releases[-1][1]
    names = [f"{major}.{minor}" for (major, minor), _ in releases]
    lines = ["# " + " ".join(names)]
    for what in sorted(newest):
        parent = what.rsplit(" ", 1)[0]
        either = {what, parent + " *"} if what.count(" ") == 2 else {what}  # an attribute may have been anything once
        first = next(i for i, (_, all_known) in enumerate(releases) if either & all_known)
        above = next(i for i, (_, all_known) in enumerate(releases) if parent in all_known)
        if not what.endswith(" *") and first > 0 and (" " not in what or first > above):  # what came with its op goes without saying
            lines.append(f"{names[first]} {what}")
    OUT.write_text("\n".join(lines) + "\n")
    print(f"{OUT.relative_to(ROOT)}: {len(lines) - 1} lines, of TensorFlow {', '.join(names)}")


if __name__ == "__main__":
    main()
