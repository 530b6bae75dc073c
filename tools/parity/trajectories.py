"""Trains with Keras 2.15, so that `tools/parity/run` can hold Graft's training against it.

Assumes tensorflow-cpu 2.15.1 (tools/parity/requirements.txt).

    trajectories.py save ARCHITECTURE FOLDER
    trajectories.py train ARCHITECTURE FOLDER DTYPE THREADS STATES CASE...

`save` writes FOLDER/float32 and FOLDER/float64, SavedModels with the same weights, and FOLDER/data.pb: all
examples by input and head, those to learn from first (`values.py` says how). A CASE is OPTIMIZER:PART:MODE: one of
optimizers.py; what trains: `head`, `top`, `full`; whether layers behave as in `training` or `inference`.
THREADS such as `2-eigen` has TensorFlow do without oneDNN, whose kernels round otherwise.
FOLDER/CASE.plan has a line for each step: the rate and the examples of the batch.

`train` writes to its standard output, for each case: `training`, the names of the variables that train; for each
step its `loss`, with STATES=1 `gradient/VARIABLE` (a sparse one as `.../indices` and `.../values`), and after it
`after/VARIABLE` and `slot/SLOT/VARIABLE`; then `end`. After the last step `answer/HEAD`, in inference, to the
examples that were held back, and `end`. A value is a line "NAME DTYPE SHAPE" and its bytes.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
EIGEN = "-eigen"
if sys.argv[5:] and sys.argv[5].endswith(EIGEN):
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf
from tensorflow import keras

import optimizers
import values

LEARN, HELD_BACK = 800, 64
LABELS, VOCABULARY, LENGTH = 5, 120, 20
layers = keras.layers


# The architectures


def conv_block(x, filters, strides=1):
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def small_cnn():
    x = image = keras.Input((16, 16, 3), name="image")
    for filters, strides in ((8, 1), (16, 2), (16, 1), (32, 2)):
        x = conv_block(x, filters, strides)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(LABELS, "softmax", name="kind")(x))


def mobilenet_v2():
    base = keras.applications.MobileNetV2((64, 64, 3), include_top=False, weights=None, pooling="avg")
    return keras.Model(base.input, layers.Dense(LABELS, "softmax", name="kind")(base.output))


def resnet50():
    base = keras.applications.ResNet50(False, None, input_shape=(64, 64, 3), pooling="avg")
    return keras.Model(base.input, layers.Dense(LABELS, "softmax", name="kind")(base.output))


def lstm():
    text = keras.Input((LENGTH,), dtype="int32", name="text")
    x = layers.Embedding(VOCABULARY, 24, mask_zero=True)(text)
    x = layers.Bidirectional(layers.LSTM(16, return_sequences=True))(x)
    x = layers.LSTM(24)(x)
    x = layers.Dense(16, "relu")(x)
    return keras.Model(text, layers.Dense(LABELS, "softmax", name="kind")(x))


def transformer():
    text = keras.Input((LENGTH,), dtype="int32", name="text")
    x = layers.Embedding(VOCABULARY, 32)(text)
    x = x + layers.Embedding(LENGTH, 32)(tf.zeros_like(text) + tf.range(LENGTH))
    for _ in range(2):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(4, 8)(x, x))
        wide = layers.Dense(32)(layers.Dense(64, "gelu")(x))
        x = layers.LayerNormalization()(x + wide)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(text, layers.Dense(LABELS, "softmax", name="kind")(x))


def several_heads():
    x = image = keras.Input((16, 16, 3), name="image")
    for filters, strides in ((8, 2), (16, 1), (16, 2)):
        x = conv_block(x, filters, strides)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(24, "tanh")(x)
    return keras.Model(
        image,
        {
            "kind": layers.Dense(LABELS, "softmax", name="kind")(x),
            "tags": layers.Dense(4, "sigmoid", name="tags")(x),
            "size": layers.Dense(2, name="size")(x),
        },
    )


ARCHITECTURES = {
    f.__name__: f for f in (small_cnn, mobilenet_v2, resnet50, lstm, transformer, several_heads)
}
DEEP = ("mobilenet_v2", "resnet50")
LOSSES = {
    "kind": keras.losses.SparseCategoricalCrossentropy(),
    "tags": keras.losses.BinaryCrossentropy(),
    "size": keras.losses.MeanSquaredError(),
}
HEAD_WEIGHTS = {"kind": 1.0, "tags": 0.5, "size": 2.0}  # also in dev.graft.trainer.parity.KerasParity


def build(architecture):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    return ARCHITECTURES[architecture]()



def answers(model, x, training):
    """By head."""
    given = model(x, training=training)
    return given if isinstance(given, dict) else {model.output_names[0]: given}


def examples(model):
    """Inputs and answers with something in them to learn, but not at once."""
    random = np.random.RandomState(11)
    count = LEARN + HELD_BACK
    kind = random.randint(0, LABELS, count).astype(np.int32)
    shape = model.input_shape[1:]
    if len(shape) == 3:
        means = random.standard_normal((LABELS,) + shape) * 0.4
        x = (means[kind] + random.standard_normal((count,) + shape)).astype(np.float32)
    else:
        likely = random.dirichlet(np.full(VOCABULARY - 1, 0.3), LABELS)
        x = np.stack([random.choice(VOCABULARY - 1, LENGTH, p=likely[k]) + 1 for k in kind]).astype(np.int32)
        ends = random.randint(LENGTH // 2, LENGTH + 1, count)
        x[np.arange(LENGTH) >= ends[:, None]] = 0
    found = {"input/" + model.input_names[0]: x, "target/kind": kind}
    if "tags" in model.output_names:
        flips = random.uniform(size=(count, 4)) < 0.1
        found["target/tags"] = ((kind[:, None] >> np.arange(4)) & 1 ^ flips).astype(np.float32)
        noise = random.standard_normal((count, 2)) * 0.1
        found["target/size"] = (np.stack([kind / 4, 1 - kind / 8], 1) + noise).astype(np.float32)
    return found


def learn_something_else(model, x, kind):
    """
    Weights that have learned, as those that somebody fine-tunes have: at random ones rounding alone decides within a
    few steps where a deep network ends. It learns other answers, and its head none.
    """
    head = model.layers[-1]
    fresh = head.get_weights()
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy())
    model.fit(x, (kind + 1) % LABELS, batch_size=32, epochs=3, verbose=0)
    head.set_weights(fresh)


def calibrate(model, x):
    """Moving statistics that fit the data: with those of a new model, inference would explode."""
    norms = [each for each in model.submodules if isinstance(each, layers.BatchNormalization)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(x, training=True)
    for norm, momentum in zip(norms, kept):
        norm.momentum = momentum


def built_with_weights(architecture, folder):
    model = build(architecture)
    with np.load(os.path.join(folder, "weights.npz")) as weights:
        model.set_weights([weights[name].astype(keras.backend.floatx()) for name in weights.files])
    return model


def save(architecture, folder):
    model = build(architecture)
    data = examples(model)
    x = data["input/" + model.input_names[0]]
    if architecture in DEEP:
        learn_something_else(model, x[:LEARN], data["target/kind"][:LEARN])
    calibrate(model, x[:LEARN][:64])
    values.write("data", data, folder)
    np.savez(os.path.join(folder, "weights.npz"), *model.get_weights())
    for dtype in ("float32", "float64"):
        keras.backend.set_floatx(dtype)
        model = built_with_weights(architecture, folder)
        model.save(os.path.join(folder, dtype), include_optimizer=False)


# Training


def trains(model, part):
    """The variables of a part; the layers outside it do not train."""
    weighted = [layer for layer in model.layers if layer.weights]
    rest = [layer for layer in weighted if layer.name not in LOSSES]
    kept = {"head": [], "top": rest[-(len(rest) // 3) :], "full": rest}[part]
    for layer in rest:
        layer.trainable = layer in kept
    return model.trainable_variables


def name_of(variable):
    return variable.name.split(":")[0]


class Output:
    """Values, to the standard output that this process began with; what else is printed goes to stderr."""

    def __init__(self):
        self.file = os.fdopen(os.dup(1), "wb", 1 << 20)
        os.dup2(2, 1)

    def put(self, name, value):
        array = np.asarray(value)
        if array.dtype.kind in "US":
            array = np.frombuffer("\n".join(array.tolist()).encode(), np.uint8)
        array = np.ascontiguousarray(array)
        self.file.write(f"{name} {array.dtype.name} {','.join(map(str, array.shape))}\n".encode())
        self.file.write(memoryview(array.reshape(-1)).cast("B"))

    def end(self):
        self.file.write(b"end int32 0\n")
        self.file.flush()


def put_step(out, loss, gradients, variables, moving, optimizer):
    names = [name_of(variable) for variable in variables]
    for name, gradient in zip(names, gradients):
        if isinstance(gradient, tf.IndexedSlices):
            out.put(f"gradient/{name}/indices", gradient.indices)
            out.put(f"gradient/{name}/values", gradient.values)
        else:
            out.put(f"gradient/{name}", gradient)
    for variable in list(variables) + moving:
        out.put("after/" + name_of(variable), variable)
    for slot in optimizer.variables:
        kept, _, name = name_of(slot).partition("/")  # m/conv/kernel
        if name in names:
            out.put(f"slot/{kept}/{name}", slot)


def train(out, architecture, folder, states, case):
    optimizer_name, part, mode = case.split(":")
    model = built_with_weights(architecture, folder)
    data = examples(model)
    variables = trains(model, part)
    moving = [] if mode == "inference" else moving_statistics(model)
    floatx = keras.backend.floatx()
    optimizer = optimizers.CASES[optimizer_name]()
    for decay in ("beta_1", "beta_2", "rho"):
        # TensorFlow's kernels take 1 - 0.999 in float32, and that is 0.99998713e-3; Keras' own ops take 1e-3
        if floatx == "float32" and hasattr(optimizer, decay):
            setattr(optimizer, decay, float(np.float32(getattr(optimizer, decay))))
    optimizer.build(variables)
    inputs = data["input/" + model.input_names[0]]
    if inputs.dtype == np.float32:
        inputs = inputs.astype(floatx)
    targets = {head: data["target/" + head] for head in model.output_names}
    out.put("training", [name_of(variable) for variable in variables])

    @tf.function
    def step(x, wanted):
        with tf.GradientTape() as tape:
            given = answers(model, x, mode == "training")
            each = [LOSSES[head](wanted[head], given[head]) * HEAD_WEIGHTS[head] for head in given]
            loss = tf.add_n(each)
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
        return loss, gradients

    with open(os.path.join(folder, case.replace(":", "-") + ".plan")) as plan:
        for line in plan:
            rate, *batch = line.split()
            batch = np.array(batch, int)
            optimizer.learning_rate.assign(float(rate))
            wanted = {head: tf.constant(target[batch]) for head, target in targets.items()}
            loss, gradients = step(tf.constant(inputs[batch]), wanted)
            out.put("loss", loss)
            if states:
                put_step(out, loss, gradients, variables, moving, optimizer)
            out.end()
    for head, given in answers(model, tf.constant(inputs[LEARN:]), False).items():
        out.put("answer/" + head, given)
    out.end()


def moving_statistics(model):
    """Of what trains, which alone normalises by the batch."""
    norms = [each for each in model.submodules if isinstance(each, layers.BatchNormalization) and each.trainable]
    return [variable for norm in norms for variable in norm.non_trainable_variables]


def main():
    command, architecture, folder, *rest = sys.argv[1:]
    if command == "save":
        save(architecture, folder)
        return
    dtype, threads, states, *cases = rest
    out = Output()
    tf.config.threading.set_intra_op_parallelism_threads(int(threads.removesuffix(EIGEN)))
    keras.backend.set_floatx(dtype)
    for case in cases:
        train(out, architecture, folder, states == "1", case)


if __name__ == "__main__":
    main()
