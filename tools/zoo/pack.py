"""Packs SavedModels of the zoo that are too large to commit: python pack.py DIR NAME ... [--out DIR].

DIR is what `make.py --big --out DIR` made. The same files give the same archive.
"""

import argparse
import pathlib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent / "testdata" / "packed"
TIME = (2026, 1, 1, 0, 0, 0)


def pack(model, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(model.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(file.relative_to(model).as_posix(), TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, file.read_bytes(), compresslevel=9)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("made", type=pathlib.Path)
    parser.add_argument("names", nargs="+", help="such as lstm_masked")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT)
    args = parser.parse_args()
    for name in args.names:
        archive = args.out / f"{name}.zip"
        pack(args.made / "keras2" / name / "model", archive)
        print(f"{archive.name} {archive.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
