"""Reads a run's event files with TensorBoard's own reader and compares them with its log.csv.

Run: python tools/interop/events.py runs/demo-1
Assumes tools/zoo/requirements-keras3.txt, whose TensorFlow brings TensorBoard.
"""

import csv
import math
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main(run):
    with open(os.path.join(run, "log.csv"), newline="") as table:
        rows = list(csv.DictReader(table))
    compared = 0
    for stretch in sorted({row["stretch"] for row in rows}):
        events = EventAccumulator(os.path.join(run, "tensorboard", "stretch-" + stretch))
        events.Reload()
        epochs = [row for row in rows if row["stretch"] == stretch]
        columns = {"epoch/loss": "loss"}
        columns.update({"validation/" + c[4:]: c for c in epochs[0] if c.startswith("val_")})
        for tag, column in columns.items():
            seen = {event.step: event.value for event in events.Scalars(tag)}
            wanted = {int(row["step"]): float(row[column]) for row in epochs}
            assert seen.keys() == wanted.keys(), f"{tag}: steps {sorted(seen)} for {sorted(wanted)}"
            for step, value in wanted.items():
                assert math.isclose(seen[step], value, rel_tol=1e-6), f"{tag} at {step}: {seen[step]} for {value}"
                compared += 1
        steps = [event.step for event in events.Scalars("rate")]
        assert steps == list(range(1, int(epochs[-1]["step"]) + 1)), f"steps {steps}"
    print(f"TensorBoard reads {compared} values of {len(rows)} epochs as log.csv has them")


if __name__ == "__main__":
    main(*sys.argv[1:])
