"""Makes testdata/boxes/: what pycocotools computes of made-up boxes, and of boxes near those of BCCD.

cases.json.gz holds a thousand small cases: boxes and answers as rows of numbers in eighths of a pixel or in
pixels, and the figures of COCOeval. outlines.json.gz holds a hundred with the areas of outlines. bccd.json.gz holds made-up answers for the pictures of testdata/bccd, whose
boxes are read from there. From the root of the repository, in a virtual environment of its own:

    pip install -r tools/boxes/requirements.txt
    python tools/boxes/average_precision.py

The same files for the same versions: random numbers are Python's own, from fixed seeds.
"""

import contextlib
import gzip
import io
import json
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "testdata/boxes"
NAMES = (
    "ap ap50 ap75 ap-small ap-medium ap-large recall-1 recall-10 recall-100 "
    "recall-small recall-medium recall-large"
).split()


def evaluated(labels: int, pictures: list) -> dict:
    """Returns the figures for pictures [truth, answers]: rows of label, x, y, width, height, crowd or score.

    Rows of truth may end in the area of an outline.
    """
    data = {
        "info": {},
        "images": [{"id": i + 1} for i in range(len(pictures))],
        "categories": [{"id": i + 1, "name": str(i)} for i in range(labels)],
        "annotations": [],
    }
    answers = []
    for i, (truth, given) in enumerate(pictures):
        for label, x, y, w, h, crowd, *outline in truth:
            data["annotations"].append(
                {
                    "id": len(data["annotations"]) + 1,
                    "image_id": i + 1,
                    "category_id": label + 1,
                    "bbox": [x, y, w, h],
                    "area": outline[0] if outline else w * h,
                    "iscrowd": crowd,
                }
            )
        for label, x, y, w, h, score in given:
            answers.append({"image_id": i + 1, "category_id": label + 1, "bbox": [x, y, w, h], "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = data
        coco.createIndex()
        if answers:
            found = coco.loadRes(answers)
        else:  # loadRes wants one
            found = COCO()
            found.dataset = {**data, "annotations": []}
            found.createIndex()
        run = COCOeval(coco, found, "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    precision, scores = run.eval["precision"][:, :, :, 0, 2], run.eval["scores"][:, :, :, 0, 2]
    weights = np.arange(1, 11)[:, None] * np.arange(1, 102)[None, :]
    return {
        "metrics": dict(zip(NAMES, run.stats.tolist())),
        "labels": [
            {
                "ap": float(precision[:, :, k].mean()),
                "ap50": float(precision[0, :, k].mean()),
                # of the whole curves, in which every value counts differently
                "precision": float((precision[:, :, k] * weights).sum() / weights.sum()),
                "scores": float((scores[:, :, k] * weights).sum() / weights.sum()),
            }
            for k in range(labels)
        ],
    }


def near(box: list, draw: random.Random, unit: float) -> list:
    """Returns a box that covers another more or less."""
    spread = draw.choice([0, 0.02, 0.1, 0.3])
    x, y, w, h = box
    shifted = [x + draw.gauss(0, spread) * w, y + draw.gauss(0, spread) * h]
    sides = [w * (1 + draw.gauss(0, spread)), h * (1 + draw.gauss(0, spread))]
    return [rounded(v, unit) for v in shifted] + [max(unit, rounded(v, unit)) for v in sides]


def rounded(value: float, unit: float) -> float:
    return round(value / unit) * unit if unit != 0.001 else round(value, 3)


def side(draw: random.Random, unit: float) -> float:
    """Returns a length that is often one of those at which COCO's areas end."""
    return draw.choice([32.0, 96.0, 16.0, 64.0]) if draw.random() < 0.3 else max(unit, rounded(draw.uniform(1, 200), unit))


def case(seed: int) -> dict:
    draw = random.Random(seed)
    unit = draw.choice([1.0, 0.125, 0.125, 0.001])
    labels = draw.randint(1, 4)
    scores = draw.choice([3, 10, 1000])  # few make ties
    crowd = draw.choice([0, 0.1, 0.5])
    many = seed % 100 == 99
    pictures = []
    for _ in range(draw.randint(1, 4)):
        truth, answers = [], []
        for _ in range(draw.choice([0, 1, 3, 6])):
            box = [rounded(draw.uniform(0, 400), unit), rounded(draw.uniform(0, 400), unit)]
            box += [side(draw, unit), side(draw, unit)]
            label = draw.randrange(max(1, labels - seed % 2))  # of the last there is no truth at times
            truth.append([label] + box + [int(draw.random() < crowd)])
            if draw.random() < 0.1:
                truth.append(list(truth[-1]))
        for _ in range(draw.choice([0, 2, 5, 9]) if not many else 130):
            if truth and draw.random() < 0.8:
                of = draw.choice(truth)
                box, label = near(of[1:5], draw, unit), of[0]
                label = label if draw.random() < 0.9 else draw.randrange(labels)
            else:
                box = [rounded(draw.uniform(0, 400), unit) for _ in range(2)] + [side(draw, unit), side(draw, unit)]
                label = draw.randrange(labels)
            answers.append([label] + box + [draw.randint(0, scores) / scores])
        pictures.append([truth, answers])
    return {"labels": labels, "pictures": pictures, **evaluated(labels, pictures)}


def outlined(seed: int) -> dict:
    """Returns a case with areas that are often those at which COCO's ranges end."""
    of, draw = case(seed), random.Random(seed)
    for truth, _ in of["pictures"]:
        for row in truth:
            share = draw.choice([0.3, 0.6, 0.9, 1.2])
            row.append(draw.choice([1024.0, 9216.0, 1023.875]) if draw.random() < 0.2 else round(row[3] * row[4] * share, 3))
    return {**of, **evaluated(len(of["labels"]), of["pictures"])}


def bccd() -> dict:
    names = ["Platelets", "RBC", "WBC"]
    draw = random.Random(0)
    pictures, answers = [], {}
    for file in sorted((ROOT / "testdata/bccd/Annotations").glob("*.xml")):
        truth, given = [], []
        for thing in ElementTree.parse(file).getroot().findall("object"):
            left, top, right, bottom = (float(thing.findtext(f"bndbox/{k}")) for k in ("xmin", "ymin", "xmax", "ymax"))
            if right > left and bottom > top:
                truth.append([names.index(thing.findtext("name")), left, top, right - left, bottom - top, 0])
        for of in truth:
            for _ in range(draw.choice([0, 1, 1, 1, 2])):
                label = of[0] if draw.random() < 0.95 else draw.randrange(3)
                given.append([label] + near(of[1:5], draw, 0.125) + [draw.randint(0, 200) / 200])
        pictures.append([truth, given])
        answers[file.stem] = given
    return {"answers": answers, **evaluated(3, pictures)}


def write(name: str, value) -> None:
    text = json.dumps(value, separators=(",", ":")).encode()
    (OUT / name).write_bytes(gzip.compress(text, mtime=0))
    print(name, len(text), (OUT / name).stat().st_size)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write("cases.json.gz", [case(seed) for seed in range(1000)])
    write("outlines.json.gz", [outlined(seed) for seed in range(2000, 2100)])
    write("bccd.json.gz", bccd())
