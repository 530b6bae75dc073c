"""Several inputs and outputs, shared and nested parts, wrappers."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def vectors(kit, width):
    return [{"x": kit.f(3, width)}, {"x": kit.f(2, width)}]


@zoo("multi_io", "multi-io", "keras2 keras3 keras2_export tfsave@3")
def multi_io(kit):
    picture = K.Input((4, 4, 2), name="picture")
    numbers = K.Input((3,), name="numbers")
    y = L.GlobalAveragePooling2D()(L.Conv2D(3, 3)(picture))
    y = L.Concatenate()([y, L.Dense(2)(numbers)])
    label = L.Dense(3, activation="softmax", name="label")(y)
    price = L.Dense(1, name="price")(y)
    cases = [{"picture": kit.f(n, 4, 4, 2), "numbers": kit.f(n, 3)} for n in (2, 3)]
    return Spec(K.Model([picture, numbers], [label, price]), cases, head="label")


@zoo("dict_io", "multi-io", "keras2")
def dict_io(kit):
    inputs = {"wide": K.Input((3,), name="wide"), "deep": K.Input((4,), name="deep"),
              "age": K.Input((1,), dtype="int32", name="age")}
    age = L.Lambda(lambda t: tf.cast(t, "float32"), output_shape=(1,))(inputs["age"])
    hidden = L.Dense(4, activation="relu")(L.Concatenate()([inputs["deep"], age]))
    outputs = {"score": L.Dense(1, name="score")(L.Concatenate()([hidden, inputs["wide"]])), "hidden": hidden}
    model = K.Model(inputs, outputs)
    cases = [{"wide": kit.f(n, 3), "deep": kit.f(n, 4), "age": kit.i(n, 1, high=90)} for n in (2, 3)]
    return Spec(model, cases, call=lambda t, training: model(t, training=training),
                notes="dictionaries of inputs and outputs; one input is int32")


@zoo("dict_output", "multi-io", "keras3")
def dict_output(kit):
    wide, deep = K.Input((3,), name="wide"), K.Input((4,), name="deep")
    hidden = L.Dense(4, activation="relu")(deep)
    model = K.Model([wide, deep], {"score": L.Dense(1)(L.Concatenate()([hidden, wide])), "hidden": hidden})
    cases = [{"wide": kit.f(n, 3), "deep": kit.f(n, 4)} for n in (2, 3)]
    return Spec(model, cases, notes="a dictionary of outputs")


@zoo("shared_layer", "shared", "keras2 keras3 keras2_export")
def shared_layer(kit):
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    shared = L.Dense(3, activation="tanh", name="shared")
    y = L.Subtract()([shared(a), shared(b)])
    y = L.Dense(3, name="other")(y)
    model = K.Model([a, b], L.Dense(1, activation="sigmoid", name="same")(shared(L.Dense(4)(y))))
    return Spec(model, [{"a": kit.f(n, 4), "b": kit.f(n, 4)} for n in (3, 2)], head="same",
                notes="one layer in three places (siamese)")


@zoo("shared_bn", "shared", "keras2")
def shared_bn(kit):
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    tower = K.Sequential([K.Input((4,)), L.Dense(3), L.BatchNormalization(momentum=0.9), L.ReLU()], name="tower")
    model = K.Model([a, b], L.Dense(2, name="logits")(L.Concatenate()([tower(a), tower(b)])))
    return Spec(model, [{"a": kit.f(n, 4), "b": kit.f(n, 4)} for n in (4, 3)], head="logits", train=True,
                notes="a BatchNorm called twice: its moving statistics move twice in a step")


@zoo("nested", "nested", "keras2 keras3 keras2_export")
def nested(kit):
    inner_in = K.Input((4,), name="inner_in")
    inner = K.Model(inner_in, L.Dense(3)(L.Dense(4, activation="relu")(inner_in)), name="inner")
    middle = K.Sequential([K.Input((4,)), L.Dense(4, activation="relu"), inner], name="middle")
    x = K.Input((5,), name="x")
    y = middle(L.Dense(4)(x))
    return Spec(K.Model(x, L.Dense(2, name="logits")(y), name="outer"), vectors(kit, 5), head="logits")


@zoo("nested_frozen", "nested", "keras2 keras3 keras2_export")
def nested_frozen(kit):
    backbone = K.Sequential([K.Input((6, 6, 2)), L.Conv2D(3, 3, use_bias=False), L.BatchNormalization(), L.ReLU(),
                             L.GlobalAveragePooling2D()], name="backbone")
    backbone.trainable = False
    x = K.Input((6, 6, 2), name="x")
    model = K.Model(x, L.Dense(2, name="logits")(L.Dropout(0.2)(backbone(x))))
    return Spec(model, [{"x": kit.f(2, 6, 6, 2)}, {"x": kit.f(3, 6, 6, 2)}], head="logits",
                notes="the usual transfer-learning model: a frozen backbone, a new head")


@zoo("nested_noise", "nested", "keras2")
def nested_noise(kit):
    noise = K.Sequential([L.GaussianNoise(0.5)], name="noise")
    x = K.Input((2,), name="x")
    return Spec(K.Model(x, L.Dense(2, name="logits")(noise(x))), vectors(kit, 2), head="logits",
                notes="augmentation in a part of its own, of which nothing is left in the graph")


@zoo("time_distributed", "timedistributed", "keras2", big="keras3")
def time_distributed(kit):
    x = K.Input((None, 4, 4, 2), name="x")
    y = L.TimeDistributed(L.Conv2D(2, 3, activation="relu"))(x)
    y = L.TimeDistributed(L.Flatten())(y)
    y = L.TimeDistributed(L.Dense(3))(y)
    return Spec(K.Model(x, y), [{"x": kit.f(2, 3, 4, 4, 2)}, {"x": kit.f(1, 5, 4, 4, 2)}])


@zoo("frozen_embedding", "frozen", "keras2 keras3")
def frozen_embedding(kit):
    ids = K.Input((4,), dtype="int32", name="ids")
    y = L.Flatten()(L.Embedding(8, 3, trainable=False)(ids))
    return Spec(K.Model(ids, L.Dense(2, name="logits")(y)),
                [{"ids": kit.i(3, 4, high=8)}, {"ids": kit.i(2, 4, high=8)}], head="logits")


@zoo("operators", "tfop-lambda", "keras2")
def operators(kit):
    x = K.Input((4,), name="x")
    y = L.Dense(4)(x)
    z = tf.nn.relu(y) * 2.0 - tf.reduce_mean(y, axis=-1, keepdims=True)
    z = tf.concat([z, tf.square(y)[:, 1:3]], axis=1)
    return Spec(K.Model(x, L.Dense(2)(z)), vectors(kit, 4), notes="TFOpLambda and SlicingOpLambda layers")


@zoo("operators", "ops-layer", "keras3")
def operators3(kit):
    ops = K.ops
    x = K.Input((4,), name="x")
    y = L.Dense(4)(x)
    z = ops.relu(y) * 2.0 - ops.mean(y, axis=-1, keepdims=True)
    z = ops.concatenate([z, ops.square(y)[:, 1:3]], axis=1)
    return Spec(K.Model(x, L.Dense(2)(z)), vectors(kit, 4), notes="keras.ops in a functional model")


@zoo("wide_linear", "dense", "keras2")
def wide_linear(kit):
    wide = K.experimental.LinearModel()
    deep = K.Sequential([L.Dense(3, activation="relu"), L.Dense(1)])
    model = K.experimental.WideDeepModel(wide, deep)
    model.compile("sgd", "mse")
    model.fit([kit.f(4, 3), kit.f(4, 5)], kit.f(4, 1), epochs=1, verbose=0)
    cases = [{"input_1": kit.f(n, 3), "input_2": kit.f(n, 5)} for n in (2, 3)]
    return Spec(model, cases, call=lambda t, training: model([t["input_1"], t["input_2"]], training=training),
                notes="a subclass that Keras ships")
