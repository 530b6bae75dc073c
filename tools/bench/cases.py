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
    peer: str  # how the peer works: step, fit, predict, bare, or limit
    bar: float
    device: str = "cpu"
    measure: str = "seconds per step"  # or: MB of memory at the peak, seconds
    steps: int = 4  # in a turn
    pairs: int = 1  # of turns, at least: many where a small difference counts
    batch_norm: str = "inference"
    precision: str = "float32"
    limit: float = 0.0  # what a row without a peer is held against, in seconds


STEP = "Keras' compiled train step"
FIT = "Keras' fit"
MEMORY = "MB of memory at the peak"

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
        measure="seconds", limit=2.0),
    Row("loop-lstm", "the training loop against bare session runs, LSTM as above", "lstm", 32, "bare", 1 / 1.02,
        steps=150, pairs=21),
    Row("loop-mobilenetv2", "the training loop against bare session runs, MobileNetV2 as above",
        "mobilenetv2_frozen_bn", 16, "bare", 1 / 1.02, steps=5, pairs=11),
    Row("mobilenetv2-fit", "fine-tuning all of MobileNetV2 at 160 px, batch 16, BatchNorm training", "mobilenetv2",
        16, "fit", 1.0, steps=4, batch_norm="training"),
    Row("resnet50-fit", "fine-tuning all of ResNet50 at 160 px, batch 16, BatchNorm training", "resnet50", 16, "fit",
        1.0, steps=1, batch_norm="training"),
    Row("mobilenetv2-features", "512 pictures of 160 px through what does not train of MobileNetV2, batch 16",
        "mobilenetv2", 16, "predict", 1.1, measure="seconds", steps=1),
    Row("resnet50-features", "512 pictures of 160 px through what does not train of ResNet50, batch 16",
        "resnet50", 16, "predict", 1.1, measure="seconds", steps=1),
]


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


ROWS = list(_rows())
