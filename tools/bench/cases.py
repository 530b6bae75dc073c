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
    peer: str  # how the peer works: step, fit, predict, decode, boxes (its network by hand), torch (PyTorch), openvino, former (Graft of FORMER), kernels (Graft without XLA), bare (Graft's process), alone (the same, undisturbed), limit, or busy (a limit, too)
    bar: float  # 0 for none
    work: str = "loop"  # Graft's, as modules/bench knows it
    device: str = "cpu"  # or gpu
    group: str = "cpu"  # the one that measures it beside its own name: cpu, torch, gpu, xla, or none
    measure: str = "seconds per step"  # or: MB of memory at the peak, seconds, seconds at the 99th percentile
    steps: int = 4  # in a turn
    pairs: int = 1  # of turns, at least: many where a small difference counts
    batch_norm: str = "inference"
    precision: str = "float32"
    forms: tuple = ("eager", "compiled")  # of PyTorch's, the best of which counts
    limit: float = 0.0  # what a row without a peer is held against, in seconds or as a share; else when it is given up
    xla: str = "auto"  # or on, off: whether XLA compiles Graft's steps
    requests: int = 0  # a second, which are answered beside
    resident: bool = False  # whether an epoch is so small that all of it lies on the GPU; else batches wait in a queue
    own_pool: bool = False  # TensorFlow's TF_OVERRIDE_GLOBAL_THREADPOOL


MEMORY = "MB of memory at the peak"
MEDIAN = "seconds at the median"
P99 = "seconds at the 99th percentile"
IDLE = "share of the time without work for the GPU"
BACKBONE = "efficientnet-lite0"  # of models/
FORMER = "9c7624f"  # the commit that features are held against

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
    Row("decode-jpegs", "the demo's photos four times over, read, decoded and resized to 224 px with antialiasing, in "
        "batches of 32, against tf.data with as many threads", BACKBONE, 32, "decode", 1.0, work="decode",
        measure="seconds", steps=1),
    Row("answer-live", "one picture to a LiveModel of EfficientNet-Lite0, against TensorFlow Java alone", BACKBONE,
        1, "bare", 1 / 1.05, work="live", measure=MEDIAN, steps=30, pairs=9),
    Row("answer-together", "8 pictures of each of 16 clients to a Serving, in one run where they come together, against "
        "one by one", BACKBONE, 1, "bare", 1.3, work="together", measure=MEDIAN, steps=1, pairs=9),
    Row("boxes-step", "a head for boxes on kept maps of EfficientNet-Lite0 at 512 x 384, batch 8, a step of Adam, "
        "against the same network by hand in Keras", BACKBONE, 8, "boxes", 1.0, work="box-steps", measure=MEDIAN,
        steps=40, batch_norm="training"),
    Row("answer-boxes", "from bytes to boxes at 512 x 384, against the backbone's own labels at that size", BACKBONE, 1,
        "bare", 1 / 1.25, work="boxes", measure=MEDIAN, steps=30, pairs=9),
]


def _beside(requests, own_pool=False):
    """Of windows of a minute each: what answers and what training suffer from each other, in one process."""
    name = f"beside-{requests}" + ("-own-pool" if own_pool else "")
    both = (f"{requests} pictures a second at random moments, answered by EfficientNet-Lite0 while all of MobileNetV2 "
            "at 160 px trains on photos, batch 16, and gives way" + (", a pool for each session" if own_pool else ""))
    row = Row(f"answer-{name}", f"99th percentile of answers: {both}; against no training", "mobilenetv2", 16, "alone",
              1 / 3, work="beside", group="cpu" if requests == 8 and not own_pool else "none", measure=P99, steps=60,
              requests=requests, own_pool=own_pool)
    yield row
    yield replace(row, name=f"training-{name}", what=f"training, a step and its share of scoring: {both}; against no answers",
                  bar=0.7, measure="seconds per step")


def _features(rows):
    """What does not train, against others than Keras."""
    for row in rows:
        yield replace(row, name=f"{row.name}-former", peer="former", bar=1.15, group="features",
                      what=f"{row.what}, against Graft of {FORMER}")
        yield replace(row, name=f"{row.name}-openvino", peer="openvino", bar=0, group="features",
                      what=f"{row.what}, against OpenVINO, which reads the same SavedModel")


def _torch():
    """Whole steps on the CPU against PyTorch, in float32, and in bfloat16, without a bar, where the processor has it."""
    for name, model, size, steps in (("resnet50", "resnet50", 160, 1), ("mobilenetv2", "mobilenetv2", 160, 4),
                                     ("efficientnet-lite0", "efficientnet_lite0", 224, 2)):
        row = Row(f"{name}-torch", f"fine-tuning all of {name} at {size} px, batch 16, BatchNorm training, a step of Adam, "
                  "against PyTorch's best of eager and compiled", model, 16, "torch", 1.0, group="torch", steps=steps,
                  batch_norm="training")
        yield row
        yield replace(row, name=f"{name}-torch-bfloat16", bar=0, what=f"{row.what}, both in bfloat16",
                      precision="mixed_bfloat16")  # no bar: what is asked for is PyTorch's best float32


def _xla():
    """What 'auto' leaves alone on the CPU: Graft's own steps, compiled by XLA and by TensorFlow's kernels."""
    for name, model, batch, what in (("resnet50", "resnet50", 4, "ResNet50 at 160 px"),
                                     ("mobilenetv2", "mobilenetv2", 4, "MobileNetV2 at 160 px"),
                                     ("efficientnet-lite0", "efficientnet_lite0", 4, "EfficientNet-Lite0 at 224 px"),
                                     ("vit-b16", "vit_b16", 2, "ViT-B/16 at 224 px"),
                                     ("bert-base", "bert_base", 2, "BERT-base over 128 words")):
        yield Row(f"xla-{name}", f"a step of Adam on all of {what}, batch {batch}, BatchNorm training, compiled by XLA, "
                  "against TensorFlow's kernels", model, batch, "kernels", 1.0, group="xla", steps=2, batch_norm="training",
                  xla="on", limit=240)


_ON_GPU = (  # name, network, batch, how long a turn is, what it is
    ("resnet50", "resnet50_224", 128, 50, "ResNet50 at 224 px"),
    ("mobilenetv2", "mobilenetv2_224", 128, 50, "MobileNetV2 at 224 px"),
    ("efficientnet-lite0", "efficientnet_lite0", 128, 50, "EfficientNet-Lite0 at 224 px"),
    # 64: Graft and both forms of PyTorch are on the card at once, and three times all that 128 pictures leave in 12
    # layers of 197 places (an estimate of 30 GB in TF32) is more than the 80 GB of an H100
    ("vit-b16", "vit_b16", 64, 30, "ViT-B/16 at 224 px"),
    ("bert-base", "bert_base", 128, 30, "BERT-base over 128 words"),
    ("lstm", "lstm", 128, 100, "LSTM(128) over 50 steps"),
)


def _gpu():
    """None of these has been run on a GPU. tf32 is float32 that is multiplied in TF32, on both sides."""
    whole = {}
    for name, model, batch, steps, what in _ON_GPU:
        for precision in ("tf32", "bfloat16", "float16"):
            bar = 1.15 if name == "resnet50" and precision != "tf32" else 1.0
            row = Row(f"gpu-{name}-{precision}", f"a step of Adam on all of {what}, batch {batch}, in {precision}, against "
                      "PyTorch's best of eager and compiled", model, batch, "torch", bar, device="gpu", group="gpu",
                      steps=steps, batch_norm="training", precision=precision)
            whole[row.name] = row
            yield row
    for name in ("resnet50", "mobilenetv2"):
        row = whole[f"gpu-{name}-bfloat16"]
        yield replace(row, name=f"gpu-{name}-features", bar=1.05, work="features", measure="seconds", steps=1,
                      what=f"4,096 pictures of 224 px through what does not train of {name}, batch 128, against "
                      "PyTorch's best of eager and compiled, both in bfloat16")
    for name in ("resnet50-bfloat16", "lstm-tf32"):
        row = whole[f"gpu-{name}"]
        yield replace(row, name=f"gpu-loop-{name}", peer="bare", bar=1 / 1.02, pairs=11,
                      what=f"the training loop against bare session runs of the same graph, fed the same way, {name} as above")
    yield replace(whole["gpu-lstm-tf32"], name="gpu-loop-lstm-resident", peer="bare", bar=1 / 1.02, pairs=11, steps=50,
                  resident=True, what="the same where all examples lie on the GPU, lstm-tf32 as above")
    row = replace(whole["gpu-resnet50-bfloat16"], peer="busy", bar=1.0, measure=IDLE, limit=0.05, steps=300)
    yield replace(row, name="gpu-busy-pixels", what="idle share of the GPU while all of ResNet50 trains on pixels in memory, "
                  "batch 128, bfloat16, against 5%")
    yield replace(row, name="gpu-busy-jpegs", work="photos", what="idle share of the GPU while all of ResNet50 trains on "
                  "JPEGs that are decoded beside its steps, no pixels kept, batch 128, bfloat16, against 5%")


def _rows():
    for row in _ROWS:
        yield row
        if row.peer == "fit":
            yield replace(row, name=row.name.replace("fit", "memory"), bar=1.0, measure=MEMORY, steps=2)
    fit = {row.name: row for row in _ROWS}
    yield replace(fit["resnet50-fit"], name="resnet50-bfloat16", bar=1.7, precision="mixed_bfloat16",
                  what="fine-tuning all of ResNet50 in bfloat16, Keras in float32")
    for name in ("mobilenetv2", "resnet50"):
        yield replace(fit[f"{name}-features"], name=f"{name}-features-bfloat16", bar=1.4, precision="mixed_bfloat16",
                      what=fit[f"{name}-features"].what + ", in bfloat16, Keras in float32")
    for name in ("mobilenetv2", "resnet50"):
        yield replace(fit[f"{name}-fit"], name=f"{name}-auto", precision="auto",
                      what=fit[f"{name}-fit"].what + ", in the precision that a measurement picks")
    for own_pool in (False, True):
        for requests in (2, 4, 8, 16):
            yield from _beside(requests, own_pool)
    yield from _features([row for row in _ROWS if row.work == "features"])
    yield from _torch()
    yield from _xla()
    yield from _gpu()


ROWS = list(_rows())
GROUPS = {
    **{name: [row for row in ROWS if row.group == name] for name in ("cpu", "torch", "xla", "gpu")},
    "features": [row for row in ROWS if row.work == "features" and row.device == "cpu"],
    "beside": [row for row in ROWS if row.work == "beside"],  # the curve, with one pool of threads and with several
}
