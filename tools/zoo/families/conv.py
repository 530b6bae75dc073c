"""Convolutions of every kind, and pooling."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def image(kit, *shapes):
    return [{"x": kit.f(*shape)} for shape in shapes]


@zoo("cnn_plain", "cnn", "keras2 keras3 keras2_export tfsave")
def cnn_plain(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.MaxPooling2D()(L.Conv2D(4, 3, padding="same", activation="relu")(x))
    y = L.Conv2D(5, 3, strides=2, activation="relu")(y)
    y = L.Flatten()(y)
    model = K.Model(x, L.Dense(3, activation="softmax", name="predictions")(y))
    return Spec(model, image(kit, (2, 8, 8, 3), (3, 8, 8, 3)), head="predictions")


@zoo("cnn_bn", "cnn", "keras2 keras3 keras2_export tfsave tfsave@3", f64="keras2")
def cnn_bn(kit):
    x = K.Input((8, 8, 3), name="x")
    y = x
    for filters in (4, 5):
        y = L.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = L.BatchNormalization(momentum=0.9)(y)
        y = L.ReLU()(y)
        y = L.MaxPooling2D()(y)
    y = L.GlobalAveragePooling2D()(y)
    model = K.Model(x, L.Dense(3, name="logits")(y))
    return Spec(model, image(kit, (3, 8, 8, 3), (2, 8, 8, 3)), head="logits", train=True)


@zoo("cnn_bn_compiled", "cnn")
def cnn_bn_compiled(kit):
    x = K.Input((None, None, 3), name="x")
    y = L.BatchNormalization()(L.Conv2D(4, 3, activation="relu")(x))
    model = K.Model(x, L.Dense(2, activation="sigmoid", name="tags")(L.GlobalMaxPooling2D()(y)))
    model.compile(K.optimizers.Adam(1e-3, amsgrad=True), "binary_crossentropy", metrics=["AUC"])
    model.fit(kit.f(4, 6, 6, 3), kit.i(4, 2, high=2), epochs=1, verbose=0)
    return Spec(model, image(kit, (2, 6, 6, 3), (1, 7, 9, 3)), head="tags", train=True,
                notes="compiled; free height and width")


@zoo("conv1x1_head", "cnn", "keras2 keras3")
def conv1x1_head(kit):
    x = K.Input((6, 6, 3), name="x")
    y = L.Conv2D(4, 3, activation="relu")(x)
    y = L.GlobalAveragePooling2D(keepdims=True)(y)
    y = L.Conv2D(3, 1, name="preds")(y)
    model = K.Model(x, L.Softmax()(L.Reshape((3,))(y)))
    return Spec(model, image(kit, (2, 6, 6, 3), (3, 6, 6, 3)), head="preds",
                notes="MobileNetV1/V3 style head")


@zoo("conv_dilated", "dilated", "keras2 keras3")
def conv_dilated(kit):
    x = K.Input((10, 9, 2), name="x")
    y = L.Conv2D(3, 3, dilation_rate=2, padding="same", activation="relu")(x)
    y = L.Conv2D(3, 3, dilation_rate=(1, 2), padding="valid")(y)
    y = L.DepthwiseConv2D(3, dilation_rate=2, padding="same")(y)
    return Spec(K.Model(x, y), image(kit, (2, 10, 9, 2), (1, 10, 9, 2)))


@zoo("conv_dilated_free", "dilated", "keras2_export keras3")
def conv_dilated_free(kit):
    x = K.Input((None, None, 2), name="x")
    y = L.Conv2D(3, 3, dilation_rate=2, padding="same", activation="relu")(x)
    y = L.Conv2D(2, 3, dilation_rate=3, padding="valid")(y)
    return Spec(K.Model(x, y), image(kit, (2, 10, 9, 2), (1, 8, 13, 2)), notes="free height and width")


@zoo("conv1d_causal", "dilated", "keras2_export keras3")
def conv1d_causal(kit):
    x = K.Input((None, 3), name="x")
    y = L.Conv1D(4, 2, padding="causal", activation="relu")(x)
    y = L.Conv1D(4, 2, padding="causal", dilation_rate=2, activation="tanh")(y)
    y = L.Conv1D(3, 2, padding="causal", dilation_rate=4)(y)
    return Spec(K.Model(x, y), image(kit, (2, 9, 3), (1, 12, 3)), notes="WaveNet style")


@zoo("conv_separable", "separable", "keras3 keras2_export")
def conv_separable(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.SeparableConv2D(4, 3, padding="same", depth_multiplier=2)(x)
    y = L.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same", activation="relu")(y)
    y = L.Reshape((16, 8))(y)
    y = L.SeparableConv1D(3, 3, padding="same")(y)
    y = L.DepthwiseConv1D(3, strides=2)(y)
    return Spec(K.Model(x, y), image(kit, (2, 8, 8, 3), (3, 8, 8, 3)))


@zoo("conv1d_stack", "conv1d", "keras2 keras3")
def conv1d_stack(kit):
    x = K.Input((None, 3), name="x")
    y = L.Conv1D(4, 3, padding="same", activation="relu")(x)
    y = L.MaxPooling1D(2, padding="same")(y)
    y = L.Conv1D(4, 3, strides=2, padding="same")(y)
    y = L.GlobalMaxPooling1D()(y)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), image(kit, (2, 9, 3), (3, 12, 3)), head="logits")


@zoo("conv3d", "conv3d", "keras3 keras2_export")
def conv3d(kit):
    x = K.Input((6, 6, 6, 1), name="x")
    y = L.Conv3D(3, 3, padding="same", activation="relu")(x)
    y = L.MaxPooling3D()(y)
    y = L.Conv3D(3, 2, strides=2)(y)
    y = L.AveragePooling3D(1)(y)
    y = L.GlobalAveragePooling3D()(y)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), image(kit, (2, 6, 6, 6, 1), (1, 6, 6, 6, 1)), head="logits")


@zoo("conv_transpose", "transpose", "keras2 keras3")
def conv_transpose(kit):
    x = K.Input((4, 5, 2), name="x")
    y = L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu")(x)
    y = L.Conv2DTranspose(2, 3, strides=1, padding="valid")(y)
    return Spec(K.Model(x, y), image(kit, (2, 4, 5, 2), (1, 4, 5, 2)))


@zoo("conv1d_transpose", "transpose", "keras2_export keras3")
def conv1d_transpose(kit):
    x = K.Input((None, 2), name="x")
    y = L.Conv1DTranspose(3, 3, strides=2, padding="same", activation="relu")(x)
    return Spec(K.Model(x, L.Conv1DTranspose(2, 4, strides=2)(y)), image(kit, (2, 4, 2), (1, 6, 2)))


@zoo("conv3d_transpose", "transpose", "keras2_export keras3")
def conv3d_transpose(kit):
    x = K.Input((3, 3, 3, 2), name="x")
    y = L.Conv3DTranspose(2, 3, strides=2, padding="same", activation="relu")(x)
    return Spec(K.Model(x, y), image(kit, (2, 3, 3, 3, 2), (1, 3, 3, 3, 2)))


@zoo("conv2d_transpose_dilated", "transpose", "keras2_export")
def conv2d_transpose_dilated(kit):
    x = K.Input((5, 5, 2), name="x")
    y = L.Conv2DTranspose(2, 3, dilation_rate=2, padding="valid")(x)
    return Spec(K.Model(x, y), image(kit, (2, 5, 5, 2), (1, 5, 5, 2)))


@zoo("locally_connected", "cnn")
def locally_connected(kit):
    x = K.Input((6, 6, 1), name="x")
    return Spec(K.Model(x, L.LocallyConnected2D(2, 3, activation="relu")(x)), image(kit, (2, 6, 6, 1), (1, 6, 6, 1)))


@zoo("pooling_all", "pooling", "keras2 keras3")
def pooling_all(kit):
    x = K.Input((8, 8, 2), name="x")
    y = L.Conv2D(4, 3, padding="same")(x)
    a = L.GlobalMaxPooling2D()(L.MaxPooling2D(3, 2, padding="same")(y))
    b = L.GlobalAveragePooling2D()(L.AveragePooling2D(3, 2, padding="same")(y))
    line = L.Reshape((64, 4))(y)
    c = L.GlobalMaxPooling1D()(L.AveragePooling1D(3, 2)(line))
    d = L.GlobalAveragePooling1D()(L.MaxPooling1D(3, 2, padding="same")(line))
    cube = L.Reshape((4, 4, 4, 4))(y)
    e = L.GlobalMaxPooling3D()(L.AveragePooling3D(2, padding="same")(cube))
    f = L.GlobalAveragePooling3D()(L.MaxPooling3D(3, 2)(cube))
    return Spec(K.Model(x, L.Concatenate()([a, b, c, d, e, f])), image(kit, (2, 8, 8, 2), (1, 8, 8, 2)))


@zoo("residual", "residual", "keras3 keras2_export", big="keras2")
def residual(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.Conv2D(4, 3, padding="same")(x)
    z = L.Conv2D(4, 3, padding="same", activation="relu")(y)
    z = L.Conv2D(4, 3, padding="same")(z)
    y = L.ReLU()(L.Add()([y, z]))
    z = L.Conv2D(6, 3, strides=2, padding="same")(y)
    y = L.ReLU()(L.Add()([L.Conv2D(6, 1, strides=2)(y), z]))
    model = K.Model(x, L.Dense(3, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, image(kit, (2, 8, 8, 3), (1, 8, 8, 3)), head="logits")


@zoo("inception", "inception", "keras2_export", big="keras3")
def inception(kit):
    x = K.Input((8, 8, 3), name="x")
    a = L.Conv2D(2, 1, activation="relu")(x)
    b = L.Conv2D(2, 3, padding="same", activation="relu")(L.Conv2D(2, 1)(x))
    c = L.Conv2D(2, (1, 5), padding="same")(L.Conv2D(2, (5, 1), padding="same")(x))
    d = L.Conv2D(2, 1)(L.MaxPooling2D(3, 1, padding="same")(x))
    y = L.AveragePooling2D(3, 2, padding="same")(L.Concatenate()([a, b, c, d]))
    model = K.Model(x, L.Dense(3, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, image(kit, (2, 8, 8, 3), (1, 8, 8, 3)), head="logits")
