#!/usr/bin/env python3
"""Trains detectors on BCCD and writes how well they find boxes: the figures of docs/detection.md.

    bars.py BCCD_FOLDER OUT.csv --seeds 0 1 2                      the official split, the backbone frozen
    bars.py BCCD_FOLDER OUT.csv --seeds 0 1 2 --recipe top         the upper layers learn, too
    bars.py BCCD_FOLDER OUT.csv --seeds 0 1 2 --pictures 10 25 50  of few pictures, drawn by the seed

Everything is chosen on validation pictures and learned once more from these as well, as `graft finetune` does by
itself; the test part is the official one, and is scored once. Of few pictures a fifth are for validation. A row is
added to OUT.csv after each training, and one that is there already is not trained again. GRAFT names the command, if
it is not ./graft of this checkout.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["recipe", "pictures", "seed", "ap50", "ap", "ap75", "seconds", "commit"]


def names(data, part):
    return (data / "ImageSets" / "Main" / f"{part}.txt").read_text().split()


def drawn(data, pictures, seed, folder):
    """BCCD with only so many pictures to learn from, the test part as it is."""
    learned = sorted(names(data, "train") + names(data, "val"))
    chosen = random.Random(seed).sample(learned, pictures)
    validation = max(2, pictures // 5)
    sets = folder / "ImageSets" / "Main"
    sets.mkdir(parents=True)
    for part in ("Annotations", "JPEGImages"):
        (folder / part).symlink_to(data / part)
    (sets / "val.txt").write_text("\n".join(chosen[:validation]))
    (sets / "train.txt").write_text("\n".join(chosen[validation:]))
    (sets / "test.txt").write_text("\n".join(names(data, "test")))
    return folder


def train(data, recipe, seed, work):
    command = os.environ.get("GRAFT", str(ROOT / "graft")).split()
    command += ["finetune", "--model", "efficientnet-lite0", "--head", "boxes", "--data", str(data), "--json"]
    command += ["--recipe", recipe, "--seed", str(seed), "--out", str(work / "serving")]
    fresh = {**os.environ, "GRAFT_HOME": str(work / "home")}  # no features of another training: the time counts all
    began = time.monotonic()
    log = subprocess.run(command, cwd=work, env=fresh, stdout=subprocess.PIPE, check=True)
    return json.loads(log.stdout), time.monotonic() - began


def commit():
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def rows(file):
    if not file.exists():
        return []
    with file.open(newline="") as table:
        return list(csv.DictReader(table))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--recipe", default="head")
    parser.add_argument("--pictures", type=int, nargs="*", default=[0], help="0: all")
    args = parser.parse_args()
    data = args.data.resolve()
    data = data / "BCCD" if (data / "BCCD").is_dir() else data  # as its archive unpacks
    for pictures in args.pictures:
        for seed in args.seeds:
            key = (args.recipe, str(pictures or "all"), str(seed))
            if any((row["recipe"], row["pictures"], row["seed"]) == key for row in rows(args.out)):
                continue
            with tempfile.TemporaryDirectory() as work:
                here = drawn(data, pictures, seed, Path(work) / "few") if pictures else data
                result, seconds = train(here, args.recipe, seed, Path(work))
            test = result["test"]
            fresh = not args.out.exists()
            with args.out.open("a", newline="") as table:
                writer = csv.writer(table, lineterminator="\n")
                if fresh:
                    writer.writerow(COLUMNS)
                figures = [f"{test[name]:.4f}" for name in ("ap50", "ap", "ap75")]
                writer.writerow([*key, *figures, round(seconds), commit()])
            print(*key, *figures, f"{seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
