"""The networks of models.py in PyTorch: the same layers of the same sizes by the same names, with Keras' weights.

`load` fails if a weight of either side is left over or has another shape, so that as many parameters are trained.
Two ways of padding: with `exact` a stride of two pads as TensorFlow does (more behind than before), for comparing
losses; without it evenly, as PyTorch's own networks do, which needs no copy and costs the same products.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 10
WIDTH, HEADS, DEPTH = 768, 12, 12


class Conv(nn.Conv2d):
    """A convolution with padding SAME, or none."""

    exact = False

    def __init__(self, inputs, outputs, size, stride=1, bias=False, groups=1, same=True):
        super().__init__(inputs, outputs, size, stride, size // 2 if same else 0, groups=groups, bias=bias)
        self.before = (size - 1) // 2 if stride == 1 else max(0, size - stride) // 2

    def forward(self, x):
        if not Conv.exact or self.padding[0] == 0:
            return super().forward(x)
        # sizes are even wherever a stride is 2, as all of these are
        behind = max(0, self.kernel_size[0] - self.stride[0]) - self.before
        padded = F.pad(x, (self.before, behind, self.before, behind))
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class Network(nn.Module):
    """Layers that are also known by Keras' names. `features` is what the last layer reads."""

    def __init__(self):
        super().__init__()
        self.known = []  # (name in Keras, layer), in any order

    def known_as(self, name, layer):
        self.known.append((name, layer))
        return layer

    def normed(self, names, conv, epsilon, momentum, activation=None):
        """A convolution and BatchNorm."""
        parts = [self.known_as(names[0], conv)]
        parts.append(self.known_as(names[1], nn.BatchNorm2d(conv.out_channels, epsilon, momentum)))
        if activation is not None:
            parts.append(activation)
        return nn.Sequential(*parts)

    def last(self, width):
        self.predictions = self.known_as("predictions", nn.Linear(width, CLASSES))

    def forward(self, x):
        return self.predictions(self.features(x))


class Residual(nn.Module):
    def __init__(self, way, shortcut=None, activation=None):
        super().__init__()
        self.way, self.shortcut, self.activation = way, shortcut or nn.Identity(), activation or nn.Identity()

    def forward(self, x):
        return self.activation(self.shortcut(x) + self.way(x))


class ResNet50(Network):
    """As Keras has it: convolutions with a bias, and a stride of two in the first 1x1 convolution of a block."""

    def __init__(self):
        super().__init__()
        self.stem = self.normed(("conv1_conv", "conv1_bn"), nn.Conv2d(3, 64, 7, 2, 3), 1.001e-5, 0.01, nn.ReLU(True))
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, width = [], 64
        for stage, (filters, times) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
            for i in range(1, times + 1):
                stride = 2 if stage > 2 and i == 1 else 1
                blocks.append(self.block(f"conv{stage}_block{i}", width, filters, stride, i == 1))
                width = 4 * filters
        self.blocks = nn.Sequential(*blocks)
        self.last(width)

    def conv(self, name, inputs, outputs, size, stride=1, activation=None):
        layer = nn.Conv2d(inputs, outputs, size, stride, size // 2)
        return self.normed((f"{name}_conv", f"{name}_bn"), layer, 1.001e-5, 0.01, activation)

    def block(self, name, inputs, filters, stride, first):
        shortcut = self.conv(f"{name}_0", inputs, 4 * filters, 1, stride) if first else None
        way = nn.Sequential(self.conv(f"{name}_1", inputs, filters, 1, stride, nn.ReLU(True)),
                            self.conv(f"{name}_2", filters, filters, 3, 1, nn.ReLU(True)),
                            self.conv(f"{name}_3", filters, 4 * filters, 1))
        return Residual(way, shortcut, nn.ReLU(True))

    def features(self, x):
        return self.blocks(self.pool(self.stem(x))).mean((2, 3))


class Inverted(Network):
    """MobileNetV2 and EfficientNet-Lite0: blocks that widen, filter each channel, and narrow."""

    def __init__(self, stages, names, epsilon, momentum, dropout=0.0):
        super().__init__()
        self.how = epsilon, momentum
        parts = [self.normed(names["stem"], Conv(3, 32, 3, 2), epsilon, momentum, nn.ReLU6(True))]
        width, number = 32, 0
        for times, size, stride, expansion, filters in stages:
            for i in range(times):
                parts.append(self.block(names["block"](number), width, (size, stride if i == 0 else 1, expansion, filters)))
                width, number = filters, number + 1
        parts.append(self.normed(names["top"], Conv(width, 1280, 1), epsilon, momentum, nn.ReLU6(True)))
        self.parts = nn.Sequential(*parts)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.last(1280)

    def block(self, name, inputs, form):
        size, stride, expansion, filters = form
        wide, steps = inputs * expansion, []
        if expansion != 1:
            steps.append(self.normed(name("expand"), Conv(inputs, wide, 1), *self.how, nn.ReLU6(True)))
        steps.append(self.normed(name("depthwise"), Conv(wide, wide, size, stride, groups=wide), *self.how, nn.ReLU6(True)))
        steps.append(self.normed(name("project"), Conv(wide, filters, 1), *self.how))
        way = nn.Sequential(*steps)
        return Residual(way) if stride == 1 and inputs == filters else way

    def features(self, x):
        return self.dropout(self.parts(x).mean((2, 3)))


def mobilenetv2():
    def block(number):
        start = f"block_{number}" if number else "expanded_conv"
        return lambda part: (f"{start}_{part}", f"{start}_{part}_BN")

    stages = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (3, 3, 2, 6, 32), (4, 3, 2, 6, 64), (3, 3, 1, 6, 96), (3, 3, 2, 6, 160),
              (1, 3, 1, 6, 320))
    names = {"stem": ("Conv1", "bn_Conv1"), "block": block, "top": ("Conv_1", "Conv_1_bn")}
    return Inverted(stages, names, 1e-3, 1e-3)


class EfficientNetLite0(Inverted):
    def __init__(self):
        def block(number):
            return lambda part: (f"block{number}_{part}_conv", f"block{number}_{part}_bn")

        stages = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
                  (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
        names = {"stem": ("stem_conv", "stem_bn"), "block": block, "top": ("top_conv", "top_bn")}
        super().__init__(stages, names, 1e-3, 1e-2, dropout=0.2)

    def features(self, x):
        return super().features((x - 127) / 128)


class Positions(nn.Module):
    def __init__(self, places, first=False):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, WIDTH)) if first else None
        self.table = nn.Parameter(torch.zeros(places, WIDTH))

    def forward(self, x):
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), -1, -1).to(x.dtype), x], 1)
        return x + self.table


class Attention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.query, self.key, self.value, self.attention_output = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.dropout = dropout

    def forward(self, x):
        split = [each(x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for each in (self.query, self.key, self.value)]
        seen = F.scaled_dot_product_attention(*split, dropout_p=self.dropout if self.training else 0.0)
        return self.attention_output(seen.transpose(1, 2).flatten(2))


class Transformer(Network):
    def __init__(self, epsilon, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList()
        for i in range(DEPTH):
            seen = Attention(dropout)
            for part in ("query", "key", "value", "attention_output"):
                self.known_as(f"block{i}_attention/{part}", getattr(seen, part))
            wide = self.known_as(f"block{i}_wide", nn.Linear(WIDTH, 4 * WIDTH))
            narrow = self.known_as(f"block{i}_narrow", nn.Linear(4 * WIDTH, WIDTH))
            norms = [self.known_as(f"block{i}_norm{j}", nn.LayerNorm(WIDTH, epsilon)) for j in (1, 2)]
            self.blocks.append(nn.ModuleList([seen, nn.Sequential(wide, nn.GELU(), narrow), *norms]))
        self.norm = self.known_as("norm", nn.LayerNorm(WIDTH, epsilon))
        self.last(WIDTH)


class ViTB16(Transformer):
    def __init__(self):
        super().__init__(1e-6, 0.0)
        self.patches = self.known_as("patches", nn.Conv2d(3, WIDTH, 16, 16))
        self.positions = self.known_as("positions", Positions(197, first=True))

    def features(self, x):
        x = self.positions(self.patches(x).flatten(2).transpose(1, 2))
        for seen, wide, norm1, norm2 in self.blocks:
            x = x + seen(norm1(x))
            x = x + wide(norm2(x))
        return self.norm(x)[:, 0]


class BertBase(Transformer):
    def __init__(self):
        super().__init__(1e-12, 0.1)
        self.words = self.known_as("words", nn.Embedding(30522, WIDTH))
        self.positions = self.known_as("positions", Positions(128))
        self.pooler = self.known_as("pooler", nn.Linear(WIDTH, WIDTH))

    def features(self, words):
        x = self.dropout(self.norm(self.positions(self.words(words))))
        for seen, wide, norm1, norm2 in self.blocks:
            x = norm1(x + self.dropout(seen(x)))
            x = norm2(x + self.dropout(wide(x)))
        return self.dropout(torch.tanh(self.pooler(x[:, 0])))


class LSTM(Network):
    """Keras' has one bias where cuDNN's has two: the second stays zero and does not train."""

    def __init__(self):
        super().__init__()
        self.lstm = self.known_as("lstm", nn.LSTM(64, 128, batch_first=True))
        self.predictions = self.known_as("dense", nn.Linear(128, CLASSES))

    def features(self, x):
        return self.lstm(x)[0][:, -1]


NETWORKS = {"resnet50": ResNet50, "resnet50_224": ResNet50, "mobilenetv2": mobilenetv2, "mobilenetv2_224": mobilenetv2,
            "efficientnet_lite0": EfficientNetLite0, "vit_b16": ViTB16, "bert_base": BertBase, "lstm": LSTM}


def _conv_weights(name, layer):
    if layer.groups > 1:
        return {f"{name}/depthwise_kernel": (layer.weight, lambda w: w.transpose(2, 3, 0, 1))}
    return {f"{name}/kernel": (layer.weight, lambda w: w.transpose(3, 2, 0, 1))}


def _lstm_weights(name, layer):
    nn.init.zeros_(layer.bias_hh_l0)
    layer.bias_hh_l0.requires_grad_(False)
    return {f"{name}/lstm_cell/kernel": (layer.weight_ih_l0, np.transpose),
            f"{name}/lstm_cell/recurrent_kernel": (layer.weight_hh_l0, np.transpose),
            f"{name}/lstm_cell/bias": (layer.bias_ih_l0, None)}


def _weights(name, layer):
    """Keras' name of each weight: the parameter or buffer, and how Keras' values become it."""
    if isinstance(layer, nn.Conv2d):
        found = _conv_weights(name, layer)
    elif isinstance(layer, nn.LSTM):
        return _lstm_weights(name, layer)
    elif isinstance(layer, nn.BatchNorm2d):
        return {f"{name}/gamma": (layer.weight, None), f"{name}/beta": (layer.bias, None),
                f"{name}/moving_mean": (layer.running_mean, None), f"{name}/moving_variance": (layer.running_var, None)}
    elif isinstance(layer, nn.LayerNorm):
        return {f"{name}/gamma": (layer.weight, None), f"{name}/beta": (layer.bias, None)}
    elif isinstance(layer, nn.Embedding):
        return {f"{name}/embeddings": (layer.weight, None)}
    elif isinstance(layer, Positions):
        return {f"{name}/{part}": (value, None) for part, value in layer.named_parameters()}
    else:  # [in, out], or of attention [in, heads, each] and [heads, each, out]
        outputs = layer.out_features
        split = (lambda w: w.reshape(-1, outputs).T) if not name.endswith(("query", "key", "value")) else (
            lambda w: w.reshape(w.shape[0], outputs).T)
        found = {f"{name}/kernel": (layer.weight, split)}
    if layer.bias is not None:
        found[f"{name}/bias"] = (layer.bias, np.ravel)
    return found


@torch.no_grad()
def load(network, path):
    """Sets all weights to those that Keras saved."""
    with np.load(path) as saved:
        values = dict(saved)
    filled = set()
    for name, layer in network.known:
        for key, (weight, change) in _weights(name, layer).items():
            value = values.pop(key)
            value = value if change is None else change(value)
            if tuple(weight.shape) != value.shape:
                raise ValueError(f"{key}: {value.shape} in Keras, {tuple(weight.shape)} here")
            weight.copy_(torch.from_numpy(np.ascontiguousarray(value)))
            filled.add(id(weight))
    left = [name for name, each in network.named_parameters() if each.requires_grad and id(each) not in filled]
    if values or left:
        raise ValueError(f"weights that only one side has: Keras {sorted(values)}, PyTorch {left}")
    return network
