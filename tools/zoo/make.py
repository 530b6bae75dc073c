"""Makes the zoo: python make.py [--only NAME ...] [--vintage V ...] [--out DIR].

Run it once with Keras 2.15 and once with Keras 3 (see README.md): each makes its own vintages.
"""

import argparse
import importlib
import os
import pathlib
import shutil
import sys
import time
import traceback
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import tensorflow as tf

import golden
import kit as kits
import savers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent / "testdata" / "zoo"


def load_families():
    for path in sorted((HERE / "families").glob("*.py")):
        importlib.import_module(f"families.{path.stem}")


def make(entry, out):
    """Builds, saves and measures one model in a fresh Keras state."""
    folder = f"{out}/{entry.vintage}/{entry.name}"
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(7)
    if entry.vintage == "tf1":
        from tf1_golden import make_tf1

        make_tf1(entry, kits.Kit(entry.name, entry.keras), folder)
        return folder
    tf.keras.mixed_precision.set_global_policy(entry.policy or "float32")
    tf.keras.backend.set_floatx("float64" if entry.policy == "float64" else "float32")  # what an Input is of
    try:
        kit = kits.Kit(entry.name, entry.keras, entry.policy)
        spec = entry.build(kit)
        if spec.randomise:
            kits.randomise(spec.model, zlib.crc32(entry.name.encode()))
        if spec.after:
            spec.after()
        savers.save(entry, spec, f"{folder}/model")
        golden.make(entry, kit.rng, spec, folder)
    finally:
        tf.keras.backend.set_floatx("float32")
        tf.keras.mixed_precision.set_global_policy("float32")
    return folder


def size(folder):
    return sum(f.stat().st_size for f in pathlib.Path(folder).rglob("*") if f.is_file())


def prune(out):
    """Removes models that no builder makes any more."""
    made = {f"{e.vintage}/{e.name}" for e in kits.REGISTRY if not e.big}
    for path in pathlib.Path(out).glob("*/*/golden.json"):
        folder = path.parent
        if f"{folder.parent.name}/{folder.name}" not in made:
            shutil.rmtree(folder)
            print(f"{folder.parent.name}/{folder.name} removed")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of models")
    parser.add_argument("--vintage", nargs="*", help="vintages")
    parser.add_argument("--out", default=str(ROOT))
    parser.add_argument("--big", action="store_true", help="instead those too large to commit (needs --out)")
    parser.add_argument("--prune", action="store_true", help="first remove models that no builder makes any more")
    parser.add_argument("--missing", action="store_true", help="only those not made yet")
    args = parser.parse_args()
    if args.big and args.out == str(ROOT):
        parser.error("--big needs --out")
    args.out = os.path.abspath(args.out)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    load_families()
    if args.prune:
        prune(args.out)
    major = int(keras.__version__.split(".")[0])
    failed = []
    for entry in kits.REGISTRY:
        if entry.keras != major or (args.only and entry.name not in args.only):
            continue
        if entry.big != args.big:
            continue
        if args.vintage and entry.vintage not in args.vintage:
            continue
        if args.missing and os.path.exists(f"{args.out}/{entry.vintage}/{entry.name}/golden.json"):
            continue
        start = time.time()
        try:
            folder = make(entry, args.out)
            print(f"{entry.vintage}/{entry.name} {size(folder) // 1024} KiB {time.time() - start:.1f} s", flush=True)
        except Exception:  # one model's failure must not hide the others'
            traceback.print_exc()
            failed.append(f"{entry.vintage}/{entry.name}")
            print(f"{failed[-1]} FAILED", flush=True)
    if failed:
        sys.exit(f"{len(failed)} failed: {' '.join(failed)}")


if __name__ == "__main__":
    main()
