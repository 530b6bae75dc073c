"""Sentences and signals, made by a rule: what tools/examples/make.py trains on and writes."""

import numpy as np

GOOD = "wonderful lovely excellent charming brilliant delightful superb pleasant perfect splendid".split()
BAD = "terrible awful boring dreadful poor ugly unpleasant horrible disappointing bad".split()
FILM = "film story acting music ending camera dialogue hero plot scene".split()
HOTEL = "room breakfast staff bed pool view lobby dinner balcony service".split()
PERSON = ["we", "i", "my wife", "our children", "everyone"]


def sentence(rng, things, words):
    thing, other = rng.choice(things, 2, replace=False)
    a, b = rng.choice(words, 2, replace=False)
    forms = [
        f"the {thing} was {a} and the {other} {b}",
        f"{rng.choice(PERSON)} found the {thing} {a}",
        f"what a {a} {thing}, and the {other} was {b} too",
        f"{a} {thing}, {b} {other}",
    ]
    return str(rng.choice(forms))


def film(rng):
    """A sentence about a film, and how many of its words of judgement are good ones: 0 none, 1 all."""
    good = rng.integers(0, 2)
    return sentence(rng, FILM, GOOD if good else BAD), int(good)


def hotel(rng, label):
    """A sentence about a hotel: praise, a complaint, or a question."""
    if label == "question":
        thing = rng.choice(HOTEL)
        ask = ["is there a", "does the room have a", "what time is the", "how large is the", "where can we find the"]
        return f"{rng.choice(ask)} {thing}"
    return sentence(rng, HOTEL, GOOD if label == "praise" else BAD)


STEPS = 40


def signal(rng, kind):
    """STEPS values of a machine's vibration."""
    t = np.arange(STEPS)
    period, phase = rng.uniform(6, 10), rng.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * t / period + phase)
    if kind == "square":
        wave = np.sign(wave)
    if kind == "saw":
        wave = 2 * ((t / period + phase) % 1) - 1
    if kind == "silent":
        wave = 0 * wave
    if kind == "rising":
        wave = wave * np.linspace(0.3, 1.7, STEPS)
    if kind == "interrupted":
        start = rng.integers(8, STEPS - 16)
        wave[start : start + rng.integers(8, 14)] = 0
    return (wave * rng.uniform(0.7, 1.3) + rng.normal(0, 0.15, STEPS)).round(3)
