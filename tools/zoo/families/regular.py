"""Dropout and noise, regularisers and constraints."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


@zoo("dropout_mlp", "dropout", "keras2 keras3 keras2_export")
def dropout_mlp(kit):
    x = K.Input((6,), name="x")
    y = L.Dropout(0.3)(L.Dense(8, activation="relu")(x))
    y = L.Dropout(0.5)(L.Dense(8, activation="relu")(y))
    model = K.Model(x, L.Dense(3, name="logits")(y))
    return Spec(model, [{"x": kit.f(3, 6)}, {"x": kit.f(5, 6)}], head="logits")


@zoo("spatial_dropout", "dropout", "keras2", big="keras3")
def spatial_dropout(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.SpatialDropout2D(0.4)(L.Conv2D(3, 3, activation="relu")(x))
    y = L.SpatialDropout1D(0.2)(L.Reshape((16, 3))(y))
    return Spec(K.Model(x, L.Dense(2)(y)), [{"x": kit.f(2, 6, 6, 2)}, {"x": kit.f(1, 6, 6, 2)}])


@zoo("noise_layers", "noise", "keras2", big="keras3")
def noise_layers(kit):
    x = K.Input((5,), name="x")
    y = L.GaussianNoise(0.1)(x)
    y = L.AlphaDropout(0.2)(L.Dense(4, activation="selu", kernel_initializer="lecun_normal")(y))
    y = L.GaussianDropout(0.3)(L.Dense(4, activation="relu")(y))
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}], head="logits")


@zoo("dropout_rate_zero", "dropout", "keras2")
def dropout_rate_zero(kit):
    x = K.Input((5,), name="x")
    y = L.Dropout(0.0)(L.Dense(4, activation="relu")(x))
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}],
                head="logits", train=True)


@zoo("kernel_penalties", "regulariser", "keras2", big="keras3")
def kernel_penalties(kit):
    r = K.regularizers
    x = K.Input((5,), name="x")
    y = L.Dense(4, kernel_regularizer=r.L2(0.01), bias_regularizer=r.L1(0.02), activation="relu")(x)
    y = L.Dense(4, kernel_regularizer=r.L1L2(0.01, 0.03))(y)
    y = L.Dense(4, kernel_regularizer=r.OrthogonalRegularizer(0.05))(y)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}],
                head="logits", train=True)


@zoo("activity_penalties", "regulariser", "keras2", big="keras3")
def activity_penalties(kit):
    r = K.regularizers
    x = K.Input((5,), name="x")
    y = L.Dense(4, activity_regularizer=r.L2(0.01), activation="tanh")(x)
    y = L.ActivityRegularization(l1=0.02)(y)
    y = L.Dense(3, activity_regularizer="l1", kernel_regularizer="l2")(y)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}],
                head="logits", train=True, notes="Keras divides an activity penalty by the batch size")


@zoo("conv_penalties_bn", "regulariser", "keras2")
def conv_penalties_bn(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.Conv2D(3, 3, kernel_regularizer="l2", activity_regularizer="l2")(x)
    y = L.BatchNormalization(gamma_regularizer="l1")(y)
    y = L.DepthwiseConv2D(3, depthwise_regularizer="l2")(y)
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, [{"x": kit.f(3, 6, 6, 2)}, {"x": kit.f(2, 6, 6, 2)}], head="logits", train=True)


@zoo("constraints", "constraint", "keras2")
def constraints(kit):
    c = K.constraints
    x = K.Input((5,), name="x")
    y = L.Dense(4, kernel_constraint=c.MaxNorm(1.0), bias_constraint=c.NonNeg(), activation="relu")(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}], head="logits",
                optimizers=False, notes="constraints act in Keras' optimizers and are not saved as functions")


@zoo("dropout_always", "dropout", "keras2 keras3")
def dropout_always(kit):
    x = K.Input((5,), name="x")
    y = L.Dropout(0.5)(L.Dense(4, activation="relu")(x), training=True)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), [{"x": kit.f(3, 5)}, {"x": kit.f(2, 5)}], head="logits",
                deterministic=False, notes="Monte Carlo dropout: random in the signature too")
