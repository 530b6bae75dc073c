"""Preprocessing layers inside the model: tables, text, numbers, images."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers
COLOURS = ["red", "green", "blue", "grey"]


@zoo("string_lookup_classifier", "lookup", "keras2 keras3")
def string_lookup_classifier(kit):
    x = K.Input((1,), dtype="string", name="colour")
    y = L.StringLookup(vocabulary=COLOURS, num_oov_indices=1)(x)
    y = L.Flatten()(L.Embedding(6, 3)(y))
    model = K.Model(x, L.Dense(2, activation="softmax", name="predictions")(y))
    cases = [{"colour": kit.words(3, 1, vocabulary=COLOURS + ["none"])}, {"colour": kit.words(2, 1, vocabulary=COLOURS)}]
    return Spec(model, cases, head="predictions")


def adapted(layer, data):
    layer.adapt(data)
    return layer


@zoo("normalization_tabular", "normalization", "keras2 keras3")
def normalization_tabular(kit):
    x = K.Input((4,), name="x")
    y = adapted(L.Normalization(), kit.f(20, 4) * 3 + 1)(x)
    y = L.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0])(y)
    model = K.Model(x, L.Dense(2, name="logits")(L.Dense(5, activation="relu")(y)))
    return Spec(model, [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}], head="logits")


@zoo("image_preprocessing", "image-preprocessing", "keras3 keras2_export", big="keras2")
def image_preprocessing(kit):
    x = K.Input((None, None, 3), name="image")
    y = L.Resizing(7, 6)(x)
    y = L.CenterCrop(6, 6)(y)
    y = L.Rescaling(1 / 255.0)(y)
    y = L.GlobalAveragePooling2D()(L.Conv2D(3, 3, activation="relu")(y))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    cases = [{"image": kit.u(n, h, w, 3, high=255.0)} for n, h, w in ((2, 9, 8), (1, 12, 7))]
    return Spec(model, cases, head="logits")


@zoo("image_augmentation", "image-augmentation", "keras2 keras3")
def image_augmentation(kit):
    x = K.Input((6, 6, 3), name="image")
    y = L.RandomFlip("horizontal", seed=1)(x)
    y = L.RandomRotation(0.1, seed=2)(y)
    y = L.RandomContrast(0.2, seed=3)(L.RandomZoom(0.1, seed=4)(y))
    y = L.GlobalAveragePooling2D()(L.Conv2D(3, 3, activation="relu")(y))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    if kit.keras == 3:
        return Spec(model, [{"image": kit.u(n, 6, 6, 3)} for n in (2, 3)], head="logits", deterministic=False,
                    notes="Keras 3 exports these layers as in training: random, from the saved seed state")
    return Spec(model, [{"image": kit.u(n, 6, 6, 3)} for n in (2, 3)], head="logits",
                notes="random only with training=True")


@zoo("integer_lookup", "lookup", "keras2 keras3")
def integer_lookup(kit):
    x = K.Input((1,), dtype="int64", name="code")
    y = L.IntegerLookup(vocabulary=[10, 20, 30], output_mode="one_hot")(x)
    model = K.Model(x, L.Dense(2, name="logits")(y))
    cases = [{"code": np.array(v, np.int64)[:, None]} for v in ([10, 30, 99], [20, 20])]
    return Spec(model, cases, head="logits")


@zoo("string_lookup_multi_hot", "lookup", "keras2")
def string_lookup_multi_hot(kit):
    x = K.Input((None,), dtype="string", name="tags")
    layer = adapted(L.StringLookup(output_mode="multi_hot", mask_token=""), np.array([COLOURS]))
    model = K.Model(x, L.Dense(2, activation="sigmoid", name="likes")(layer(x)))
    cases = [{"tags": kit.words(n, t, vocabulary=COLOURS + ["none", ""])} for n, t in ((3, 2), (2, 4))]
    return Spec(model, cases, head="likes")


@zoo("label_decoder", "lookup", "keras2")
def label_decoder(kit):
    x = K.Input((4,), name="x")
    probabilities = L.Dense(4, activation="softmax", name="probabilities")(x)
    decode = L.StringLookup(vocabulary=COLOURS, num_oov_indices=0, invert=True, name="decode")
    label = decode(tf.argmax(probabilities, -1))
    return Spec(K.Model(x, [probabilities, label]), [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}],
                head="probabilities", notes="a string output beside a floating one")


@zoo("vocabulary_file", "lookup", "keras2")
def vocabulary_file(kit):
    os.chdir(tempfile.mkdtemp())
    with open("colours.txt", "w") as file:
        file.write("\n".join(COLOURS) + "\n")
    x = K.Input((2,), dtype="string", name="colour")
    y = L.Flatten()(L.Embedding(6, 2)(L.StringLookup(vocabulary="colours.txt")(x)))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    return Spec(model, [{"colour": kit.words(n, 2, vocabulary=COLOURS + ["none"])} for n in (3, 2)], head="logits",
                notes="the vocabulary is an asset")


@zoo("category_encoding", "category", "keras2 keras3")
def category_encoding(kit):
    x = K.Input((3,), dtype="int32", name="x")
    a = L.CategoryEncoding(5, output_mode="multi_hot")(x)
    b = L.CategoryEncoding(5, output_mode="count")(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(L.Concatenate()([a, b]))),
                [{"x": kit.i(3, 3, high=5)}, {"x": kit.i(2, 3, high=5)}], head="logits")


@zoo("hashing", "hashing", "keras2 keras3")
def hashing(kit):
    x = K.Input((1,), dtype="string", name="word")
    y = L.Flatten()(L.Embedding(7, 3)(L.Hashing(7)(x)))
    y = L.Concatenate()([y, L.Hashing(5, output_mode="one_hot", salt=11)(x)])
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)),
                [{"word": kit.words(n, 1, vocabulary=COLOURS)} for n in (3, 2)], head="logits")


@zoo("hashed_crossing", "hashing", "keras2")
def hashed_crossing(kit):
    a = K.Input((1,), dtype="string", name="city")
    b = K.Input((1,), dtype="int64", name="day")
    y = L.HashedCrossing(6, output_mode="one_hot")((a, b))
    cases = [{"city": kit.words(n, 1, vocabulary=COLOURS), "day": kit.i(n, 1, high=7, dtype=np.int64)} for n in (3, 2)]
    return Spec(K.Model([a, b], L.Dense(2, name="logits")(y)), cases, head="logits")


@zoo("discretization", "discretization", "keras2 keras3")
def discretization(kit):
    x = K.Input((2,), name="x")
    bins = L.Discretization(bin_boundaries=[-0.5, 0.0, 0.7])(x)
    y = L.Flatten()(L.Embedding(4, 3)(bins))
    model = K.Model(x, L.Dense(2, name="logits")(y))
    call = None
    if kit.keras == 3:
        graph = tf.function(model)  # in a graph, and so in the export, Keras 3.8 casts the input to int64 first
        call = lambda t, training: graph(t["x"], training=training)
    return Spec(model, [{"x": kit.f(3, 2)}, {"x": kit.f(2, 2)}], head="logits", call=call,
                notes="no gradient flows to the input; the variables have theirs")


@zoo("text_vectorization", "text", "keras2 keras3")
def text_vectorization(kit):
    x = K.Input((1,), dtype="string", name="text")
    vectorize = L.TextVectorization(output_sequence_length=4, vocabulary=["a", "good", "bad", "film", "plot"])
    y = L.GlobalAveragePooling1D()(L.Embedding(7, 3)(vectorize(x)))
    model = K.Model(x, L.Dense(2, activation="softmax", name="predictions")(y))
    texts = [["A good film."], ["Bad PLOT, bad bad bad film!"], ["what"], [""]]
    cases = [{"text": np.array(texts, object)}, {"text": np.array(texts[:2], object)}]
    return Spec(model, cases, head="predictions")


@zoo("text_vectorization_adapted", "text", "keras2")
def text_vectorization_adapted(kit):
    x = K.Input((1,), dtype="string", name="text")
    texts = np.array([["a good film"], ["bad plot, bad film"], ["the plot"]], object)
    bag = adapted(L.TextVectorization(output_mode="tf_idf", ngrams=2), texts)
    masked = adapted(L.TextVectorization(), texts)
    y = L.GlobalAveragePooling1D()(L.Embedding(12, 3, mask_zero=True)(masked(x)))
    model = K.Model(x, L.Dense(2, name="logits")(L.Concatenate()([bag(x), y])))
    return Spec(model, [{"text": texts}, {"text": texts[1:]}], head="logits",
                notes="tf-idf of bigrams beside the masked mean over ids of free length")


@zoo("category_tabular", "tabular", "keras2")
def category_tabular(kit):
    colour = K.Input((1,), dtype="string", name="colour")
    size = K.Input((1,), dtype="int64", name="size")
    weight = K.Input((1,), name="weight")
    parts = [L.StringLookup(vocabulary=COLOURS, output_mode="one_hot")(colour),
             L.IntegerLookup(vocabulary=[1, 2, 3], output_mode="multi_hot")(size),
             adapted(L.Normalization(axis=None), kit.f(10, 1))(weight)]
    y = L.Dense(4, activation="relu")(L.Concatenate()(parts))
    cases = [{"colour": kit.words(n, 1, vocabulary=COLOURS), "size": kit.i(n, 1, high=5, dtype=np.int64),
              "weight": kit.f(n, 1)} for n in (3, 2)]
    return Spec(K.Model([colour, size, weight], L.Dense(2, name="logits")(y)), cases, head="logits")
