"""Attention and small transformers."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def encoder_block(y, heads, width, rate=0.0, **call):
    attended = L.MultiHeadAttention(heads, width // heads, dropout=rate)(y, y, **call)
    y = L.LayerNormalization(epsilon=1e-6)(L.Add()([y, attended]))
    inner = L.Dense(2 * width, activation="gelu")(y)
    inner = L.Dense(width)(inner)
    if rate:
        inner = L.Dropout(rate)(inner)
    return L.LayerNormalization(epsilon=1e-6)(L.Add()([y, inner]))


@zoo("transformer_encoder", "transformer", "keras3 keras2_export", big="keras2")
def transformer_encoder(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(10, 6)(ids)
    y = encoder_block(y, 2, 6)
    model = K.Model(ids, L.Dense(3, name="logits")(L.GlobalAveragePooling1D()(y)))
    return Spec(model, [{"ids": kit.i(2, 5, high=10)}, {"ids": kit.i(3, 7, high=10)}], head="logits")


def floats(kit, *shapes):
    return [{"x": kit.f(*shape)} for shape in shapes]


@zoo("attention_layers", "attention", "keras2_export keras3", big="keras2")
def attention_layers(kit):
    query = K.Input((None, 4), name="query")
    value = K.Input((None, 4), name="value")
    q, v = L.Dense(4)(query), L.Dense(4)(value)
    a = L.Attention(use_scale=True)([q, v])
    b = L.AdditiveAttention()([q, v])
    cases = [{"query": kit.f(n, a, 4), "value": kit.f(n, b, 4)} for n, a, b in ((2, 3, 5), (3, 4, 2))]
    return Spec(K.Model([query, value], L.Dense(2)(L.Concatenate()([a, b]))), cases)


@zoo("mha_cross", "attention", "keras3", big="keras2")
def mha_cross(kit):
    query = K.Input((None, 4), name="query")
    value = K.Input((None, 6), name="value")
    y = L.MultiHeadAttention(2, 3, value_dim=2, output_shape=5)(query, value)
    cases = [{"query": kit.f(n, a, 4), "value": kit.f(n, b, 6)} for n, a, b in ((2, 3, 5), (3, 4, 2))]
    return Spec(K.Model([query, value], y), cases)


@zoo("mha_axes", "attention", "keras2_export")
def mha_axes(kit):
    x = K.Input((3, 4, 4), name="x")
    y = L.MultiHeadAttention(2, 2, attention_axes=(1, 2), use_bias=False)(x, x)
    return Spec(K.Model(x, y), floats(kit, (2, 3, 4, 4), (1, 3, 4, 4)), notes="attention over two axes: einsum of rank 6")


@zoo("transformer_encoder_masked", "transformer", "keras2 keras3")
def transformer_encoder_masked(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 6, mask_zero=True)(ids)
    y = encoder_block(y, 2, 6, rate=0.1 if kit.keras == 2 else 0.0)
    model = K.Model(ids, L.Dense(3, name="logits")(L.GlobalAveragePooling1D()(y)))
    return Spec(model, [{"ids": kit.padded([5, 2], 5)}, {"ids": kit.padded([7, 3, 4], 7)}], head="logits",
                notes="the padding mask reaches attention and pooling")


@zoo("transformer_dropout", "transformer", "", big="keras3 keras2")
def transformer_dropout(kit):
    x = K.Input((None, 4), name="x")
    y = encoder_block(x, 2, 4, rate=0.2)
    return Spec(K.Model(x, L.Dense(2)(y)), floats(kit, (2, 5, 4), (3, 3, 4)))


@zoo("bert_narrow", "transformer", "", big="keras2")
def bert_narrow(kit):
    length, width, heads, rate = 8, 24, 12, 0.1
    ids = K.Input((length,), dtype="int32", name="ids")
    y = L.Embedding(30, width)(ids) + L.Embedding(length, width)(tf.range(length))
    y = L.Dropout(rate)(L.LayerNormalization(epsilon=1e-12)(y))
    for _ in range(12):
        attended = L.MultiHeadAttention(heads, width // heads, dropout=rate)(y, y)
        y = L.LayerNormalization(epsilon=1e-12)(y + L.Dropout(rate)(attended))
        inner = L.Dense(width)(L.Dense(4 * width, activation="gelu")(y))
        y = L.LayerNormalization(epsilon=1e-12)(y + L.Dropout(rate)(inner))
    first = L.Dense(width, activation="tanh", name="pooler")(y[:, 0])
    model = K.Model(ids, L.Dense(3, name="logits")(L.Dropout(rate)(first)))
    return Spec(model, [{"ids": kit.i(2, length, high=30)}], head="logits",
                notes="as many layers, heads and ops as BERT-base has, and 24 numbers where that has 768")


@zoo("transformer_decoder", "transformer", "keras2_export", big="keras2 keras3")
def transformer_decoder(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    memory = K.Input((None, 4), name="memory")
    y = L.Embedding(9, 4)(ids)
    attended = L.MultiHeadAttention(2, 2)(y, y, use_causal_mask=True)
    y = L.LayerNormalization()(L.Add()([y, attended]))
    crossed = L.MultiHeadAttention(2, 2)(y, memory)
    y = L.LayerNormalization()(L.Add()([y, crossed]))
    y = L.LayerNormalization()(L.Add()([y, L.Dense(4)(L.Dense(6, activation="relu")(y))]))
    cases = [{"ids": kit.i(n, t, high=9), "memory": kit.f(n, m, 4)} for n, t, m in ((2, 4, 5), (3, 6, 2))]
    return Spec(K.Model([ids, memory], L.Dense(9, name="logits")(y)), cases, head="logits")


@zoo("position_embedding", "transformer", "keras3", big="keras2")
def position_embedding(kit):
    class Positions(L.Layer):
        """Token and learned position embeddings, added."""

        def __init__(self, **options):
            super().__init__(**options)
            self.tokens = L.Embedding(10, 4)
            self.places = L.Embedding(8, 4)

        def build(self, shape):
            self.tokens.build(shape)
            self.places.build((None,))
            self.built = True

        def call(self, ids):
            return self.tokens(ids) + self.places(tf.range(tf.shape(ids)[-1]))

        def compute_output_shape(self, shape):
            return (*shape, 4)

    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.LayerNormalization()(Positions()(ids))
    model = K.Model(ids, L.Dense(2, name="logits")(L.GlobalAveragePooling1D()(y)))
    return Spec(model, [{"ids": kit.i(2, 4, high=10)}, {"ids": kit.i(3, 6, high=10)}], head="logits")


@zoo("vit_mini", "transformer", "keras3", big="keras2 keras2_export")
def vit_mini(kit):
    x = K.Input((8, 8, 3), name="x")
    y = L.Conv2D(4, 4, strides=4, name="patches")(x)
    y = L.Reshape((4, 4))(y)
    y = encoder_block(y, 2, 4)
    model = K.Model(x, L.Dense(3, name="logits")(L.Flatten()(y)))
    return Spec(model, floats(kit, (2, 8, 8, 3), (1, 8, 8, 3)), head="logits")


@zoo("mixer_mini", "mixer", "keras2_export", big="keras2 keras3")
def mixer_mini(kit):
    x = K.Input((4, 6), name="x")
    y = L.Permute((2, 1))(L.LayerNormalization()(x))
    y = L.Permute((2, 1))(L.Dense(4)(L.Dense(5, activation="gelu")(y)))
    y = L.Add()([x, y])
    y = L.Add()([y, L.Dense(6)(L.Dense(5, activation="gelu")(L.LayerNormalization()(y)))])
    model = K.Model(x, L.Dense(2, name="logits")(L.GlobalAveragePooling1D()(y)))
    return Spec(model, floats(kit, (2, 4, 6), (3, 4, 6)), head="logits")
