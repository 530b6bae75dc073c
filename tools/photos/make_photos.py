#!/usr/bin/env python3
"""Makes testdata/photos: 146 small photographs of five classes, each in the public domain or CC0.

    python3 -m venv .venv-photos && .venv-photos/bin/pip install -r tools/photos/requirements.txt
    .venv-photos/bin/python tools/photos/make_photos.py [--deb FILE] [--out testdata/photos]

The photographs come from the Debian package gcompris-qt-data, which `apt-get download` fetches (on a
Debian or Ubuntu system; elsewhere hand the file over with --deb). They lie in Qt resource files, each
folder with a README that gives author, source page and licence of every picture. A picture is taken
only if its README credits it with all three and the licence is public domain or CC0.

All classes are treated alike: the middle square, 192 x 192 px, JPEG. Nothing is letterboxed, so that a
frame does not give the class away. The same package gives the same bytes.
"""

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import credits
import rcc

PACKAGE = "gcompris-qt-data"
VERSION = "3.1-2"
DEB_SHA256 = "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f"
SIDE = 192
# A picture whose short side is below two thirds of that would be enlarged by more than half.
SMALLEST = SIDE * 2 // 3
QUALITY = 90
ROOT = Path(__file__).resolve().parents[2]

# Class -> folders of the package (resource file, folder inside it), each with the pictures to take
# from it; None takes all that are free.
SOURCES: dict[str, list[tuple[str, str, set[str] | None]]] = {
    "animals": [
        ("erase", "erase/resource", None),
        ("explore_farm_animals", "explore_farm_animals/resource/animals", None),
        ("explore_world_animals", "explore_world_animals/resource/animals", None),
    ],
    "energy": [("categorization", "categorization/resource/images/renewable", None)],
    "fish": [("categorization", "categorization/resource/images/fishes", None)],
    "monuments": [
        ("categorization", "categorization/resource/images/monuments", None),
        (
            "explore_monuments",
            "explore_monuments/resource",
            # Old ones that the folder above does not show already.
            {
                "france/arlesAmphitheater.webp",
                "france/palaisdesPapes.webp",
                "france/pontduGard.webp",
                "india/charminar.webp",
                "india/greatStupa.webp",
                "india/hawaMahal.webp",
                "india/konarkSunTemple.webp",
                "india/mysorePalace.webp",
                "wonders/petra.webp",
            },
        ),
    ],
    "tools": [("categorization", "categorization/resource/images/tools", None)],
}

_MODERN = "modern work: its maker's rights may outlive the photographer's waiver"
LEFT_OUT: dict[str, str] = {
    "monuments/bayterek.webp": _MODERN,
    "monuments/burj.webp": _MODERN,
    "monuments/christTheRedeemer.webp": _MODERN,
    "monuments/empireState.webp": _MODERN,
    "monuments/jucheTower.webp": _MODERN,
    "monuments/leMusee.webp": _MODERN,
    "monuments/operaHouse.webp": _MODERN,
    "tools/hammer7.webp": "the middle square shows no more than a stick",
    "tools/spray.webp": "a spray bottle is hardly a tool",
}

HEADER = f"""\
# Credits of the photographs in this folder, one line for each, columns divided by tabs.
# All are in the public domain or under CC0-1.0 (https://creativecommons.org/publicdomain/zero/1.0/).
# They were taken from the Debian package {PACKAGE} {VERSION} (GCompris, https://gcompris.net), whose
# READMEs give these credits; "packaged as" is the path inside its resource files. Changed here: cropped
# to the middle square, scaled to {SIDE} x {SIDE} px, stored as JPEG. Made by tools/photos/make_photos.py.
"""
COLUMNS = ("file", "author", "source", "licence", "packaged as", "sha256")


def fetch(folder: Path) -> Path:
    """Downloads the package with apt-get and returns the file."""
    try:
        subprocess.run(["apt-get", "download", f"{PACKAGE}={VERSION}"], cwd=folder, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        sys.exit(
            f"error: apt-get could not download {PACKAGE} {VERSION} ({e}).\n"
            "  Run 'apt-get update' first, or give the package file with --deb FILE."
        )
    return next(folder.glob("*.deb"))


def photo(picture: bytes) -> bytes | None:
    """The middle square as a JPEG, or None if the picture is too small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    short = min(image.size)
    if short < SMALLEST:
        return None
    left, top = (image.width - short) // 2, (image.height - short) // 2
    square = image.resize(
        (SIDE, SIDE), Image.Resampling.LANCZOS, box=(left, top, left + short, top + short)
    )
    jpeg = io.BytesIO()
    square.save(jpeg, "JPEG", quality=QUALITY, optimize=True)
    return jpeg.getvalue()


def collect(resources: Path, label: str, out: Path) -> list[tuple[str, ...]]:
    """Writes the photographs of one class and returns their lines for CREDITS."""
    lines = []
    for resource, folder, wanted in SOURCES[label]:
        prefix = f"gcompris/src/activities/{folder}/"
        inside = {
            path.removeprefix(prefix): content
            for path, content in rcc.files((resources / f"{resource}.rcc").read_bytes())
            if path.startswith(prefix)
        }
        credited = credits.parse(inside["README"].decode("utf-8"))
        if wanted and wanted - inside.keys():
            sys.exit(f"error: {resource}.rcc lacks {sorted(wanted - inside.keys())}")
        for path in sorted(wanted or inside.keys()):
            if not path.endswith(".webp"):
                continue
            name = f"{label}/{Path(path).stem}.jpg"
            credit = credited.get(path)
            reason = LEFT_OUT.get(f"{label}/{path}")
            if credit is None:
                reason = "the README does not credit it"
            elif credit.free_licence() is None:
                reason = f"its licence is {credit.licence}"
            jpeg = None if reason else photo(inside[path])
            if jpeg is None:
                print(f"left out {label}/{path}: {reason or 'too small'}")
                continue
            if (out / name).exists():
                name = f"{label}/{Path(path).stem}2.jpg"
            (out / name).write_bytes(jpeg)
            lines.append(
                (
                    name,
                    credit.author,
                    credit.source,
                    credit.free_licence(),
                    f"{resource}.rcc:{prefix}{path}",
                    hashlib.sha256(jpeg).hexdigest(),
                )
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes testdata/photos from a Debian package.")
    parser.add_argument("--deb", type=Path, help=f"{PACKAGE}_{VERSION}_all.deb, if already here")
    parser.add_argument("--out", type=Path, default=ROOT / "testdata" / "photos")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        deb = arguments.deb or fetch(Path(temporary))
        if hashlib.sha256(deb.read_bytes()).hexdigest() != DEB_SHA256:
            sys.exit(f"error: {deb} is not {PACKAGE} {VERSION}: its SHA-256 is another one")
        subprocess.run(["dpkg-deb", "-x", deb, temporary], check=True)
        resources = Path(temporary) / "usr/share/gcompris-qt/rcc"

        lines = []
        for label in sorted(SOURCES):
            shutil.rmtree(arguments.out / label, ignore_errors=True)
            (arguments.out / label).mkdir(parents=True)
            lines += collect(resources, label, arguments.out)

    table = "".join("\t".join(line) + "\n" for line in [COLUMNS, *sorted(lines)])
    (arguments.out / "CREDITS").write_text(HEADER + table, encoding="utf-8")
    for label in sorted(SOURCES):
        print(f"{label}: {sum(line[0].startswith(label + '/') for line in lines)} photographs")
    size = sum(file.stat().st_size for file in arguments.out.rglob("*.jpg"))
    print(f"{len(lines)} photographs, {size / 1e6:.2f} MB in {arguments.out}")


if __name__ == "__main__":
    main()
