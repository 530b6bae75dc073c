"""Loops and branches: tf.while_loop, tf.cond, tf.switch_case, map, scan, TensorArray."""

import numpy as np
import tensorflow as tf

from formula import formula as eager_formula
from kit import Spec, zoo

F = tf.float32
K = tf.keras
L = K.layers


def formula(*args, **options):
    """Loops run as graphs: a Python loop gives None where a While that takes no step gives zeros."""
    return eager_formula(*args, compiled=True, **options)


def square(kit, n=3):
    return {"w": kit.f(n, n, scale=0.4), "b": kit.f(n, scale=0.4)}


def rows(kit, *counts, width=3):
    return [{"x": kit.f(n, width)} for n in counts]


@zoo("while_static", "while", "tfsave tfsave@3")
def while_static(kit):
    def call(m, x):
        step = lambda i, y: (i + 1, tf.tanh(tf.matmul(y, m.w) + m.b))
        return tf.while_loop(lambda i, y: i < 4, step, (0, x), maximum_iterations=4)[1]

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 4))


@zoo("while_dynamic", "while", "tfsave")
def while_dynamic(kit):
    def call(m, x):
        keep = lambda i, y: tf.logical_and(tf.reduce_sum(tf.abs(y)) > 0.8, i < 20)
        step = lambda i, y: (i + 1, 0.7 * tf.tanh(tf.matmul(y, m.w) + m.b))
        count, y = tf.while_loop(keep, step, (0, x))
        return {"y": y, "steps": count}

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 4),
                   notes="how many steps depends on the values")


@zoo("while_from_input", "while", "tfsave")
def while_from_input(kit):
    def call(m, x, steps):
        return tf.while_loop(lambda i, y: i < steps, lambda i, y: (i + 1, tf.sin(tf.matmul(y, m.w))), (0, x))[1]

    cases = [{"x": kit.f(2, 3), "steps": np.array(n, np.int32)} for n in (3, 0)]
    return formula(kit, call, square(kit), {"x": ([None, 3], F), "steps": ([], tf.int32)}, cases,
                   notes="the second case takes no step at all")


@zoo("while_nested", "while", "tfsave")
def while_nested(kit):
    def call(m, x):
        def outer(i, y, total):
            inner = lambda j, z: (j + 1, tf.tanh(tf.matmul(z, m.w) + m.b))
            _, y = tf.while_loop(lambda j, z: j < i + 1, inner, (0, y))
            return i + 1, y, total + tf.reduce_sum(y * m.scale)

        _, y, total = tf.while_loop(lambda i, *_: i < 3, outer, (0, x, tf.constant(0.0)))
        return {"y": y, "total": total}

    return formula(kit, call, {**square(kit), "scale": kit.f(3)}, {"x": ([None, 3], F)}, rows(kit, 2, 3))


@zoo("while_tensor_array", "while", "tfsave")
def while_tensor_array(kit):
    def call(m, x):
        length = tf.shape(x)[1]
        out = tf.TensorArray(F, size=length, element_shape=[None, 3])

        def step(t, state, out):
            state = tf.tanh(tf.matmul(tf.concat([x[:, t], state], 1), m.kernel))
            return t + 1, state, out.write(t, state)

        _, _, out = tf.while_loop(lambda t, *_: t < length, step, (0, tf.zeros([tf.shape(x)[0], 3]), out))
        return tf.transpose(out.stack(), [1, 0, 2])

    cases = [{"x": kit.f(2, 4, 2)}, {"x": kit.f(3, 6, 2)}]
    return formula(kit, call, {"kernel": kit.f(5, 3)}, {"x": ([None, None, 2], F)}, cases)


@zoo("while_push_pop", "while", "tfsave")
def while_push_pop(kit):
    def call(m, x):
        names = tf.raw_ops
        handle = names.EmptyTensorList(element_shape=[-1, 3], max_num_elements=-1, element_dtype=F)
        for k in range(3):
            handle = names.TensorListPushBack(input_handle=handle, tensor=tf.matmul(x, m.w) * float(k + 1))
        total = tf.zeros_like(x)
        for _ in range(3):
            handle, top = names.TensorListPopBack(input_handle=handle, element_shape=[-1, 3], element_dtype=F)
            total = total * m.b + top
        return total

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 3))


@zoo("map_fn", "map", "tfsave")
def map_fn(kit):
    def call(m, x):
        return tf.map_fn(lambda row: tf.linalg.matvec(m.w, row) * tf.reduce_max(row) + m.b, x)

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 4))


@zoo("scan", "scan", "tfsave")
def scan(kit):
    def call(m, x):
        return tf.scan(lambda state, row: tf.tanh(tf.linalg.matvec(m.w, state) + row), x, initializer=m.b)

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 3, 5))


@zoo("fold", "scan", "tfsave")
def fold(kit):
    def call(m, x):
        return tf.foldl(lambda state, row: state * 0.5 + tf.linalg.matvec(m.w, row), x, initializer=m.b)

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 3, 5))


@zoo("dataset_functions", "map", "tfsave")
def dataset_functions(kit):
    def call(m, x):
        rows = tf.data.Dataset.from_tensor_slices(x).map(lambda row: row * 2.0 + tf.reduce_sum(row))
        rows = rows.filter(lambda row: tf.reduce_sum(row) > 0.0)
        total = rows.reduce(tf.zeros([3]), lambda state, row: state + row)
        return tf.matmul(x + total, m.w) + m.b

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 4),
                   notes="tf.data inside a signature: its functions are values of dataset ops")


@zoo("cond", "cond", "tfsave tfsave@3")
def cond(kit):
    def call(m, x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, m.w), lambda: x * m.b)

    cases = [{"x": np.abs(kit.f(2, 3))}, {"x": -np.abs(kit.f(3, 3))}]
    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, cases,
                   notes="each case takes another branch; the variable of the other one has gradient zero")


@zoo("cond_in_while", "cond", "tfsave")
def cond_in_while(kit):
    def call(m, x):
        def step(i, y):
            y = tf.cond(tf.equal(i % 2, 0), lambda: tf.matmul(y, m.w), lambda: tf.tanh(y + m.b))
            return i + 1, y

        return tf.while_loop(lambda i, y: i < 5, step, (0, x))[1]

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 3))


@zoo("switch_case", "switch-case", "tfsave")
def switch_case(kit):
    def call(m, x, which):
        branches = [lambda: tf.matmul(x, m.w), lambda: x + m.b, lambda: tf.sin(x) * m.b]
        return tf.switch_case(which, branches)

    cases = [{"x": kit.f(2, 3), "which": np.array(i, np.int32)} for i in (0, 2)]
    return formula(kit, call, square(kit), {"x": ([None, 3], F), "which": ([], tf.int32)}, cases)


@zoo("autograph_loop", "while", "tfsave")
def autograph_loop(kit):
    def call(m, x):
        y = x
        for i in tf.range(3):
            if tf.reduce_mean(y) > 0:
                y = tf.matmul(y, m.w) + m.b
            else:
                y = y - 0.1 * tf.cast(i, F)
            if tf.reduce_max(y) > 5.0:
                break
        return y

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 2, 3),
                   notes="for, if and break as autograph writes them")


@zoo("recurrent_layer_loop", "while", "keras2 keras3 keras2_export")
def recurrent_layer_loop(kit):
    class Refine(L.Layer):
        """Applies one dense step a fixed number of times in a tf.while_loop."""

        def build(self, shape):
            self.w = self.add_weight(name="kernel", shape=(shape[-1], shape[-1]))

        def call(self, x):
            kernel = tf.convert_to_tensor(self.w)
            step = lambda i, y: (i + 1, tf.tanh(tf.matmul(y, kernel)) + x)
            y = tf.while_loop(lambda i, y: i < 3, step, (tf.constant(0), x))[1]
            y.set_shape(x.shape)
            return y

        def compute_output_shape(self, shape):
            return shape

    x = K.Input((4,), name="x")
    return Spec(K.Model(x, L.Dense(2, name="logits")(Refine()(x))), [{"x": kit.f(3, 4)}, {"x": kit.f(2, 4)}],
                head="logits")


@zoo("tensor_list_ops", "while", "tfsave")
def tensor_list_ops(kit):
    def call(m, x):
        y = tf.tanh(tf.matmul(x, m.w))
        rows = tf.TensorArray(F, size=0, dynamic_size=True, element_shape=[3], clear_after_read=False).unstack(y)
        gathered = rows.gather([1, 0, 1])
        parts = tf.TensorArray(F, size=2, infer_shape=False, element_shape=[None, 3]).split(y, [1, tf.shape(y)[0] - 1])
        scattered = tf.TensorArray(F, size=4, element_shape=[3]).scatter([3, 0], gathered[:2] * m.b)
        scattered = scattered.write(1, m.b).write(2, m.b * 2.0)
        return {"gather": gathered, "concat": parts.concat(), "stack": scattered.stack(), "last": parts.read(1)}

    return formula(kit, call, square(kit), {"x": ([None, 3], F)}, rows(kit, 3, 4))


@zoo("stateful_branches", "cond", "tfsave")
def stateful_branches(kit):
    def call(m, x):
        def count(y):
            m.calls.assign_add(1.0)
            return tf.matmul(y, m.w)

        y = tf.cond(tf.reduce_sum(x) > 0, lambda: count(x), lambda: x * m.b)
        _, y = tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, count(y)), (0, y))
        return tf.switch_case(tf.cast(tf.size(x) % 2, tf.int32), [lambda: count(y), lambda: y])

    cases = [{"x": np.abs(kit.f(2, 3))}, {"x": -np.abs(kit.f(3, 3))}]
    variables = {**square(kit), "calls": np.float32(0.0)}
    return formula(kit, call, variables, {"x": ([None, 3], F)}, cases,
                   notes="If, While and Case, not their stateless forms: the branches count calls in a variable")
