"""Makes testdata/parity/mixed.pb: what Keras 2.15 makes of networks of the zoo under its mixed policies.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt). Run: python tools/parity/mixed.py [NETWORK...]
With names, the values of the other networks stay as they are in the file.

Each network has the float32 weights that testdata/zoo/keras2/NETWORK or testdata/packed/NETWORK.zip holds, and each of
its layers the policy `mixed_bfloat16` or `mixed_float16`, the latter under LossScaleOptimizer as it is by default;
`float32` is the network as it was saved. The logits are cast to float32 before the loss, as Keras' guide has it. A
second answer is a number, whose squared error is added to the loss. The optimizer is SGD with momentum, and every step
sees the same batch. Keys: `NETWORK/x` (of several inputs `NETWORK/x/INPUT`), `NETWORK/labels` and `NETWORK/numbers`;
`NETWORK/rate`; `NETWORK/POLICY/loss` before each step; `NETWORK/POLICY/after/VARIABLE` after the last, moving statistics
too; `NETWORK/before/VARIABLE`.
"""

import os
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from tensorflow import keras

import values

ZOO = os.path.join(values.FOLDER, "..", "zoo", "keras2")
PACKED = os.path.join(values.FOLDER, "..", "packed")
BATCH, STEPS, RATE, MOMENTUM = 12, 6, 0.05, 0.9

# network: labels, shape of an example (one number: as many words of a vocabulary; by inputs, where there are several),
# BatchNorm in training, and the rate: less where steps of that size run away
NETWORKS = {
    "dense_compiled": (3, (5,), False, RATE),
    "cnn_bn": (3, (8, 8, 3), True, RATE),
    "transformer_encoder_masked": (3, 7, False, RATE),
    "lstm": (2, (7, 3), False, RATE),
    "gru": (2, (7, 3), False, RATE),
    "mobilenetv2_mini": (3, (8, 8, 3), True, RATE),
    "embedding_mean": (3, 7, False, RATE),
    "multi_io": (3, {"picture": (4, 4, 2), "numbers": (3,)}, False, RATE / 200),
}


def batch(labels, shape, random):
    wanted = (np.arange(BATCH) % labels).astype(np.int32)
    if isinstance(shape, dict):
        return {name: batch(labels, each, random)[0] for name, each in shape.items()}, wanted
    if isinstance(shape, int):
        words = random.randint(1, 12, (BATCH, shape)).astype(np.int32)
        words[:, -2:][wanted == 0] = 0  # padding, which the mask leaves out
        return words, wanted
    x = random.standard_normal((BATCH, *shape)).astype(np.float32)
    return x + wanted.reshape((-1,) + (1,) * len(shape)).astype(np.float32), wanted


def load(key):
    folder = os.path.join(ZOO, key, "model")
    if os.path.isdir(folder):
        return keras.models.load_model(folder, compile=False)
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(os.path.join(PACKED, key + ".zip")) as archive:
            archive.extractall(unpacked)
        return keras.models.load_model(unpacked, compile=False)


def under(policy, saved):
    """The network anew, its layers under a policy, with the weights that it was saved with."""

    def layer(old):
        config = old.get_config()
        if not isinstance(old, keras.layers.InputLayer):
            config["dtype"] = policy
        if config.get("activation") == "softmax":
            config["activation"] = "linear"  # the loss takes logits
        return type(old).from_config(config)

    model = keras.models.clone_model(saved, clone_function=layer)
    model.set_weights(saved.get_weights())
    return model


def train(policy, saved, x, wanted, golden, key):
    model = under(policy, saved)
    _, _, training, rate = NETWORKS[key]
    optimizer = keras.optimizers.SGD(rate, momentum=MOMENTUM)
    if policy == "mixed_float16":
        optimizer = keras.mixed_precision.LossScaleOptimizer(optimizer)
    losses_of = [keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.losses.MeanSquaredError()]
    losses = []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            answers = [tf.cast(each, tf.float32) for each in tf.nest.flatten(model(x, training=training))]
            loss = sum(loss_of(*each) for loss_of, *each in zip(losses_of, wanted, answers))
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
    chosen = sys.argv[1:]
    golden = values.read("mixed") if chosen else {}
    for key in chosen or NETWORKS:
        golden = {name: value for name, value in golden.items() if not name.startswith(key + "/")}
        labels, shape, _, rate = NETWORKS[key]
        saved = load(key)
        random = np.random.RandomState(7)
        x, wanted = batch(labels, shape, random)
        golden.update({f"{key}/x/{name}": each for name, each in x.items()} if isinstance(x, dict) else {f"{key}/x": x})
        golden[f"{key}/labels"], wanted = wanted, [wanted]
        if len(saved.outputs) > 1:
            near = saved(x)[1].numpy()  # else the loss is so large that float16 leaves out the first steps
            golden[f"{key}/numbers"] = near + random.standard_normal(near.shape).astype(np.float32)
            wanted.append(golden[f"{key}/numbers"])
        golden[f"{key}/rate"] = np.array(rate)
        for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
            train(policy, saved, x, wanted, golden, key)
    values.write("mixed", golden)


if __name__ == "__main__":
    main()
