#!/usr/bin/env python3
"""Writes one photo as eight files, stored in the eight ways of EXIF orientation: upright they are one picture.

    turned.py PHOTO FOLDER

The photo is made a mosaic of squares of 8 pixels, the unit in which JPEG keeps pixels, and colours are kept in full:
so the eight files, each encoded by itself, decode to the same pixels, turned.
"""

import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

SQUARE = 8

# The upright picture as it is stored, by the orientation that turns it back (EXIF 2.32, tag 274).
STORED = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: p.transpose(1, 0, 2)[::-1],
    7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda p: p.transpose(1, 0, 2)[:, ::-1],
}


def mosaic(photo: Path) -> np.ndarray:
    """The left three quarters of the photo, so that it is no square itself, in squares of one colour each."""
    pixels = tf.io.decode_image(photo.read_bytes(), channels=3, expand_animations=False).numpy()
    height, width = pixels.shape[0] // SQUARE, pixels.shape[1] * 3 // 4 // SQUARE
    squares = pixels[: height * SQUARE, : width * SQUARE].reshape(height, SQUARE, width, SQUARE, 3).mean((1, 3))
    return np.repeat(np.repeat(squares, SQUARE, 0), SQUARE, 1).round().astype(np.uint8)


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG file with an EXIF segment of one entry."""
    tiff = b"MM" + struct.pack(">HIHHHIHHI", 42, 8, 1, 274, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def main() -> None:
    photo, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    upright = mosaic(photo)
    for orientation, stored in STORED.items():
        pixels = np.ascontiguousarray(stored(upright))
        jpeg = tf.io.encode_jpeg(pixels, quality=100, chroma_downsampling=False).numpy()
        (folder / f"{orientation}.jpg").write_bytes(with_orientation(jpeg, orientation))


if __name__ == "__main__":
    main()
