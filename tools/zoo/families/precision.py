"""Mixed policies, half and bfloat16 variables, integer inputs."""

import numpy as np
import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def mixed_cnn(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.Conv2D(3, 3, use_bias=False)(x)
    y = L.ReLU()(L.BatchNormalization()(y))
    y = L.GlobalAveragePooling2D()(y)
    model = K.Model(x, L.Dense(2, dtype="float32", name="logits")(y))
    return Spec(model, [{"x": kit.f(2, 6, 6, 2)}, {"x": kit.f(3, 6, 6, 2)}], head="logits", tolerance=2e-2,
                notes="computes in 16 bits on float32 variables; the head in float32")


@zoo("mixed_float16_cnn", "mixed-precision", "keras2 keras3 keras2_export", policy="mixed_float16")
def mixed_float16_cnn(kit):
    return mixed_cnn(kit)


@zoo("mixed_bfloat16_cnn", "mixed-precision", "keras3", policy="mixed_bfloat16", big="keras2")
def mixed_bfloat16_cnn(kit):
    return mixed_cnn(kit)


@zoo("mixed_float16_dense", "mixed-precision", "keras2 keras3", policy="mixed_float16")
def mixed_float16_dense(kit):
    x = K.Input((5,), name="x")
    y = L.Dense(4, activation="relu")(x)
    model = K.Model(x, L.Dense(2, name="logits")(y))
    return Spec(model, [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}], head="logits", tolerance=2e-2,
                notes="the output is float16")


@zoo("uint8_image", "int-input", "keras2 keras3")
def uint8_image(kit):
    x = K.Input((6, 6, 3), dtype="uint8", name="image")
    y = L.Rescaling(1 / 127.5, offset=-1.0)(x)
    y = L.GlobalMaxPooling2D()(L.Conv2D(3, 3)(y))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    cases = [{"image": kit.i(n, 6, 6, 3, high=256, dtype=np.uint8)} for n in (2, 3)]
    return Spec(model, cases, head="logits")


class Half(tf.Module):
    """A linear map whose variables are of a 16-bit type."""

    def __init__(self, dtype):
        super().__init__()
        self.kernel = tf.Variable(tf.zeros([4, 3], dtype), name="kernel")
        self.bias = tf.Variable(tf.zeros([3], dtype), name="bias")
        spec = tf.TensorSpec([None, 4], dtype, name="x")
        self.serve = tf.function(self.apply, input_signature=[spec])

    def apply(self, x):
        return {"y": tf.nn.relu(tf.matmul(x, self.kernel) + self.bias)}


def half(kit, dtype):
    module = Half(dtype)
    cases = [{"x": kit.f(n, 4, dtype=dtype.as_numpy_dtype)} for n in (3, 2)]
    return Spec(module, cases, call=lambda t, _: module.apply(t["x"]), signatures=module.serve, optimizers=False)


@zoo("float16_module", "half", "tfsave")
def float16_module(kit):
    return half(kit, tf.float16)


@zoo("bfloat16_module", "half", "tfsave")
def bfloat16_module(kit):
    return half(kit, tf.bfloat16)
