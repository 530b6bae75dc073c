"""PyTorch's side. Runs in an environment of its own (requirements-torch.txt).

torch_peer.py CASE.json FORM     trains a network of models.py, or computes what its last layer reads, eager or compiled;
                                 prints what it is, then waits for turns on its standard input (see turns)

float32 is TF32 on a GPU, as in TensorFlow. bfloat16 and float16 are autocast; with float16 the loss is scaled
(GradScaler). Pictures are channels last; on a GPU batches come from pinned memory, each copied while the one before
computes. Adam is PyTorch's fused one.
"""

import json
import os
import sys

import torch
from torch.nn import functional as F

import examples
import torch_models
from turns import Turns, say

HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Peer:
    def __init__(self, case, form):
        self.case = case
        self.gpu = case["device"] == "gpu"
        self.device = torch.device("cuda" if self.gpu else "cpu")
        self.half = next((dtype for name, dtype in HALF.items() if name in case["precision"]), None)
        torch.manual_seed(7)
        torch.backends.cudnn.benchmark = True  # shapes stay the same
        self.network = torch_models.NETWORKS[case["model"]]()
        torch_models.load(self.network, os.path.join(case["folder"], "weights.npz"))
        self.network.to(self.device)
        self.inputs, self.labels = (torch.from_numpy(each) for each in examples.described(case["folder"]))
        self.labels = self.labels.long()
        if self.inputs.ndim == 4:
            self.inputs = self.inputs.permute(0, 3, 1, 2)  # as it lies in memory it is channels last
            self.network.to(memory_format=torch.channels_last)
        if self.gpu:
            self.inputs, self.labels = self.inputs.pin_memory(), self.labels.pin_memory()
            self.beside = torch.cuda.Stream()
        self.form = form
        build = f"torch {torch.__version__}" + (f", cuDNN {torch.backends.cudnn.version()}" if self.gpu else "")
        self.version = f"PyTorch ({build}), {form}"

    def tf32(self, value):
        torch.backends.cuda.matmul.allow_tf32 = value
        torch.backends.cudnn.allow_tf32 = value

    def compiled(self, call):
        return torch.compile(call) if self.form == "compiled" else call

    def finish(self):
        if self.gpu:
            torch.cuda.synchronize()

    def autocast(self):
        return torch.autocast(self.device.type, dtype=self.half, enabled=self.half is not None)

    def batches(self, times=None):
        """Batches on the device, over and over, or so many times."""
        batch, at = self.case["batch"], 0
        all_of = len(self.inputs) // batch
        ready = self.sent(0)
        while times is None or at < times * all_of:
            at += 1
            mine = ready
            if self.gpu:  # waits for its own copy, and not for the one that is sent next
                torch.cuda.current_stream().wait_stream(self.beside)
                for each in mine:
                    each.record_stream(torch.cuda.current_stream())
            ready = self.sent(at % all_of * batch) if times is None or at < times * all_of else None
            yield mine

    def sent(self, begin):
        some = slice(begin, begin + self.case["batch"])
        if not self.gpu:
            return self.inputs[some], self.labels[some]
        with torch.cuda.stream(self.beside):
            return tuple(each[some].to(self.device, non_blocking=True) for each in (self.inputs, self.labels))

    @torch.inference_mode()
    def first(self, compute):
        """The mean of what is computed of each batch, exactly and padded as TensorFlow does."""
        self.tf32(False)
        torch_models.Conv.exact = True
        self.network.eval()
        found = [float(compute(*batch)) for batch in self.batches(1)]
        torch_models.Conv.exact = False
        self.tf32(True)
        return sum(found) / len(found)

    def train(self):
        loss = self.first(lambda x, labels: F.cross_entropy(self.network(x), labels))
        trained = [each for each in self.network.parameters() if each.requires_grad]
        self.network.train()
        adam = torch.optim.Adam(trained, self.case["rate"], eps=1e-7, fused=True)
        scaler = torch.amp.GradScaler(self.device.type, enabled=self.half == torch.float16)

        def loss_of(x, labels):
            with self.autocast():
                return F.cross_entropy(self.network(x).float(), labels)

        forward = self.compiled(loss_of)
        say(loss=loss, trains=len(trained), parameters=sum(each.numel() for each in trained), version=self.version)
        turns = Turns(self.finish)
        batches = self.batches()
        while True:
            turns.before_step()
            adam.zero_grad(set_to_none=True)
            scaler.scale(forward(*next(batches))).backward()
            scaler.step(adam)
            scaler.update()

    def features(self):
        """What the last layer reads of many examples, brought to the host, again and again."""
        mean = self.first(lambda x, _: self.network.features(x).abs().mean())

        def read(x):
            with self.autocast():
                return self.network.features(x)

        forward = self.compiled(read)
        say(loss=mean, trains=0, version=self.version)
        turns = Turns(self.finish)
        with torch.inference_mode():
            while True:
                turns.before_step()
                found = [forward(x) for x, _ in self.batches(examples.PASS)]
                torch.cat(found).float().cpu()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        peer = Peer(json.load(file), sys.argv[2])
    if peer.case["work"] == "features":
        peer.features()
    else:
        peer.train()
