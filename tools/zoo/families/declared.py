"""What a file says between the lines: declared weights, masks, sizes, answers in unusual shapes."""

import tensorflow as tf

from kit import Spec, randomise, zoo

K = tf.keras
L = K.layers


@zoo("declared_weights", "declared", "keras2 keras3 keras2_export")
def declared_weights(kit):
    class Positions(L.Layer):
        """Adds a table that its author fixed, and scales by one that trains."""

        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(shape[-2], shape[-1]), trainable=False)
            self.scale = self.add_weight(name="scale", shape=(shape[-1],))

        def call(self, x):
            return (x + self.table) * self.scale

    class Projection(L.Layer):
        """A fixed random projection: its weight is called as one that usually trains."""

        def build(self, shape):
            self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4), trainable=False)

        def call(self, x):
            return tf.tanh(tf.tensordot(x, tf.convert_to_tensor(self.kernel), [[-1], [0]]))

        def compute_output_shape(self, shape):
            return (*shape[:-1], 4)

    class Pieces(L.Layer):
        """A weight of an unusual name, in a layer that was frozen."""

        def build(self, shape):
            self.pieces = self.add_weight(name="pieces", shape=(shape[-1],))
            self.count = self.add_weight(name="count", shape=(shape[-1],))

        def call(self, x):
            return x * self.pieces + self.count

    x = K.Input((3, 5), name="x")
    y = Positions(name="positions")(x)
    y = Projection(name="projection")(y)
    y = L.Dense(4, activation="relu", name="frozen_dense")(y)
    pieces = Pieces(name="pieces")
    y = pieces(y)
    y = L.Dense(4, activation="relu", name="hidden")(L.Flatten()(y))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    pieces.trainable = False
    model.get_layer("frozen_dense").trainable = False
    return Spec(model, [{"x": kit.f(3, 3, 5)}, {"x": kit.f(2, 3, 5)}], head="logits",
                notes="declared: positions/table, projection/kernel; frozen: frozen_dense, pieces")


@zoo("declared_module", "declared", "tfsave tfsave@3")
def declared_module(kit):
    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.kernel = tf.Variable(kit.f(5, 3), name="kernel", trainable=False)
            self.codebook = tf.Variable(kit.f(3), name="codebook", trainable=False)
            self.out = tf.Variable(kit.f(3, 2), name="out")

        @tf.function(input_signature=[tf.TensorSpec((None, 5), tf.float32, name="x")])
        def __call__(self, x):
            return {"y": tf.matmul(tf.tanh(tf.matmul(x, self.kernel)) + self.codebook, self.out)}

    net = Net()
    return Spec(net, [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}],
                call=lambda t, training: net(t["x"]), signatures=net.__call__,
                notes="the file cannot tell a frozen kernel from a declared one")


@zoo("bn_subclass", "batchnorm", "keras2")
def bn_subclass(kit):
    class TpuBatchNormalization(L.BatchNormalization):
        """As EfficientNet's authors call theirs."""

    x = K.Input((6, 6, 2), name="x")
    y = TpuBatchNormalization(momentum=0.9, epsilon=1e-2, name="tpu_bn")(L.Conv2D(3, 3)(x))
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(L.ReLU()(y))))
    return Spec(model, [{"x": kit.f(3, 6, 6, 2)}, {"x": kit.f(2, 6, 6, 2)}], head="logits", train=True)


@zoo("squeezed_answer", "squeezed", "keras2 keras3")
def squeezed_answer(kit):
    x = K.Input((5,), name="x")
    y = L.Dense(1, name="rating")(L.Dense(4, activation="relu")(x))
    model = K.Model(x, L.Lambda(lambda t: tf.squeeze(t, -1), output_shape=())(y))
    return Spec(model, [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}], notes="its answer has the shape [N]")


def decoder(height, width):
    """The same weights at every size."""
    x = K.Input((height, width, 3), name="x")
    a = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    b = L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(a)
    c = L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(b)
    y = L.UpSampling2D(2)(c)
    y = L.Concatenate()([b, y])
    y = L.Conv2DTranspose(3, 3, strides=2, padding="same")(y)
    y = L.Add()([a, y])
    y = L.UpSampling2D((1, 2), interpolation="bilinear")(y)
    y = L.Conv2DTranspose(2, 2, strides=2)(L.AveragePooling2D(2)(y))
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    randomise(model, 5)
    return model


@zoo("decoder_mini", "unet", "keras2 keras3")
def decoder_mini(kit):
    return Spec(decoder(8, 12), [{"x": kit.f(2, 8, 12, 3)}, {"x": kit.f(1, 8, 12, 3)}], head="logits",
                randomise=False, notes="its layers hold sizes as constants")


@zoo("decoder_mini_free", "unet", "keras3")
def decoder_mini_free(kit):
    return Spec(decoder(None, None), [{"x": kit.f(2, 8, 12, 3)}, {"x": kit.f(1, 16, 20, 3)}], head="logits",
                randomise=False, notes="decoder_mini, with the same weights, for pictures of any size")


@zoo("masked_tagger", "masked", "keras2 keras3")
def masked_tagger(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4, mask_zero=True, name="tokens")(ids)
    y = L.Dense(4, activation="relu", name="hidden")(y)
    model = K.Model(ids, L.Dense(3, activation="softmax", name="tags")(y))
    cases = [{"ids": kit.padded([5, 2, 3], 5)}, {"ids": kit.padded([7, 1], 7)}]
    return Spec(model, cases, head="tags", notes="a mask that no layer reads")
