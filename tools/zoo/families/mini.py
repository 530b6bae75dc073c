"""Small versions of the networks that people fine-tune."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def pictures(kit, size, channels=3):
    return [{"x": kit.f(n, size, size, channels)} for n in (3, 2)]


def conv_bn(y, filters, kernel=3, strides=1, activation=None, depthwise=False, name=None):
    if depthwise:
        y = L.DepthwiseConv2D(kernel, strides=strides, padding="same", use_bias=False, name=name)(y)
    else:
        y = L.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False, name=name)(y)
    y = L.BatchNormalization(momentum=0.9, epsilon=1e-3, name=name and name + "_bn")(y)
    return L.Activation(activation)(y) if activation else y


def squeeze_excite(y, filters, activation):
    s = L.GlobalAveragePooling2D(keepdims=True)(y)
    s = L.Conv2D(2, 1, activation=activation)(s)
    return L.Multiply()([y, L.Conv2D(filters, 1, activation="sigmoid")(s)])


@zoo("mobilenetv2_mini", "mobilenet", "keras2 keras3", f64="keras3")
def mobilenetv2_mini(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    y = conv_bn(y, 4, strides=2, name="stem")
    y = L.ReLU(6.0)(y)
    z = L.ReLU(6.0)(conv_bn(y, 6, kernel=1, name="block_1_expand"))
    z = L.ReLU(6.0)(conv_bn(z, None, depthwise=True, name="block_1_depthwise"))
    z = conv_bn(z, 4, kernel=1, name="block_1_project")
    y = L.GlobalAveragePooling2D()(L.Add()([y, z]))
    model = K.Model(x, L.Dense(3, activation="softmax", name="predictions")(y))
    return Spec(model, pictures(kit, 8), head="predictions", train=True)


@zoo("mobilenetv2_narrow", "mobilenet", "", big="keras2")
def mobilenetv2_narrow(kit):
    model = K.applications.MobileNetV2((32, 32, 3), alpha=0.1, weights=None, classes=3)
    return Spec(model, [{model.inputs[0].name: kit.f(2, 32, 32, 3)}], head="predictions",
                notes="as many layers and ops as MobileNetV2 has, a tenth as wide")


@zoo("resnet50_narrow", "resnet", "", big="keras2")
def resnet50_narrow(kit):
    from keras.src.applications import resnet  # a ResNet of any width is not public

    def stacks(x):
        for i, blocks in enumerate((3, 4, 6, 3)):
            x = resnet.stack1(x, 2 * 2**i, blocks, stride1=2 if i else 1, name=f"conv{i + 2}")
        return x

    model = resnet.ResNet(stacks, False, True, "resnet50_narrow", weights=None, input_shape=(32, 32, 3), classes=3)
    return Spec(model, [{model.inputs[0].name: kit.f(2, 32, 32, 3)}], head="predictions",
                notes="as many layers and ops as ResNet50 has, 2 channels where that has 64")


@zoo("efficientnet_mini", "efficientnet", "keras2_export", f64="keras2_export", big="keras2 keras3")
def efficientnet_mini(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.Normalization(mean=[0.4, 0.5, 0.5], variance=[0.05, 0.05, 0.06])(L.Rescaling(1 / 255.0)(x))
    y = conv_bn(y, 4, strides=2, activation="swish", name="stem")
    z = conv_bn(y, 6, kernel=1, activation="swish", name="expand")
    z = conv_bn(z, None, kernel=5, depthwise=True, activation="swish", name="depthwise")
    z = squeeze_excite(z, 6, "swish")
    z = conv_bn(z, 4, kernel=1, name="project")
    y = L.GlobalAveragePooling2D()(L.Add()([y, z]))
    model = K.Model(x, L.Dense(3, activation="softmax", name="predictions")(y))
    cases = [{"x": kit.u(n, 8, 8, 3, high=255.0)} for n in (3, 2)]
    return Spec(model, cases, head="predictions", train=True)


@zoo("resnet_se_mini", "resnet", "keras2_export", big="keras3")
def resnet_se_mini(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.ZeroPadding2D(1)(x)
    y = conv_bn(y, 4, strides=2, activation="relu")
    y = L.MaxPooling2D(3, 2, padding="same")(y)
    z = conv_bn(y, 3, kernel=1, activation="relu")
    z = conv_bn(z, 3, activation="relu")
    z = squeeze_excite(conv_bn(z, 6, kernel=1), 6, "relu")
    y = L.ReLU()(L.Add()([conv_bn(y, 6, kernel=1), z]))
    model = K.Model(x, L.Dense(3, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, pictures(kit, 8), head="logits", train=True)


@zoo("densenet_mini", "densenet", "keras3", big="keras2")
def densenet_mini(kit):
    x = K.Input((6, 6, 2), name="x")
    y = L.Conv2D(3, 3, padding="same")(x)
    for _ in range(2):
        z = L.ReLU()(L.BatchNormalization()(y))
        y = L.Concatenate()([y, L.Conv2D(2, 3, padding="same")(z)])
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y)))
    return Spec(model, pictures(kit, 6, 2), head="logits", train=True)


@zoo("unet_mini", "unet", "keras2_export keras3", big="keras2")
def unet_mini(kit):
    x = K.Input((None, None, 2), name="x")
    a = L.Conv2D(3, 3, padding="same", activation="relu")(x)
    b = L.Conv2D(4, 3, padding="same", activation="relu")(L.MaxPooling2D()(a))
    y = L.Conv2DTranspose(3, 2, strides=2)(b)
    y = L.Conv2D(3, 3, padding="same", activation="relu")(L.Concatenate()([a, y]))
    model = K.Model(x, L.Conv2D(1, 1, activation="sigmoid", name="mask")(y))
    return Spec(model, [{"x": kit.f(2, 6, 8, 2)}, {"x": kit.f(1, 8, 4, 2)}], notes="a mask for each pixel: no head")


@zoo("convnext_mini", "convnext", "keras3", big="keras2_export")
def convnext_mini(kit):
    class Scale(L.Layer):
        """One learned factor for each channel (LayerScale)."""

        def build(self, shape):
            self.gamma = self.add_weight(name="gamma", shape=(shape[-1],))

        def call(self, x):
            return x * self.gamma

    x = K.Input((8, 8, 3), name="x")
    y = L.LayerNormalization(epsilon=1e-6)(L.Conv2D(4, 4, strides=4)(x))
    z = L.LayerNormalization(epsilon=1e-6)(L.DepthwiseConv2D(7, padding="same")(y))
    z = Scale()(L.Dense(4)(L.Dense(8, activation="gelu")(z)))
    y = L.GlobalAveragePooling2D()(L.Add()([y, z]))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    return Spec(model, pictures(kit, 8), head="logits")


@zoo("autoencoder", "autoencoder", "keras2_export", big="keras2")
def autoencoder(kit):
    encoder = K.Sequential([K.Input((6,)), L.Dense(4, activation="relu"), L.Dense(2, name="code")], name="encoder")
    decoder = K.Sequential([K.Input((2,)), L.Dense(4, activation="relu"), L.Dense(6)], name="decoder")
    x = K.Input((6,), name="x")
    model = K.Model(x, decoder(encoder(x)))
    return Spec(model, [{"x": kit.f(3, 6)}, {"x": kit.f(2, 6)}])


@zoo("recommender", "recommender", "keras2", big="keras3")
def recommender(kit):
    user, item = K.Input((1,), dtype="int32", name="user"), K.Input((1,), dtype="int32", name="item")
    r = K.regularizers.L2(1e-3)
    u = L.Flatten()(L.Embedding(6, 3, embeddings_regularizer=r)(user))
    i = L.Flatten()(L.Embedding(7, 3, embeddings_regularizer=r)(item))
    bias = L.Flatten()(L.Embedding(7, 1)(item))
    model = K.Model([user, item], L.Add()([L.Dot(1)([u, i]), bias]))
    cases = [{"user": kit.i(n, 1, high=6), "item": kit.i(n, 1, high=7)} for n in (4, 2)]
    return Spec(model, cases, train=True, notes="matrix factorisation; penalties on embeddings")


@zoo("text_cnn", "text", "keras3", big="keras2")
def text_cnn(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(15, 4)(ids)
    parts = [L.GlobalMaxPooling1D()(L.Conv1D(3, k, padding="same", activation="relu")(y)) for k in (2, 3, 4)]
    model = K.Model(ids, L.Dense(2, activation="softmax", name="predictions")(L.Concatenate()(parts)))
    return Spec(model, [{"ids": kit.i(2, 6, high=15)}, {"ids": kit.i(3, 9, high=15)}], head="predictions")
