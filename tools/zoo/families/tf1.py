"""Models as TensorFlow 1 wrote them."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from kit import zoo
from tf1_golden import Graph1, Spec1

v1 = tf.compat.v1
WORDS = ["apple", "pear", "plum", "fig"]


def vocabulary_file():
    """A relative path: it stays in the graph as a constant, and no machine's folders belong there."""
    os.chdir(tempfile.mkdtemp())
    with open("words.txt", "w") as file:
        file.write("\n".join(WORDS) + "\n")
    return "words.txt"


@zoo("tf1_table_legacy_init", "tf1", "tf1")
def tf1_table_legacy_init(kit):
    def build():
        words = v1.placeholder(tf.string, [None], "words")
        init = tf.lookup.TextFileInitializer(  # adds its file to the collection of assets itself
            vocabulary_file(), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
        table = tf.lookup.StaticHashTable(init, -1)
        embeddings = v1.get_variable("embeddings", [5, 3], use_resource=False)
        kernel = v1.get_variable("kernel", [3, 2], use_resource=True)
        rows = tf.nn.embedding_lookup(embeddings, table.lookup(words) + 1)
        scores = tf.matmul(rows, kernel, name="scores")
        cases = [("serving_default", {"words": kit.words(3, vocabulary=WORDS + ["kiwi"])}),
                 ("serving_default", {"words": kit.words(5, vocabulary=WORDS)})]
        return Graph1({"serving_default": ({"words": words}, {"scores": scores})}, cases,
                      init_op=tf.group(v1.tables_initializer(), name="legacy_init_op"), legacy=True)

    return Spec1([build], "a vocabulary asset, legacy_init_op, a ref variable and a resource variable")


def dense(x, units, name, **options):
    """relu(xW + b) from get_variable, as TF1 code has it."""
    with v1.variable_scope(name, **options):
        kernel = v1.get_variable("kernel", [x.shape[-1], units])
        bias = v1.get_variable("bias", [units])
    return tf.nn.relu(tf.matmul(x, kernel) + bias)


def serving(x, outputs, kit, width, name="x"):
    """One signature and two batches."""
    return Graph1({"serving_default": ({name: x}, outputs)},
                  [("serving_default", {name: kit.f(n, width)}) for n in (3, 2)])


@zoo("tf1_ref_variables", "tf1", "tf1")
def tf1_ref_variables(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 4], "x")
        y = dense(dense(x, 5, "hidden", use_resource=False), 3, "logits", use_resource=False)
        v1.get_variable("global_step", [], tf.int64, v1.zeros_initializer(), trainable=False, use_resource=False)
        return serving(x, {"scores": tf.nn.softmax(y)}, kit, 4)

    return Spec1([build], "VariableV2 throughout, and a global step that nothing reads")


@zoo("tf1_resource_variables", "tf1", "tf1")
def tf1_resource_variables(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 4], "x")
        y = dense(dense(x, 5, "hidden", use_resource=True), 3, "logits", use_resource=True)
        return serving(x, {"scores": y}, kit, 4)

    return Spec1([build], "resource variables, no object graph")


@zoo("tf1_partitioned", "tf1", "tf1")
def tf1_partitioned(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 6], "x")
        ids = v1.placeholder(tf.int64, [None], "ids")
        parts = v1.fixed_size_partitioner(3)
        with v1.variable_scope("split", partitioner=parts):
            kernel = v1.get_variable("kernel", [6, 3], use_resource=False)
            table = v1.get_variable("table", [7, 3], use_resource=True)
        y = tf.matmul(x, kernel) + v1.nn.embedding_lookup(table, ids, partition_strategy="div")
        signature = ({"x": x, "ids": ids}, {"y": y})
        cases = [("serving_default", {"x": kit.f(n, 6), "ids": kit.i(n, high=7, dtype="int64")}) for n in (3, 2)]
        return Graph1({"serving_default": signature}, cases)

    return Spec1([build], "a ref and a resource variable, each in three slices")


@zoo("tf1_main_op", "tf1", "tf1")
def tf1_main_op(kit):
    def build():
        words = v1.placeholder(tf.string, [None, None], "words")
        init = tf.lookup.KeyValueTensorInitializer(WORDS, tf.constant(list(range(len(WORDS))), tf.int64))
        table = tf.lookup.StaticHashTable(init, len(WORDS))
        rows = v1.get_variable("rows", [len(WORDS) + 1, 3])
        names = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant([0, 1, 2], tf.int64), ["a", "b", "c"]), "?")
        mean = tf.reduce_mean(tf.nn.embedding_lookup(rows, table.lookup(words)), 1)
        outputs = {"scores": mean, "classes": names.lookup(tf.argmax(mean, -1))}
        cases = [("serving_default", {"words": kit.words(n, t, vocabulary=WORDS + ["kiwi"])}) for n, t in ((3, 2), (2, 4))]
        return Graph1({"serving_default": ({"words": words}, outputs)}, cases, init_op=v1.tables_initializer("tables"))

    return Spec1([build], "two tables filled by main_op; a string output")


@zoo("tf1_two_metagraphs", "tf1", "tf1")
def tf1_two_metagraphs(kit):
    def graph(tags, training):
        def build():
            x = v1.placeholder(tf.float32, [None, 4], "x")
            y = dense(x, 5, "hidden")
            mean = v1.get_variable("moving_mean", [5], trainable=False)
            y = y - (tf.reduce_mean(y, 0) if training else mean)
            made = serving(x, {"y": dense(y, 2, "logits")}, kit, 4)
            made.tags = tags
            return made

        return build

    return Spec1([graph(("serve",), False), graph(("train",), True), graph(("serve", "tpu"), False)],
                 "tag sets {serve}, {train} and {serve, tpu} over the same variables; cases a and b are of the first")


@zoo("tf1_several_signatures", "tf1", "tf1")
def tf1_several_signatures(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 4], "x")
        temperature = v1.placeholder_with_default(tf.constant(1.0), [], "temperature")
        hidden = dense(x, 5, "hidden")
        logits = dense(hidden, 3, "logits") / temperature
        signatures = {
            "serving_default": ({"x": x}, {"scores": tf.nn.softmax(logits)}),
            "features": ({"x": x}, {"features": hidden}),
            "tempered": ({"x": x, "temperature": temperature}, {"logits": logits, "scores": tf.nn.softmax(logits)}),
        }
        cases = [("serving_default", {"x": kit.f(3, 4)}), ("features", {"x": kit.f(2, 4)}),
                 ("tempered", {"x": kit.f(2, 4), "temperature": kit.f() ** 2 + 1})]
        return Graph1(signatures, cases)

    return Spec1([build], "a placeholder with a default, which the first two signatures do not feed")


@zoo("tf1_conv_bn", "tf1", "tf1")
def tf1_conv_bn(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 6, 6, 2], "x")
        with v1.variable_scope("conv", use_resource=False):
            y = tf.nn.conv2d(x, v1.get_variable("weights", [3, 3, 2, 3]), 1, "SAME")
            ones, zeros = v1.ones_initializer(), v1.zeros_initializer()
            gamma, beta = v1.get_variable("gamma", [3], initializer=ones), v1.get_variable("beta", [3], initializer=zeros)
            mean = v1.get_variable("moving_mean", [3], initializer=zeros, trainable=False)
            variance = v1.get_variable("moving_variance", [3], initializer=ones, trainable=False)
        y, _, _ = v1.nn.fused_batch_norm(y, gamma, beta, mean, tf.abs(variance), 1e-3, is_training=False)
        y = tf.reduce_mean(tf.nn.relu(y), [1, 2])
        logits = tf.identity(dense(y, 2, "logits"), "scores")
        cases = [("serving_default", {"x": kit.f(n, 6, 6, 2)}) for n in (3, 2)]
        return Graph1({"serving_default": ({"x": x}, {"scores": logits})}, cases)

    return Spec1([build], "a slim-style convolution with frozen batch norm on ref variables")


@zoo("tf1_while_v1", "tf1", "tf1")
def tf1_while_v1(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, 3], "x")
        w = v1.get_variable("w", [3, 3])
        step = lambda i, y: (i + 1, tf.tanh(tf.matmul(y, w)))
        _, y = v1.while_loop(lambda i, y: i < 3, step, (0, x))
        y = v1.cond(tf.reduce_sum(x) > 0, lambda: y, lambda: y * 2.0)
        return serving(x, {"y": y}, kit, 3)

    return Spec1([build], "Enter, Exit, Switch and Merge: the control flow of TensorFlow 1",
                 control_flow_v1=True)


@zoo("tf1_estimator_style", "tf1", "tf1")
def tf1_estimator_style(kit):
    def build():
        examples = v1.placeholder(tf.string, [None], "input_example_tensor")
        parsed = v1.parse_example(examples, {"x": v1.FixedLenFeature([3], tf.float32)})
        logits = dense(parsed["x"], 2, "linear_model")
        scores = tf.nn.softmax(logits)
        labels = tf.tile([["0", "1"]], [tf.shape(scores)[0], 1])
        signatures = {
            "serving_default": ({"inputs": examples}, {"classes": labels, "scores": scores}),
            "predict": ({"examples": examples}, {"logits": logits, "probabilities": scores}),
        }
        protos = [example(kit.f(3)) for _ in range(3)]
        return Graph1(signatures, [("serving_default", {"inputs": np.array(protos, object)}),
                                   ("predict", {"examples": np.array(protos[:2], object)})])

    def example(x):
        feature = {"x": tf.train.Feature(float_list=tf.train.FloatList(value=x))}
        return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True)

    return Spec1([build], "tf.Example in, classes and scores out, as Estimator exports")


@zoo("tf1_dynamic_rnn", "tf1", "tf1")
def tf1_dynamic_rnn(kit):
    def build():
        x = v1.placeholder(tf.float32, [None, None, 2], "x")
        lengths = v1.placeholder(tf.int32, [None], "lengths")
        cell = v1.nn.rnn_cell.GRUCell(3)
        y, state = v1.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
        cases = [("serving_default", {"x": kit.f(n, t, 2), "lengths": kit.i(n, low=1, high=t + 1)})
                 for n, t in ((3, 4), (2, 6))]
        signature = ({"x": x, "lengths": lengths}, {"y": y, "state": state})
        return Graph1({"serving_default": signature}, cases)

    return Spec1([build], "dynamic_rnn of TensorFlow 1: TensorArrayV3 in a loop of Enter and Exit, lengths as input",
                 control_flow_v1=True)


@zoo("tf1_old_ops", "tf1", "tf1")
def tf1_old_ops(kit):
    def build():
        raw = tf.raw_ops
        x = v1.placeholder(tf.float32, [None, 4, 4, 2], "x")
        scale, offset = v1.get_variable("scale", [2]), v1.get_variable("offset", [2])
        mean = v1.get_variable("mean", [2], trainable=False)
        variance = tf.exp(v1.get_variable("log_variance", [2], trainable=False))
        y = raw.FusedBatchNorm(x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=False).y
        y = raw.ResizeBilinear(images=raw.MaxPool(input=y, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
                               size=[3, 3], align_corners=True)
        flat = tf.reshape(y, [-1, 9, 2])
        gram = raw.BatchMatMul(x=flat, y=flat, adj_x=True)
        part = raw.MatrixDiagPart(input=gram)
        kernel = v1.get_variable("kernel", [2, 3], use_resource=False)
        logits = raw.Add(x=tf.matmul(part, kernel), y=raw.Gather(params=v1.get_variable("rows", [4, 3]), indices=[1]))
        picked = raw.Select(condition=logits > 0, x=logits, y=logits * 0.1)
        cases = [("serving_default", {"x": kit.f(n, 4, 4, 2)}) for n in (3, 2)]
        return Graph1({"serving_default": ({"x": x}, {"y": picked})}, cases)

    return Spec1([build], "ops that newer versions replaced: FusedBatchNorm, BatchMatMul, MatrixDiagPart, Gather, Select, Add")


@zoo("tf1_keras_phase", "tf1", "tf1")
def tf1_keras_phase(kit):
    def build():
        keras = v1.keras
        x = v1.placeholder(tf.float32, [None, 6, 6, 2], "x")
        inputs = keras.layers.Input(tensor=x)
        y = keras.layers.Conv2D(3, 3, padding="same", name="conv")(inputs)
        y = keras.layers.BatchNormalization(name="norm")(y)
        y = keras.layers.Activation("relu", name="relu")(y)
        y = keras.layers.GlobalAveragePooling2D(name="pool")(y)
        y = keras.layers.Dropout(0.5, name="drop")(y)
        scores = keras.layers.Dense(2, activation="softmax", name="scores")(y)
        cases = [("serving_default", {"x": kit.f(n, 6, 6, 2)}) for n in (3, 2)]
        return Graph1({"serving_default": ({"x": x}, {"scores": scores})}, cases)

    return Spec1([build], "Keras of TensorFlow 1: batch norm and dropout in Switch and Merge on keras_learning_phase",
                 control_flow_v1=True, positive=("norm/moving_variance",))
