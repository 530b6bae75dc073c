"""Makes testdata/boxes/loss.pb: the loss of a head for boxes, and its gradient, as TensorFlow has them in float64.

Written from the papers alone (CenterNet arXiv 1904.07850, TTFNet arXiv 1909.00700, GIoU of Rezatofighi et al. 2019),
box by box and cell by cell, where Graft works on whole maps. From the root of the repository:

    python tools/boxes/loss.py

in the virtual environment of tools/zoo/requirements-keras2.txt; random numbers are numpy's, from a fixed seed.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/zoo"))
import golden  # noqa: E402
from targets import painted  # noqa: E402

PICTURES, ROWS, COLUMNS, LABELS, MOST = 3, 6, 9, 2, 4
BOXES, WORTH = 1.75, 11.0


def loss_of(raw, boxes):
    """Returns the loss of one picture as a scalar tensor."""
    heat, owner, weight = painted(boxes, ROWS, COLUMNS, LABELS)
    p = tf.sigmoid(raw[:, :, :LABELS])
    at = heat == 1
    missed = tf.where(at, (1 - p) ** 2 * tf.math.log(p), tf.zeros_like(p))
    invented = tf.where(at, tf.zeros_like(p), (1 - heat) ** 4 * p ** 2 * tf.math.log(1 - p))
    focal = -tf.reduce_sum(missed + invented)
    total = tf.constant(0.0, tf.float64)
    for row in range(ROWS):
        for column in range(COLUMNS):
            if weight[row, column] == 0:
                continue
            reach = tf.exp(tf.clip_by_value(raw[row, column, LABELS:], -4, 5))
            x, y = column + 0.5, row + 0.5
            left, top, right, bottom = x - reach[0], y - reach[1], x + reach[2], y + reach[3]
            wl, wt, wr, wb = owner[row, column]
            common = tf.maximum(tf.minimum(right, wr) - tf.maximum(left, wl), 0) * tf.maximum(
                tf.minimum(bottom, wb) - tf.maximum(top, wt), 0)
            either = (right - left) * (bottom - top) + (wr - wl) * (wb - wt) - common
            around = (tf.maximum(right, wr) - tf.minimum(left, wl)) * (tf.maximum(bottom, wb) - tf.minimum(top, wt))
            total += weight[row, column] * (1 - (common / either - (around - either) / around))
    return focal / BOXES + 5 * total / WORTH


def main():
    rng = np.random.default_rng(18)
    raw = rng.normal(0, 1.5, (PICTURES, ROWS, COLUMNS, LABELS + 4)).astype(np.float32)
    boxes = np.zeros((PICTURES, MOST, 6), np.float32)
    counts = np.array([4, 2, 0], np.int32)  # the last picture has nothing on it
    for picture, count in enumerate(counts):
        for i in range(count):
            width, height = rng.uniform(0.08, 0.6, 2)
            left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
            boxes[picture, i] = (left, top, left + width, top + height, rng.integers(LABELS), 0)
    boxes[0, 3, 5] = 1  # a crowd teaches nothing
    boxes[1, 2:] = 0.5  # padding is not looked at
    x = tf.Variable(raw, dtype=tf.float64)
    with tf.GradientTape() as tape:
        losses = [loss_of(x[i], boxes[i, :counts[i]].astype(np.float64)) for i in range(PICTURES)]
        total = tf.add_n(losses)
    values = golden.Values()
    values.put("raw", raw)
    values.put("boxes", boxes)
    values.put("counts", counts)
    values.put("loss", np.array([each.numpy() for each in losses], np.float32))
    values.put("gradient", tf.convert_to_tensor(tape.gradient(total, x)).numpy().astype(np.float32))
    values.write(str(ROOT / "testdata/boxes/loss.pb"))


if __name__ == "__main__":
    main()
