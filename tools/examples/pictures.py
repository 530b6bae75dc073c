"""Pictures of shapes, drawn by a rule: what tools/examples/make.py trains on and writes."""

import numpy as np

KNOWN = ["cross", "disc", "moon", "square", "star", "triangle"]  # what the backbone is taught
LATER = ["heart", "bar"]  # what is added to it
FURTHER = ["arrow", "bar", "heart", "ring"]  # what the grey pictures show


def distance(shape, x, y):
    """Signed distance of points to a shape of radius 1, about: below 0 inside."""
    r, a = np.hypot(x, y), np.arctan2(y, x)
    if shape == "disc":
        return r - 0.85
    if shape == "ring":
        return np.abs(r - 0.7) - 0.2
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.75
    if shape == "bar":
        return np.maximum(np.abs(x) - 1.0, np.abs(y) - 0.25)
    if shape == "cross":
        arm = lambda u, v: np.maximum(np.abs(u) - 0.95, np.abs(v) - 0.28)
        return np.minimum(arm(x, y), arm(y, x))
    if shape == "triangle":
        return np.maximum(np.abs(x) * 0.87 + y * 0.5, -y) - 0.5
    if shape == "star":
        return r - 0.45 - 0.5 * np.abs(np.cos(2.5 * a)) ** 3
    if shape == "moon":
        return np.maximum(r - 0.9, 0.75 - np.hypot(x - 0.45, y))
    if shape == "heart":
        lobes = np.hypot(np.abs(x) - 0.42, y + 0.3) - 0.45
        point = np.maximum(0.8 * np.abs(x) + 0.6 * y - 0.47, -y - 0.35)
        return np.minimum(lobes, point)
    if shape == "arrow":
        head = np.maximum(np.abs(y) - (0.9 - x), 0.1 - x)
        shaft = np.maximum(np.abs(x + 0.4) - 0.55, np.abs(y) - 0.2)
        return np.minimum(head, shaft)
    raise ValueError(shape)


def place(rng, size, shape, radius, angle=None, centre=None):
    """Signed distance in pixels to a shape somewhere in a square picture."""
    cx, cy = rng.uniform(radius, size - radius, 2) if centre is None else centre
    turn = rng.uniform(0, 2 * np.pi) if angle is None else angle
    v, u = np.mgrid[0:size, 0:size] + 0.5
    dx, dy = (u - cx) / radius, (v - cy) / radius
    x, y = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    return distance(shape, x, y) * radius


def cover(d):
    """How much of each pixel is inside."""
    return np.clip(0.5 - d, 0, 1)[..., None]


def finished(rng, image, noise):
    return np.clip(image + rng.normal(0, noise, image.shape), 0, 255).round().astype(np.uint8)


def colours(rng):
    """A colour and another one that stands off it."""
    while True:
        a, b = rng.uniform(20, 235, (2, 3))
        if abs(a.mean() - b.mean()) > 50:
            return a, b


def painted(rng, shape, size=32, noise=4, radius=None):
    """One filled shape of some colour on another."""
    front, back = colours(rng)
    inside = cover(place(rng, size, shape, radius or rng.uniform(8, 13)))
    return finished(rng, back + inside * (front - back), noise)


def fogged(rng, shape):
    """As painted, seen through fog: three tenths of the contrast."""
    return finished(rng, 150 + 0.3 * (painted(rng, shape, noise=0) - 128.0), 5)


def scattered(rng, shape, size=128, count=7, noise=4):
    """Several small shapes of one kind, grey."""
    front, back = colours(rng)
    image = np.full((size, size, 1), back.mean())
    cells = rng.permutation(16)[:count]
    for cell in cells:
        radius = rng.uniform(8, 13)
        corner = np.array([cell % 4, cell // 4]) * 32
        inside = cover(place(rng, size, shape, radius, centre=corner + rng.uniform(radius, 32 - radius, 2)))
        image += inside * (front.mean() - image)
    return finished(rng, image, noise)


def described(rng, size=32, noise=4):
    """A shape of which several things can be said: the picture, and these."""
    filled, striped, red, large = (int(v) for v in rng.integers(0, 2, 4))
    radius = rng.uniform(10.5, 13.5) if large else rng.uniform(6, 8.5)
    front = np.array([220, 30, 40]) if red else np.array([40, 70, 200]) + rng.uniform(-30, 30, 3)
    back = np.full((size, size, 3), rng.uniform(140, 235))
    if striped:
        back[np.arange(size) // 3 % 2 == 0] -= 60
    d = place(rng, size, KNOWN[rng.integers(len(KNOWN))], radius)
    inside = cover(d if filled else np.abs(d) - 1)
    facts = dict(filled=filled, striped=striped, red=red, large=large)
    return finished(rng, back + inside * (front - back), noise), facts
