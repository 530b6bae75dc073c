"""Chooses the part of BCCD that testdata/bccd holds: 100 pictures of the official split, in VOC's folders.

Of each list of ImageSets/Main as many as SHARES says, spread evenly over the list; files are copied as
they are. Assumes a checkout of https://github.com/Shenggan/BCCD_Dataset (MIT). From the root of the
repository:

    python3 tools/boxes/choose.py CHECKOUT testdata/bccd
"""

import shutil
import sys
from pathlib import Path

SHARES = {"train": 60, "val": 20, "test": 20}


def main(checkout: Path, out: Path) -> None:
    data = checkout / "BCCD"
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    for part, count in SHARES.items():
        names = sorted((data / "ImageSets/Main" / f"{part}.txt").read_text().split())
        chosen = [names[i * len(names) // count] for i in range(count)]
        (out / "ImageSets/Main" / f"{part}.txt").write_text("".join(f"{name}\n" for name in chosen))
        for name in chosen:
            for path in (f"Annotations/{name}.xml", f"JPEGImages/{name}.jpg"):
                shutil.copyfile(data / path, out / path)
    shutil.copyfile(checkout / "LICENSE", out / "LICENSE")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
