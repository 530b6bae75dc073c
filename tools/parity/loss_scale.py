"""Makes testdata/parity/loss_scale.pb: what Keras 2.15's LossScaleOptimizer makes of a small network that
computes in float16, testdata/zoo/keras2/mixed_float16_cnn.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/loss_scale.py

It begins with a scale so large that gradients overflow, and after GOOD steps claims that 1,998 had gone well, so
that the scale grows two steps later. Keys: `x` and `labels`, the one batch; `scale` before each step and after the
last; `good`, how many steps in a row went well, likewise; `loss` before each step; `STEP/VARIABLE` after step 0, 1, ...
The optimizer is SGD with momentum, for which a step that is left out does not count: Keras counts it for Adam's bias
correction, PyTorch and Graft do not.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import values

MODEL = os.path.join(values.FOLDER, "..", "zoo", "keras2", "mixed_float16_cnn", "model")
BATCH, STEPS, GOOD = 8, 24, 16
SCALE, RATE = 2.0**24, 0.05


def main():
    model = keras.models.load_model(MODEL, compile=False)
    random = np.random.RandomState(3)
    x = random.standard_normal((BATCH, 6, 6, 2)).astype(np.float32)
    labels = (np.arange(BATCH) % 2).astype(np.int32)
    x += labels[:, None, None, None]
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.mixed_precision.LossScaleOptimizer(
        keras.optimizers.SGD(RATE, momentum=0.9), initial_scale=SCALE
    )
    golden = {"x": x, "labels": labels}
    scales, good, losses = [], [], []
    for step in range(STEPS):
        if step == GOOD:
            optimizer.dynamic_counter.assign(1998)
        scales.append(float(optimizer.loss_scale))
        good.append(int(optimizer.dynamic_counter))
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=False))
            scaled = optimizer.get_scaled_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply_gradients(
            zip(optimizer.get_unscaled_gradients(gradients), model.trainable_variables)
        )
        losses.append(float(loss))
        for variable in model.trainable_variables:
            golden[f"{step}/{variable.name.split(':')[0]}"] = variable.numpy()
    scales.append(float(optimizer.loss_scale))
    good.append(int(optimizer.dynamic_counter))
    print("scales", scales, "good", good)
    golden["scale"] = np.array(scales, np.float64)
    golden["good"] = np.array(good, np.int64)
    golden["loss"] = np.array(losses, np.float64)
    values.write("loss_scale", golden)


if __name__ == "__main__":
    main()
