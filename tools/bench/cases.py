"""The rows: what is measured, against what, and what it should come to.

A ratio is the peer's figure divided by Graft's, so above 1 Graft is better. Work and sizes are those of Graft's
issues; `seconds` is about how long one turn of one side should take.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Row:
    name: str
    what: str  # for a person
    model: str  # a function of models.py
    batch: int
    peer: str  # how the peer works: step, fit, predict, bare (Graft's process), alone (the same, undisturbed), or limit
    bar: float
    work: str = "loop"  # Graft's, as modules/bench knows it
    device: str = "cpu"  # or none: rows that only a group of their own measures
    measure: str = "seconds per step"  # or: MB of memory at the peak, seconds, seconds at the 99th percentile
    steps: int = 4  # in a turn
    pairs: int = 1  # of turns, at least: many where a small difference counts
    batch_norm: str = "inference"
    precision: str = "float32"
    limit: float = 0.0  # what a row without a peer is held against, in seconds
    requests: int = 0  # a second, which are answered beside
    own_pool: bool = False  # TensorFlow's TF_OVERRIDE_GLOBAL_THREADPOOL


STEP = "Keras' compiled train step"
FIT = "Keras' fit"
MEMORY = "MB of memory at the peak"
MEDIAN = "seconds at the median"
P99 = "seconds at the 99th percentile"
BACKBONE = "efficientnet-lite0"  # of models/

_ROWS = [
    Row("lstm-step", "LSTM(128) over 50 steps, batch 32, a step of Adam", "lstm", 32, "step", 1 / 1.05, steps=40),
    Row("gru-step", "GRU(128) over 50 steps, batch 32, a step of Adam", "gru", 32, "step", 1 / 1.05, steps=40),
    Row("transformer-step", "Transformer encoder of 2 blocks, 64 words, batch 32, a step of Adam", "transformer", 32,
        "step", 1 / 1.05, steps=16),
    Row("mobilenetv2-step", "MobileNetV2 at 160 px, batch 16, BatchNorm frozen, a step of Adam",
        "mobilenetv2_frozen_bn", 16, "step", 1.0, steps=5),
    Row("lstm-memory", "LSTM(128) twice over 1,000 steps, batch 32", "long_lstm", 32, "step", 1 / 0.7,
        measure=MEMORY, steps=2),
    Row("resnet152-gradients", "building the gradient graph of ResNet152", "resnet152", 1, "limit", 1.0,
        work="gradients", measure="seconds", limit=2.0),
    Row("loop-lstm", "the training loop against bare session runs, LSTM as above", "lstm", 32, "bare", 1 / 1.02,
        steps=150, pairs=21),
    Row("loop-mobilenetv2", "the training loop against bare session runs, MobileNetV2 as above",
        "mobilenetv2_frozen_bn", 16, "bare", 1 / 1.02, steps=5, pairs=11),
    Row("mobilenetv2-fit", "fine-tuning all of MobileNetV2 at 160 px, batch 16, BatchNorm training", "mobilenetv2",
        16, "fit", 1.0, steps=4, batch_norm="training"),
    Row("resnet50-fit", "fine-tuning all of ResNet50 at 160 px, batch 16, BatchNorm training", "resnet50", 16, "fit",
        1.0, steps=1, batch_norm="training"),
    Row("mobilenetv2-features", "512 pictures of 160 px through what does not train of MobileNetV2, batch 16",
        "mobilenetv2", 16, "predict", 1.1, work="features", measure="seconds", steps=1),
    Row("resnet50-features", "512 pictures of 160 px through what does not train of ResNet50, batch 16",
        "resnet50", 16, "predict", 1.1, work="features", measure="seconds", steps=1),
    Row("answer-live", "one picture to a LiveModel of EfficientNet-Lite0, against TensorFlow Java alone", BACKBONE,
        1, "bare", 1 / 1.05, work="live", measure=MEDIAN, steps=30, pairs=9),
    Row("answer-together", "8 pictures of each of 16 clients to a Serving, in one run where they come together, against "
        "one by one", BACKBONE, 1, "bare", 1.3, work="together", measure=MEDIAN, steps=1, pairs=9),
    Row("answer-boxes", "from bytes to boxes at 512 x 384, against the backbone's own labels at that size", BACKBONE, 1,
        "bare", 1 / 1.25, work="boxes", measure=MEDIAN, steps=30, pairs=9),
]


def _beside(requests, own_pool=False):
    """Of windows of a minute each: what answers and what training suffer from each other, in one process."""
    name = f"beside-{requests}" + ("-own-pool" if own_pool else "")
    both = (f"{requests} pictures a second at random moments, answered by EfficientNet-Lite0 while all of MobileNetV2 "
            "at 160 px trains on photos, batch 16, and gives way" + (", a pool for each session" if own_pool else ""))
    row = Row(f"answer-{name}", f"99th percentile of answers: {both}; against no training", "mobilenetv2", 16, "alone",
              1 / 3, work="beside", device="cpu" if requests == 8 and not own_pool else "none", measure=P99, steps=60,
              requests=requests, own_pool=own_pool)
    yield row
    yield replace(row, name=f"training-{name}", what=f"training, a step and its share of scoring: {both}; against no answers",
                  bar=0.7, measure="seconds per step")


def _rows():
    for row in _ROWS:
        yield row
        if row.peer == "fit":
            yield replace(row, name=row.name.replace("fit", "memory"), bar=1.0, measure=MEMORY, steps=2)
    fit = {row.name: row for row in _ROWS}
    yield replace(fit["resnet50-fit"], name="resnet50-bfloat16", bar=1.7, precision="mixed_bfloat16",
                  what="fine-tuning all of ResNet50 in bfloat16, Keras in float32")
    for name in ("mobilenetv2", "resnet50"):
        yield replace(fit[f"{name}-fit"], name=f"{name}-auto", precision="auto",
                      what=fit[f"{name}-fit"].what + ", in the precision that a measurement picks")
    for own_pool in (False, True):
        for requests in (2, 4, 8, 16):
            yield from _beside(requests, own_pool)


ROWS = list(_rows())
GROUPS = {
    "cpu": [row for row in ROWS if row.device == "cpu"],
    "gpu": [row for row in ROWS if row.device == "gpu"],
    "beside": [row for row in ROWS if row.work == "beside"],  # the curve, with one pool of threads and with several
}
