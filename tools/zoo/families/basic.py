"""Dense models, activations, merges and reshapes, compiled and deferred models."""

import numpy as np
import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


@zoo("dense_mlp", "dense", "keras2 keras2_export keras3 tfsave tfsave@3")
def dense_mlp(kit):
    x = K.Input((6,), name="x")
    y = L.Dense(8, activation="relu")(x)
    y = L.Dense(7, activation="tanh", use_bias=False)(y)
    model = K.Model(x, L.Dense(4, activation="softmax", name="predictions")(y), name="mlp")
    return Spec(model, [{"x": kit.f(3, 6)}, {"x": kit.f(5, 6)}], head="predictions")


@zoo("dense_compiled", "dense")
def dense_compiled(kit):
    model = K.Sequential([
        K.Input((5,), name="x"),
        L.Dense(6, activation="relu"),
        L.Dense(3, name="logits"),
    ])
    loss = K.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(kit.f(8, 5), kit.i(8, high=3), epochs=1, verbose=0)
    return Spec(model, [{"x": kit.f(2, 5)}, {"x": kit.f(4, 5)}], head="logits",
                notes="compiled and fitted: the checkpoint holds optimizer slots and metrics")


@zoo("linear_regression", "dense", "keras2 keras3")
def linear_regression(kit):
    model = K.Sequential([K.Input((4,), name="x"), L.Dense(1)])
    return Spec(model, [{"x": kit.f(3, 4)}, {"x": kit.f(1, 4)}], notes="head is a regression")


@zoo("sequential_deferred", "dense")
def sequential_deferred(kit):
    model = K.Sequential([L.Dense(5, activation="sigmoid"), L.Dense(2, name="logits")])
    model.compile("sgd", "mse")
    model.fit(kit.f(4, 3), kit.f(4, 2), epochs=1, verbose=0)
    return Spec(model, [{"x": kit.f(2, 3)}, {"x": kit.f(4, 3)}], head="logits",
                notes="built by fit, without an Input layer")


@zoo("activations", "activation", "keras2", big="keras3")
def activations(kit):
    names = "elu selu softplus softsign swish gelu mish hard_sigmoid exponential relu6"
    x = K.Input((4,), name="x")
    branches = []
    for name in names.split():
        function = tf.nn.relu6 if name == "relu6" and kit.keras == 2 else name
        branches.append(L.Dense(3, activation=function, name=f"dense_{name}")(x))
    return Spec(K.Model(x, L.Concatenate()(branches)), [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}])


@zoo("activation_layers", "activation", "keras2", big="keras3")
def activation_layers(kit):
    x = K.Input((5,), name="x")
    y = L.Dense(6)(x)
    z = [L.LeakyReLU()(y), L.PReLU()(y), L.ELU(alpha=0.7)(y), L.ReLU(max_value=1.0, negative_slope=0.1)(y),
         L.Softmax()(y), L.Activation("gelu")(y)]
    if kit.keras == 2:
        z.append(L.ThresholdedReLU(0.1)(y))
    return Spec(K.Model(x, L.Concatenate()(z)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}])


@zoo("merge_layers", "merge", "keras2", big="keras3")
def merge_layers(kit):
    a = K.Input((5,), name="a")
    b = K.Input((5,), name="b")
    p, q = L.Dense(4)(a), L.Dense(4)(b)
    parts = [layer()([p, q]) for layer in (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum)]
    parts += [L.Dot(axes=1, normalize=True)([p, q]), L.Dot(axes=1)([p, q])]
    model = K.Model([a, b], L.Dense(2)(L.Concatenate()(parts)))
    return Spec(model, [{"a": kit.f(n, 5), "b": kit.f(n, 5)} for n in (3, 2)])


@zoo("shape_layers", "shape", "keras2 keras3")
def shape_layers(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.Conv2D(3, 3, padding="same")(x)
    y = L.ZeroPadding2D(((1, 0), (0, 2)))(y)
    y = L.Cropping2D(((1, 1), (0, 1)))(y)
    y = L.UpSampling2D(2)(y)
    y = L.UpSampling2D((1, 2), interpolation="bilinear")(y)
    y = L.AveragePooling2D(2)(y)
    y = L.Permute((2, 1, 3))(y)
    y = L.Reshape((-1, 6))(y)
    y = L.Cropping1D(2)(L.ZeroPadding1D(1)(y))
    y = L.Flatten()(y)
    y = L.RepeatVector(2)(L.Dense(3)(y))
    return Spec(K.Model(x, L.UpSampling1D(2)(y)), [{"x": kit.f(2, 6, 6, 2)}, {"x": kit.f(1, 6, 6, 2)}])


@zoo("embedding_mean", "embedding", "keras2 keras3 keras2_export")
def embedding_mean(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4)(ids)
    y = L.GlobalAveragePooling1D()(y)
    model = K.Model(ids, L.Dense(3, activation="softmax", name="predictions")(y))
    return Spec(model, [{"ids": kit.i(3, 5, high=12)}, {"ids": kit.i(2, 8, high=12)}], head="predictions",
                notes="the gradient of the embedding is sparse on the tape; dense here")


@zoo("embedding_masked_mean", "embedding", "keras2 keras3")
def embedding_masked_mean(kit):
    ids = K.Input((None,), dtype="int64", name="ids")
    y = L.Embedding(12, 4, mask_zero=True)(ids)
    model = K.Model(ids, L.Dense(3, name="logits")(L.GlobalAveragePooling1D()(y)))
    cases = [{"ids": kit.padded([5, 2, 3], 5, dtype=np.int64)}, {"ids": kit.padded([7, 1], 7, dtype=np.int64)}]
    return Spec(model, cases, head="logits", notes="the mask reaches the pooling")


@zoo("embedding_tied", "embedding", "keras2")
def embedding_tied(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    table = L.Embedding(10, 4, name="tokens")
    y = L.Dense(4, activation="tanh")(table(ids))
    logits = L.Lambda(lambda t: tf.matmul(t, table.embeddings, transpose_b=True), name="tied")(y)
    return Spec(K.Model(ids, logits), [{"ids": kit.i(2, 4, high=10)}, {"ids": kit.i(3, 6, high=10)}],
                notes="one table read by gather and by matmul: its gradient is a sum of sparse and dense")


@zoo("embedding_tied", "embedding", "keras3 tfsave")
def embedding_tied_layer(kit):
    class Tied(L.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.tokens = L.Embedding(10, 4, name="tokens")
            self.mix = L.Dense(4, activation="tanh")

        def build(self, shape):
            self.tokens.build(shape)
            self.mix.build((None, None, 4))
            self.built = True

        def call(self, ids):
            y = self.mix(self.tokens(ids))
            return tf.matmul(y, tf.transpose(tf.convert_to_tensor(self.tokens.embeddings)))

    ids = K.Input((None,), dtype="int32", name="ids")
    model = K.Model(ids, Tied(name="tied")(ids))
    return Spec(model, [{"ids": kit.i(2, 4, high=10)}, {"ids": kit.i(3, 6, high=10)}],
                notes="one table read by gather and by matmul")
