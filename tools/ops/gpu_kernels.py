#!/usr/bin/env python3
"""Writes which kernels TensorFlow's GPU build has for GPUs:
modules/graph/src/main/resources/dev/graft/graph/device/gpu_kernels.txt.

    python3 tools/ops/gpu_kernels.py LIBRARY

LIBRARY is org.tensorflow:tensorflow-core-native:1.1.0:linux-x86_64-gpu (526 MB), TensorFlow 2.18. It is unpacked to a
temporary folder and asked for all of its kernels (TF_GetAllRegisteredKernels) in a process of its own. That needs no
GPU and no CUDA, which are loaded when a GPU is looked for; so any Linux machine will do.

A line is one kind of kernel:

    OP DEVICE [ATTRIBUTE=DTYPE,DTYPE...]... [ATTRIBUTE:TEXT,TEXT...]... [@ARGUMENT,ARGUMENT...]

DEVICE is GPU, or DEFAULT for a kernel that any device takes which has none of its own. Dtypes are numbers of TensorFlow's
DataType; a text, maybe empty, a whole number, or true and false stand as they are. An attribute that is not named may
have any value. Behind @ are the arguments that lie in the host's memory. Kernels that differ in one attribute's dtype
alone are joined. Left out are those of CPUs and of XLA, those with a label, which a node has to ask for, and
priorities, which differ for kernels of data sets alone. Needs Python 3.11 and nothing else.
"""

import ctypes
import os
import sys

from since import ROOT, Buffer, answer, fields, loaded, varints

OUT = ROOT / "modules/graph/src/main/resources/dev/graft/graph/device/gpu_kernels.txt"
DEVICES = ("GPU", "DEFAULT")


def ask(folder):
    """Prints the version, and the kernels as bytes."""
    library = loaded(folder)
    library.TF_NewStatus.restype = ctypes.c_void_p
    library.TF_GetCode.argtypes = [ctypes.c_void_p]
    library.TF_GetAllRegisteredKernels.argtypes = [ctypes.c_void_p]
    library.TF_GetAllRegisteredKernels.restype = ctypes.POINTER(Buffer)
    status = library.TF_NewStatus()
    kernels = library.TF_GetAllRegisteredKernels(status).contents
    if library.TF_GetCode(status) != 0:
        sys.exit("TensorFlow does not list its kernels")
    sys.stdout.buffer.write(library.TF_Version() + b"\n" + ctypes.string_at(kernels.data, kernels.length))
    sys.stdout.buffer.flush()
    os._exit(0)


def allowed_of(value):
    """What a constraint allows, a list of an AttrValue: numbers for dtypes (in 6), and texts for all else."""
    found = set()
    for number, listed in fields(value):
        assert number == 1, "a constraint that is no list"
        for kind, one in fields(listed):
            if kind == 2:
                found.add(one.decode())
                continue
            numbers = [one] if isinstance(one, int) else list(varints(one))
            if kind == 3:
                found.update(str(n - 2**64 if n >= 2**63 else n) for n in numbers)
            elif kind == 5:
                found.update("true" if n else "false" for n in numbers)
            else:
                assert kind == 6, "a constraint of a kind that no kernel has had so far"
                found.update(numbers)
    return frozenset(found)


def kernel(message):
    """Op, device, constraints by attribute, arguments in host memory, label; nothing for other devices."""
    op, device, constraints, host, label = "", "", {}, set(), ""
    if not any(number == 2 and value.decode() in DEVICES for number, value in fields(message)):
        return None
    for number, value in fields(message):
        if number == 1:
            op = value.decode()
        elif number == 2:
            device = value.decode()
        elif number == 3:
            name, allowed = "", frozenset()
            for inner, one in fields(value):
                if inner == 1:
                    name = one.decode()
                else:
                    allowed = allowed_of(one)
            constraints[name] = allowed
        elif number == 4:
            host.add(value.decode())
        elif number == 5:
            label = value.decode()
    return op, device, constraints, frozenset(host), label


def joined(kinds):
    """Constraints such that what differs in one attribute alone is one."""
    for attribute in sorted({name for kind in kinds for name, _ in kind}):
        by_rest = {}
        for kind in kinds:
            own = dict(kind)
            allowed = own.pop(attribute, None)
            by_rest.setdefault((frozenset(own.items()), allowed is None), set()).update(allowed or ())
        kinds = {
            rest | (frozenset() if unnamed else frozenset({(attribute, frozenset(allowed))}))
            for (rest, unnamed), allowed in by_rest.items()
        }
    return kinds


def line(op, device, kind, host):
    words = [op, device]
    for name, allowed in sorted(kind):
        mark = ":" if any(isinstance(one, str) for one in allowed) else "="
        words.append(name + mark + ",".join(map(str, sorted(allowed))))
    words += ["@" + ",".join(sorted(host))] if host else []
    return " ".join(words)


def main():
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2])
    version, listed = answer(sys.argv[1], __file__)
    kinds = {}
    for number, message in fields(listed):
        if number == 1:
            found = kernel(message)
            if found and not found[4]:
                op, device, constraints, host, _ = found
                kinds.setdefault((op, device, host), set()).add(frozenset(constraints.items()))
    lines = sorted(
        line(op, device, kind, host)
        for (op, device, host), some in kinds.items()
        for kind in joined(some)
    )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join([f"# TensorFlow {version.decode()}, written by tools/ops/gpu_kernels.py"] + lines) + "\n")
    print(f"{OUT.relative_to(ROOT)}: {len(lines)} lines, {len({l.split()[0] for l in lines})} ops")


if __name__ == "__main__":
    main()
