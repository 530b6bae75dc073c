"""Plain tf.Modules, TF Hub style models, several signatures."""

import tensorflow as tf

from kit import Spec, zoo


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
