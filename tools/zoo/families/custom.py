"""Subclassed models, custom layers and gradients, Lambda."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def vectors(kit, width):
    return [{"x": kit.f(3, width)}, {"x": kit.f(2, width)}]


class Branching(K.Model):
    """Scales its hidden layer when training: a behaviour that only the saved functions hold."""

    def __init__(self):
        super().__init__(name="branching")
        self.hidden = L.Dense(4, activation="relu")
        self.norm = L.BatchNormalization(momentum=0.9)
        self.out = L.Dense(2)

    def call(self, x, training=False):
        y = self.hidden(x)
        if training:
            y = y * 1.5 + 0.1
        return self.out(self.norm(y, training=training))


@zoo("subclass_if_training", "subclass", "keras2 keras3 tfsave")
def subclass_if_training(kit):
    model = Branching()
    cases = vectors(kit, 5)
    if kit.keras == 2:
        model.predict(cases[0]["x"], verbose=0)
    else:
        model(cases[0]["x"])
        model.predict(cases[0]["x"], verbose=0)
    return Spec(model, cases, train=True)


@zoo("subclass_nested", "subclass", "keras2")
def subclass_nested(kit):
    class Block(L.Layer):
        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = units
            self.parts = [L.Dense(units, activation="relu"), L.LayerNormalization()]
            self.named = {"gate": L.Dense(units, activation="sigmoid")}

        def call(self, x):
            y = x
            for part in self.parts:
                y = part(y)
            return y * self.named["gate"](x)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Net(K.Model):
        def __init__(self):
            super().__init__(name="net")
            self.blocks = [Block(3), Block(4)]
            self.head = L.Dense(2)

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return {"logits": self.head(x), "features": x}

    model = Net()
    cases = vectors(kit, 5)
    model.predict(cases[0]["x"], verbose=0)
    return Spec(model, cases, call=lambda t, training: model(t["x"]), notes="lists and dicts of layers")


@zoo("lambda_layers", "lambda", "keras2 keras3 keras2_export")
def lambda_layers(kit):
    x = K.Input((6,), name="x")
    y = L.Lambda(lambda t: t / 255.0 - 0.5, output_shape=(6,))(x)
    y = L.Dense(4)(y)
    y = L.Lambda(lambda t: tf.math.l2_normalize(t, axis=-1), output_shape=(4,))(y)
    y = L.Lambda(lambda t: tf.reduce_sum(tf.square(t[:, 1:]), -1, keepdims=True), output_shape=(1,))(y)
    cases = [{"x": kit.u(n, 6, high=255.0)} for n in (3, 2)]
    return Spec(K.Model(x, L.Dense(2)(y)), cases)


@zoo("custom_layer", "custom", "keras2 keras3")
def custom_layer(kit):
    class Maxout(L.Layer):
        """Largest of k linear pieces, plus a scalar bias."""

        def build(self, shape):
            self.pieces = self.add_weight(name="pieces", shape=(shape[-1], 4, 3))
            self.scalar = self.add_weight(name="scalar", shape=())
            self.count = self.add_weight(name="count", shape=(), trainable=False, dtype="float32")

        def call(self, x):
            return tf.reduce_max(tf.tensordot(x, tf.convert_to_tensor(self.pieces), [[-1], [0]]), -1) + self.scalar

        def compute_output_shape(self, shape):
            return (*shape[:-1], 4)

    x = K.Input((5,), name="x")
    y = Maxout()(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), vectors(kit, 5), head="logits")


@zoo("custom_loss_layer", "custom", "keras2")
def custom_loss_layer(kit):
    class Sampling(L.Layer):
        """A variational layer without noise: adds its KL loss with add_loss."""

        def call(self, inputs):
            mean, log_var = inputs
            self.add_loss(-0.5 * tf.reduce_mean(1 + log_var - tf.square(mean) - tf.exp(log_var)))
            return mean

    x = K.Input((5,), name="x")
    y = Sampling()([L.Dense(3, name="mean")(x), L.Dense(3, name="log_var")(x)])
    return Spec(K.Model(x, L.Dense(5)(y)), vectors(kit, 5), train=True, optimizers=True,
                notes="log_var has a gradient only through add_loss")


@tf.custom_gradient
def reversal(x):
    def grad(upstream):
        return -0.5 * upstream

    return tf.identity(x), grad


@tf.custom_gradient
def clipped_exp(x):
    y = tf.exp(x)

    def grad(upstream):
        return tf.clip_by_value(upstream * y, -1.0, 1.0)

    return y, grad


class Custom(L.Layer):
    """Two formulas with gradients of their own."""

    def call(self, x):
        return clipped_exp(reversal(x))

    def compute_output_shape(self, shape):
        return shape


def gradient_model(kit, saved, notes):
    x = K.Input((4,), name="x")
    y = Custom()(L.Dense(3)(x))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    return Spec(model, vectors(kit, 4), head="logits", custom_gradients=saved, notes=notes)


@zoo("custom_gradient", "custom-gradient", "keras2 keras3 tfsave")
def custom_gradient(kit):
    return gradient_model(kit, True, "tf.custom_gradient, saved with the model (vintage keras3: as export does)")


@zoo("custom_gradient_unsaved", "custom-gradient", "keras2")
def custom_gradient_unsaved(kit):
    return gradient_model(kit, False, "the gradient functions were not saved: only Python knows these gradients")


@zoo("recompute_grad", "custom-gradient", "keras2")
def recompute_grad(kit):
    class Recomputed(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = L.Dense(3, activation="tanh", name="first")
            self.second = L.Dense(3, name="second")

        def build(self, shape):
            self.first.build(shape)
            self.second.build((None, 3))
            super().build(shape)

        def call(self, x):
            return tf.recompute_grad(lambda y: self.second(self.first(y)))(x)

    x = K.Input((4,), name="x")
    y = Recomputed(name="recomputed")(L.Dense(3)(x))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    return Spec(model, vectors(kit, 4), head="logits", custom_gradients=True,
                notes="rematerialisation: tf.recompute_grad, whose gradient function computes two layers again")


@zoo("swish_marker_only", "activation", "keras2")
def swish_marker_only(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.Activation("swish")(L.Conv2D(3, 3)(x))
    y = L.Conv2D(3, 1, activation=tf.nn.silu)(y)
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, [{"x": kit.f(2, 6, 6, 2)}, {"x": kit.f(1, 6, 6, 2)}], head="logits", custom_gradients=False,
                notes="swish as Keras before TF 2.6 saved it: the marker without its gradient function")


@zoo("stop_gradient", "custom-gradient", "keras2 keras3")
def stop_gradient(kit):
    x = K.Input((4,), name="x")
    cut = L.Lambda(lambda t: tf.stop_gradient(t), output_shape=(3,))(L.Dense(3, name="cut_off")(x))
    y = L.Add()([cut, L.Dense(3)(x)])
    return Spec(K.Model(x, L.Dense(2)(y)), vectors(kit, 4), notes="the tape gives None for the layer cut_off")


@zoo("argmax_path", "custom-gradient", "keras2")
def argmax_path(kit):
    x = K.Input((4,), name="x")
    scores = L.Dense(3, name="scores")(x)
    choice = L.Lambda(lambda t: tf.one_hot(tf.argmax(t, -1), 3))(scores)
    y = L.Concatenate()([choice, L.Dense(3)(x)])
    return Spec(K.Model(x, L.Dense(2)(y)), vectors(kit, 4), notes="argmax stops the gradient of the layer scores")
