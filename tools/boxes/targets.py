"""What the cells of a map should answer to boxes, from TTFNet (arXiv 1909.00700), box by box."""

import math

import numpy as np

CELL, SPOT = 8, 0.54


def spot(low, high, cells):
    """Returns the Gaussian along one side: zero beyond its radius."""
    centre = min(math.floor((low + high) / 2), cells - 1)
    radius = math.floor(SPOT / 2 * (high - low))
    sigma = (2 * radius + 1) / 6
    return np.array([
        math.exp(-((i - centre) ** 2) / (2 * sigma ** 2)) if abs(i - centre) <= radius else 0.0 for i in range(cells)
    ])


def painted(boxes, rows, columns, labels):
    """Returns the heat of each label, and of each cell its box and its weight."""
    heat = np.zeros((rows, columns, labels))
    owner = np.zeros((rows, columns, 4))
    weight = np.zeros((rows, columns))
    in_cells = [(l * columns, t * rows, r * columns, b * rows, int(k)) for l, t, r, b, k, crowd in boxes if not crowd]
    for left, top, right, bottom, label in sorted(in_cells, key=lambda x: -(x[2] - x[0]) * (x[3] - x[1])):
        gauss = np.outer(spot(top, bottom, rows), spot(left, right, columns))
        heat[:, :, label] = np.maximum(heat[:, :, label], gauss)
        pixels = max(math.e, (right - left) * (bottom - top) * CELL * CELL)
        share = gauss / gauss.sum() * math.log(pixels)
        owner[gauss > 0] = (left, top, right, bottom)
        weight[gauss > 0] = share[gauss > 0]
    return heat, owner, weight
