"""Makes testdata/parity/mixed.pb: what Keras 2.15 makes of four networks of the zoo under its mixed policies.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/mixed.py

Each network has the float32 weights that testdata/zoo/keras2/NETWORK holds, and each of its layers the policy
`mixed_bfloat16` or `mixed_float16`, the latter under LossScaleOptimizer as it is by default; `float32` is the
network as it was saved. The logits are cast to float32 before the loss, as Keras' guide has it. The optimizer is SGD
with momentum, and every step sees the same batch. Keys: `NETWORK/x` and `NETWORK/labels`; `NETWORK/POLICY/loss` before
each step; `NETWORK/POLICY/after/VARIABLE` after the last, moving statistics too; `NETWORK/before/VARIABLE`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import values

ZOO = os.path.join(values.FOLDER, "..", "zoo", "keras2")
BATCH, STEPS, RATE, MOMENTUM = 12, 6, 0.05, 0.9

# network: labels, shape of an example (one number: as many words of a vocabulary), BatchNorm in training
NETWORKS = {
    "dense_compiled": (3, (5,), False),
    "cnn_bn": (3, (8, 8, 3), True),
    "transformer_encoder_masked": (3, 7, False),
    "lstm": (2, (7, 3), False),
}


def batch(labels, shape, random):
    wanted = (np.arange(BATCH) % labels).astype(np.int32)
    if isinstance(shape, int):
        words = random.randint(1, 12, (BATCH, shape)).astype(np.int32)
        words[:, -2:][wanted == 0] = 0  # padding, which the mask leaves out
        return words, wanted
    x = random.standard_normal((BATCH, *shape)).astype(np.float32)
    return x + wanted.reshape((-1,) + (1,) * len(shape)).astype(np.float32), wanted


def under(policy, saved):
    """The network anew, its layers under a policy, with the weights that it was saved with."""

    def layer(old):
        config = old.get_config()
        if not isinstance(old, keras.layers.InputLayer):
            config["dtype"] = policy
        return type(old).from_config(config)

    model = keras.models.clone_model(saved, clone_function=layer)
    model.set_weights(saved.get_weights())
    return model


def train(policy, saved, x, labels, training, golden, key):
    model = under(policy, saved)
    optimizer = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
    if policy == "mixed_float16":
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            logits = tf.cast(model(x, training=training), tf.float32)
            loss = loss_of(labels, logits)
            scaled = optimizer.get_scaled_loss(loss) if policy == "mixed_float16" else loss
        gradients = tape.gradient(scaled, model.trainable_variables)
        if policy == "mixed_float16":
            gradients = optimizer.get_unscaled_gradients(gradients)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        losses.append(float(loss))
    golden[f"{key}/{policy}/loss"] = np.array(losses, np.float64)
    for old, new in zip(saved.weights, model.weights):
        name = old.name.split(":")[0]
        golden[f"{key}/before/{name}"] = old.numpy()
        golden[f"{key}/{policy}/after/{name}"] = new.numpy()
    print(key, policy, " ".join(f"{loss:.5f}" for loss in losses))


def main():
    golden = {}
    for key, (labels, shape, training) in NETWORKS.items():
        saved = keras.models.load_model(os.path.join(ZOO, key, "model"), compile=False)
        x, wanted = batch(labels, shape, np.random.RandomState(7))
        golden[f"{key}/x"], golden[f"{key}/labels"] = x, wanted
        for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
            train(policy, saved, x, wanted, training, golden, key)
    values.write("mixed", golden)


if __name__ == "__main__":
    main()
