"""Plain tf.Modules, TF Hub style models, several signatures."""

import numpy as np
import tensorflow as tf

from formula import formula
from kit import Spec, zoo

K = tf.keras


class TwoLayers(tf.Module):
    """An MLP as a TF Hub module: __call__, variables, trainable_variables."""

    def __init__(self):
        super().__init__()
        self.w1 = tf.Variable(tf.zeros([4, 5]), name="w1")
        self.b1 = tf.Variable(tf.zeros([5]), name="b1")
        self.w2 = tf.Variable(tf.zeros([5, 3]), name="w2")
        self.steps = tf.Variable(3, trainable=False, name="steps")

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def __call__(self, x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, self.w1) + self.b1), self.w2)


@zoo("hub_no_signature", "hub", "tfsave tfsave@3")
def hub_no_signature(kit):
    module = TwoLayers()
    return Spec(module, [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}], call=lambda t, _: module(t["x"]),
                function="__call__", notes="no signature: only the object graph's __call__")


@zoo("module_mlp", "module", "tfsave tfsave@3")
def module_mlp(kit):
    module = TwoLayers()
    return Spec(module, [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}], call=lambda t, _: module(t["x"]),
                signatures=module.__call__)


@zoo("scalar", "scalar", "tfsave")
def scalar(kit):
    def call(m, x):
        return {"y": m.a * x * x + m.b, "count": m.n + 1}

    variables = {"a": np.float32(0.7), "b": np.float32(-0.2), "n": np.int64(41)}
    return formula(kit, call, variables, {"x": ([], tf.float32)}, [{"x": kit.f()}, {"x": kit.f()}],
                   notes="0-d input, output and variables; an int64 variable")


@zoo("constants_only", "module", "tfsave")
def constants_only(kit):
    weights = kit.f(3, 2)
    call = lambda m, x: tf.matmul(x, tf.constant(weights))
    return formula(kit, call, {}, {"x": ([None, 3], tf.float32)}, [{"x": kit.f(2, 3)}, {"x": kit.f(4, 3)}],
                   notes="no variables at all: a frozen graph in a SavedModel")


@zoo("unknown_rank", "module", "tfsave")
def unknown_rank(kit):
    call = lambda m, x: tf.tanh(x) * m.a
    return formula(kit, call, {"a": np.float32(1.2)}, {"x": (None, tf.float32)}, [{"x": kit.f(2, 3)}, {"x": kit.f(4)}])


@zoo("many_signatures", "signatures", "tfsave tfsave@3")
def many_signatures(kit):
    class Many(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.zeros([3, 2]), name="w")
            self.v = tf.Variable(tf.zeros([2, 4]), name="v")

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def features(self, x):
            return {"features": tf.tanh(tf.matmul(x, self.w))}

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x"),
                                      tf.TensorSpec([], tf.float32, name="temperature")])
        def classify(self, x, temperature):
            logits = tf.matmul(tf.tanh(tf.matmul(x, self.w)), self.v) / temperature
            return {"logits": logits, "scores": tf.nn.softmax(logits)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="numbers")])
        def classify_text(self, numbers):
            x = tf.strings.to_number(tf.strings.split(numbers, ",").to_tensor("0"))
            return self.classify(tf.ensure_shape(x, [None, 3]), 1.0)

    module = Many()
    texts = np.array(["0.5,1,-2", "1,2,3"], object)
    cases = [{"x": kit.f(2, 3), "temperature": np.float32(0.5)}, {"x": kit.f(3, 3)}, {"numbers": texts}]

    def call(t, _):
        if "numbers" in t:
            return module.classify_text(t["numbers"])
        return module.classify(**t) if "temperature" in t else module.features(t["x"])

    signatures = {"classify": module.classify, "features": module.features, "classify_text": module.classify_text}
    return Spec(module, cases, call=call, signatures=signatures, optimizers=False,
                case_signatures=["classify", "features", "classify_text"],
                notes="three signatures over shared variables, none of them serving_default")


@zoo("hub_training_flag", "hub", "tfsave")
def hub_training_flag(kit):
    class Hub(tf.Module):
        """A reusable TF Hub module: __call__(inputs, training), regularization_losses."""

        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.zeros([3, 2]), name="w")
            self.mean = tf.Variable(tf.zeros([2]), name="moving_mean", trainable=False)
            self.regularization_losses = [self.penalty]

        @tf.function(input_signature=[])
        def penalty(self):
            return 0.01 * tf.nn.l2_loss(self.w)

        @tf.function
        def __call__(self, x, training=False):
            y = tf.matmul(x, self.w)
            if training:
                self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(y, 0))
                return y - tf.reduce_mean(y, 0)
            return y - self.mean

    module = Hub()
    spec = tf.TensorSpec([None, 3], tf.float32, name="x")
    module.__call__.get_concrete_function(spec, training=False)
    module.__call__.get_concrete_function(spec, training=True)
    return Spec(module, [{"x": kit.f(3, 3)}, {"x": kit.f(2, 3)}], optimizers=False, function="__call__",
                call=lambda t, training: module(t["x"], training=training), train=True,
                notes="no signature; two traces of __call__, for training False and True")


@zoo("string_module", "string", "tfsave")
def string_module(kit):
    class Words(tf.Module):
        def __init__(self):
            super().__init__()
            keys = tf.constant(["yes", "no", "maybe"])
            init = tf.lookup.KeyValueTensorInitializer(keys, tf.constant([1, 2, 3], tf.int64))
            self.table = tf.lookup.StaticHashTable(init, 0)
            self.w = tf.Variable(tf.zeros([4, 2]), name="w")
            self.label = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(tf.constant([0, 1], tf.int64), tf.constant(["low", "high"])), "?")

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
        def serve(self, words):
            ids = self.table.lookup(tf.strings.lower(tf.strings.strip(words)))
            scores = tf.gather(self.w, ids)
            return {"scores": scores, "label": self.label.lookup(tf.argmax(scores, -1))}

    module = Words()
    cases = [{"words": np.array(w, object)} for w in (["Yes ", "no", "what"], ["maybe"])]
    return Spec(module, cases, call=lambda t, _: module.serve(t["words"]), signatures=module.serve, optimizers=False)


@zoo("tables_in_checkpoint", "string", "tfsave")
def tables_in_checkpoint(kit):
    class Words(tf.Module):
        def __init__(self):
            super().__init__()
            tables = tf.lookup.experimental
            self.rows = tables.MutableHashTable(tf.string, tf.int64, -1)
            self.rows.insert(tf.constant(["one", "two"]), tf.constant([0, 1], tf.int64))
            self.weights = tables.DenseHashTable(tf.int64, tf.float32, 0.5, -1, -2, initial_num_buckets=8)
            self.weights.insert(tf.constant([0, 1], tf.int64), tf.constant([1.5, 2.0]))
            self.w = tf.Variable(tf.zeros([3, 2]), name="w")

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
        def serve(self, words):
            rows = self.rows.lookup(words)
            return {"y": tf.gather(self.w, rows + 1) * self.weights.lookup(tf.maximum(rows, 0))[:, None]}

    m = Words()
    cases = [{"words": kit.words(n, vocabulary=["one", "two", "ten"])} for n in (4, 2)]
    return Spec(m, cases, lambda t, _: m.serve(t["words"]), signatures=m.serve,
                notes="tables whose content is in the checkpoint; the dense one's keys have a dimension more than their handle says")


@zoo("image_bytes", "string", "tfsave")
def image_bytes(kit):
    def call(m, image_bytes):
        decode = lambda b: tf.image.resize(tf.cast(tf.io.decode_png(b, 3), tf.float32) / 255.0, (4, 4))
        x = tf.map_fn(decode, image_bytes, fn_output_signature=tf.TensorSpec([4, 4, 3], tf.float32))
        return {"logits": tf.matmul(tf.reduce_mean(x, [1, 2]), m.w)}

    pngs = [tf.io.encode_png(kit.i(h, w, 3, high=256, dtype=np.uint8)).numpy() for h, w in ((6, 5), (4, 7), (5, 5))]
    cases = [{"image_bytes": np.array(pngs[:2], object)}, {"image_bytes": np.array(pngs, object)}]
    return formula(kit, call, {"w": kit.f(3, 2)}, {"image_bytes": ([None], tf.string)}, cases,
                   notes="as a serving_bytes signature: PNG in, a loop over the batch")


@zoo("example_proto", "string", "tfsave")
def example_proto(kit):
    def call(m, examples):
        features = {"x": tf.io.FixedLenFeature([3], tf.float32), "tag": tf.io.FixedLenFeature([], tf.string, "none"),
                    "ids": tf.io.VarLenFeature(tf.int64)}
        parsed = tf.io.parse_example(examples, features)
        total = tf.sparse.to_dense(parsed["ids"])
        return {"y": tf.matmul(parsed["x"], m.w), "tag": parsed["tag"], "ids": total}

    def example(x, ids):
        f = tf.train.Feature
        feature = {"x": f(float_list=tf.train.FloatList(value=x)), "ids": f(int64_list=tf.train.Int64List(value=ids))}
        return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)

    rows = [example(kit.f(3), ids) for ids in ([1, 2], [], [7])]
    cases = [{"examples": np.array(rows, object)}, {"examples": np.array(rows[:2], object)}]
    return formula(kit, call, {"w": kit.f(3, 2)}, {"examples": ([None], tf.string)}, cases,
                   notes="parses tf.Example, as Estimator exports do")


@zoo("ragged_module", "ragged", "tfsave")
def ragged_module(kit):
    class Bag(tf.Module):
        def __init__(self):
            super().__init__()
            self.table = tf.Variable(tf.zeros([8, 3]), name="table")

        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.int32, row_splits_dtype=tf.int64)])
        def serve(self, ids):
            return {"mean": tf.reduce_mean(tf.ragged.map_flat_values(lambda i: tf.gather(self.table, i), ids), 1)}

    module = Bag()
    cases = [{"ids": kit.i(splits[-1], high=8), "ids_1": np.array(splits, np.int64)} for splits in ([0, 2, 5], [0, 1, 3, 4])]
    call = lambda t, _: module.serve(tf.RaggedTensor.from_row_splits(*t.values()))
    return Spec(module, cases, call=call, signatures=module.serve, optimizers=False,
                notes="a ragged input: values and row splits are two feeds")


@zoo("sparse_module", "sparse", "tfsave")
def sparse_module(kit):
    class Wide(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.zeros([4, 2]), name="w")

        @tf.function(input_signature=[tf.SparseTensorSpec([None, 4], tf.float32)])
        def serve(self, x):
            return {"y": tf.sparse.sparse_dense_matmul(x, self.w)}

    module = Wide()
    cells = ([[0, 1], [0, 3], [1, 0]], [[0, 0], [1, 2], [2, 1]])
    cases = [{"x": np.array(c, np.int64), "x_1": kit.f(3), "x_2": np.array([c[-1][0] + 1, 4], np.int64)} for c in cells]
    call = lambda t, _: module.serve(tf.SparseTensor(*t.values()))
    return Spec(module, cases, call=call, signatures=module.serve, optimizers=False,
                notes="a sparse input: indices, values and shape are three feeds")


@zoo("ragged_keras", "ragged", "keras2")
def ragged_keras(kit):
    ids = K.Input((None,), dtype="int32", ragged=True, name="ids")
    y = K.layers.GlobalAveragePooling1D()(K.layers.Embedding(8, 3)(ids))
    model = K.Model(ids, K.layers.Dense(2, name="logits")(y))
    cases = [{"ids": kit.i(splits[-1], high=8), "ids_1": np.array(splits, np.int64)} for splits in ([0, 2, 5], [0, 1, 3, 4])]
    call = lambda t, training: model(tf.RaggedTensor.from_row_splits(*t.values()), training=training)
    return Spec(model, cases, call=call, head="logits")


@zoo("sparse_keras", "sparse", "keras2")
def sparse_keras(kit):
    x = K.Input((4,), sparse=True, name="x")
    model = K.Model(x, K.layers.Dense(2, name="logits")(x))
    cells = ([[0, 1], [0, 3], [1, 0]], [[0, 0], [1, 2], [2, 1]])
    cases = [{"x": np.array(c, np.int64), "x_1": kit.f(3), "x_2": np.array([c[-1][0] + 1, 4], np.int64)} for c in cells]
    call = lambda t, training: model(tf.SparseTensor(*t.values()), training=training)
    return Spec(model, cases, call=call, head="logits")


@zoo("nested_structures", "module", "tfsave")
def nested_structures(kit):
    class Tree(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [tf.Variable(tf.zeros([3, 2]), name="kernel"), tf.Variable(tf.zeros([2]), name="kernel")]
            self.more = {"deep": {"v": tf.Variable(tf.zeros([2, 2]), name="kernel")}}

        @tf.function(input_signature=[{"a": tf.TensorSpec([None, 3], tf.float32, name="a"),
                                       "b": [tf.TensorSpec([None, 2], tf.float32, name="b")]}])
        def __call__(self, inputs):
            y = tf.matmul(inputs["a"], self.parts[0]) + self.parts[1]
            return {"y": y, "pair": (tf.matmul(inputs["b"][0], self.more["deep"]["v"]), y * 2.0)}

    module = Tree()
    cases = [{"a": kit.f(n, 3), "b": kit.f(n, 2)} for n in (2, 3)]
    call = lambda t, _: tf.nest.flatten(module({"a": t["a"], "b": [t["b"]]}))
    return Spec(module, cases, call=call, function="__call__",
                notes="nested inputs and outputs; three variables of the same name; outputs in the order of tf.nest")


@zoo("shape_polymorphic", "module", "tfsave")
def shape_polymorphic(kit):
    module = TwoLayers()
    serve = tf.function(lambda x: {"y": module(x), "again": module(module(x)[:, :1] * tf.ones([1, 4]))})
    module.serve = serve
    spec = tf.TensorSpec([2, 4], tf.float32, name="x")
    return Spec(module, [{"x": kit.f(2, 4)}, {"x": kit.f(2, 4)}], call=lambda t, _: serve(t["x"]),
                signatures=serve.get_concrete_function(spec), optimizers=False, notes="a fixed batch size; a function called twice")
