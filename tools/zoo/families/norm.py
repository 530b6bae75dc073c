"""Normalisation layers: batch (plain, frozen, renorm), layer, group, unit, spectral."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def pair(kit, *shape):
    return [{"x": kit.f(4, *shape)}, {"x": kit.f(2, *shape)}]


@zoo("bn_dense", "batchnorm", "keras3", f64="keras2", big="keras2")
def bn_dense(kit):
    x = K.Input((5,), name="x")
    y = L.BatchNormalization(momentum=0.8, epsilon=1e-2)(L.Dense(6)(x))
    y = L.BatchNormalization(scale=False, center=False)(L.Dense(4, activation="relu")(y))
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), pair(kit, 5), train=True, head="logits",
                notes="rank 2: arithmetic instead of the fused op; momentum 0.8 and the default 0.99")


@zoo("bn_ranks", "batchnorm", "keras2 keras3")
def bn_ranks(kit):
    x = K.Input((4, 4, 4), name="x")
    a = L.BatchNormalization(axis=1)(x)
    b = L.BatchNormalization(scale=False)(x)
    line = L.BatchNormalization()(L.Reshape((16, 4))(L.Add()([a, b])))
    cube = L.BatchNormalization(center=False)(L.Reshape((4, 2, 2, 4))(line))
    return Spec(K.Model(x, L.Flatten()(cube)), pair(kit, 4, 4, 4), train=True,
                notes="BatchNorm on axis 1, and of rank 3, 4 and 5")


@zoo("bn_frozen", "batchnorm", "keras2 keras3")
def bn_frozen(kit):
    x = K.Input((6, 6, 2), name="x")
    frozen = L.BatchNormalization(name="frozen", momentum=0.7)
    y = frozen(L.Conv2D(3, 3)(x))
    y = L.BatchNormalization(name="live", momentum=0.9)(L.Conv2D(3, 3)(y))
    frozen.trainable = False
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, pair(kit, 6, 6, 2), train=True, head="logits",
                notes="the frozen BatchNorm stays in inference mode with training=True")


@zoo("bn_renorm", "batchnorm")
def bn_renorm(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.BatchNormalization(renorm=True, renorm_momentum=0.9)(L.Conv2D(3, 3)(x))
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, pair(kit, 6, 6, 2), train=True, head="logits")


@zoo("layernorm", "layernorm", "keras2 keras3 keras2_export")
def layernorm(kit):
    x = K.Input((None, 6), name="x")
    y = L.LayerNormalization()(L.Dense(6)(x))
    y = L.LayerNormalization(epsilon=1e-6, center=False)(L.Dense(4, activation="relu")(y))
    model = K.Model(x, L.Dense(2)(L.LayerNormalization(scale=False)(y)))
    return Spec(model, [{"x": kit.f(2, 5, 6)}, {"x": kit.f(3, 2, 6)}],
                notes="LayerNormalization of Keras 2 is FusedBatchNormV3 too: no BatchNorm here")


@zoo("layernorm_axes", "layernorm", "keras2 keras3")
def layernorm_axes(kit):
    x = K.Input((4, 4, 3), name="x")
    return Spec(K.Model(x, L.LayerNormalization(axis=(1, 2, 3))(L.Conv2D(3, 3, padding="same")(x))), pair(kit, 4, 4, 3))


@zoo("groupnorm", "groupnorm", "keras2 keras3")
def groupnorm(kit):
    x = K.Input((5, 5, 4), name="x")
    y = L.GroupNormalization(2)(L.Conv2D(4, 3)(x))
    y = L.GroupNormalization(-1)(y) if kit.keras == 3 else y
    return Spec(K.Model(x, L.Conv2D(2, 1)(y)), pair(kit, 5, 5, 4))


@zoo("unitnorm", "unitnorm", "keras2 keras3")
def unitnorm(kit):
    x = K.Input((5,), name="x")
    y = L.UnitNormalization()(L.Dense(4)(x))
    return Spec(K.Model(x, L.Dense(2)(y)), pair(kit, 5), notes="an embedding on the unit sphere")


@zoo("spectral_norm", "spectralnorm", "keras3")
def spectral_norm(kit):
    x = K.Input((5,), name="x")
    return Spec(K.Model(x, L.SpectralNormalization(L.Dense(4))(x)), pair(kit, 5))
