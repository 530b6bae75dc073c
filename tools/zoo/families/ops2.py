"""More single ops: raw convolutions, slices and padding, reductions, losses, sparse products."""

import numpy as np
import tensorflow as tf

from formula import formula
from families.ops import one
from kit import zoo

F = tf.float32
I = tf.int32
raw = tf.raw_ops


@zoo("raw_conv_dilated", "dilated", "tfsave")
def raw_conv_dilated(kit):
    def call(m, x):
        # TensorFlow's CPU kernels have no gradient for the attribute: the live call takes the way around it.
        conv = tf.nn.convolution if tf.executing_eagerly() else tf.nn.conv2d
        same = conv(x, m.w, [1, 1], "SAME", dilations=[2, 2])
        valid = conv(x, m.w, [1, 1], "VALID", dilations=[1, 3])
        explicit = raw.Conv2D(input=x, filter=m.w, strides=[1, 2, 1, 1], padding="EXPLICIT",
                              explicit_paddings=[0, 0, 1, 0, 2, 1, 0, 0])
        depth = tf.nn.depthwise_conv2d(x, m.d, [1, 1, 1, 1], "SAME", dilations=[2, 2])
        return {"same": same, "valid": valid, "explicit": explicit, "depthwise": depth}

    variables = {"w": kit.f(3, 3, 2, 3, scale=0.3), "d": kit.f(3, 3, 2, 2, scale=0.3)}
    return one(kit, call, variables, (2, 9, 9, 2), (1, 7, 8, 2), spec=[None, None, None, 2],
               notes="dilations and explicit paddings as attributes of Conv2D; TensorFlow itself cannot differentiate the "
                     "dilated ones on the CPU, the gradients are those of the equal SpaceToBatch form")


@zoo("raw_pool_explicit", "pooling", "tfsave")
def raw_pool_explicit(kit):
    def call(m, x):
        y = x * m.scale
        explicit = raw.MaxPool(input=y, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="EXPLICIT",
                               explicit_paddings=[0, 0, 1, 1, 0, 1, 0, 0])
        old = raw.MaxPoolV2(input=y, ksize=tf.constant([1, 2, 2, 1]), strides=tf.constant([1, 2, 2, 1]), padding="SAME")
        best, where = tf.nn.max_pool_with_argmax(y, 2, 2, "VALID")
        return {"explicit": explicit, "v2": old, "best": best, "where": where,
                "dilation": tf.nn.dilation2d(y, m.kernel, [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]),
                "fractional": tf.nn.avg_pool2d(y, 3, 1, "SAME")}

    variables = {"scale": kit.f(2), "kernel": kit.f(2, 2, 2)}
    return one(kit, call, variables, (2, 6, 7, 2), (1, 8, 6, 2), spec=[None, None, None, 2])


@zoo("slices", "slice", "tfsave")
def slices(kit):
    def call(m, x):
        y = tf.matmul(x, m.w)
        return {"step": y[:, ::2], "reverse": y[:, ::-1], "ellipsis": y[..., tf.newaxis, 1:3], "shrink": y[:, 2],
                "last": y[-1:, -2], "slice": tf.slice(y, [0, 1], [-1, 2]), "split": tf.split(y, 2, 1)[1],
                "splitv": tf.split(y, [1, 3], 1)[1], "unstack": tf.unstack(y, axis=1)[0] * 2.0,
                "roll": tf.roll(y, 1, 1), "tile": tf.tile(y, [1, 2]), "variable": m.w[1:, 0] * y[0, 0]}

    return one(kit, call, {"w": kit.f(3, 4)}, (2, 3), (3, 3), spec=[None, 3])


@zoo("padding", "pad", "tfsave")
def padding(kit):
    def call(m, x):
        y = tf.matmul(x, m.w)
        pads = [[0, 1], [2, 1]]
        return {"zero": tf.pad(y, pads), "reflect": tf.pad(y, pads, "REFLECT"), "symmetric": tf.pad(y, pads, "SYMMETRIC"),
                "value": tf.pad(y, pads, constant_values=1.5), "reverse": tf.reverse(y, [0]),
                "sequence": tf.reverse_sequence(y, tf.ones(tf.shape(y)[:1], I) * 2, seq_axis=1)}

    return one(kit, call, {"w": kit.f(3, 4)}, (2, 3), (3, 3), spec=[None, 3])


@zoo("selection", "select", "tfsave")
def selection(kit):
    def call(m, x):
        y = tf.matmul(x, m.w)
        return {"where": tf.where(y > 0, y, m.b), "clip": tf.clip_by_value(y, -0.5, 0.5), "max": tf.maximum(y, m.b),
                "min": tf.minimum(y, 0.2), "norm": tf.clip_by_norm(y, 1.0, axes=[1]), "relu6": tf.nn.relu6(y * 4),
                "boolean": tf.boolean_mask(m.b, [True, False, True, True]), "crelu": tf.nn.crelu(y)}

    return one(kit, call, {"w": kit.f(3, 4), "b": kit.f(4)}, (2, 3), (3, 3), spec=[None, 3])


@zoo("reductions", "reduce", "tfsave tfsave@3")
def reductions(kit):
    def call(m, x):
        y = tf.matmul(x, m.w)
        return {"sum": tf.reduce_sum(y, 0), "mean": tf.reduce_mean(y, [0, 1]), "max": tf.reduce_max(y, 1),
                "min": tf.reduce_min(y, -1, keepdims=True), "product": tf.reduce_prod(y, 1),
                "logsumexp": tf.reduce_logsumexp(y, 1), "std": tf.math.reduce_std(y, 1), "norm": tf.norm(y, axis=1),
                "cosine": tf.math.l2_normalize(y, 1), "moments": tf.nn.moments(y, [0])[1], "count": tf.math.count_nonzero(y)}

    return one(kit, call, {"w": kit.f(3, 4)}, (2, 3), (4, 3), spec=[None, 3])


@zoo("elementwise", "math", "tfsave")
def elementwise(kit):
    t = tf.math

    def call(m, x):
        y = tf.sigmoid(tf.matmul(x, m.w)) * 0.8 + 0.1
        names = ("abs acos asin atan acosh asinh atanh cos cosh sin sinh tan tanh exp expm1 log log1p sqrt rsqrt square"
                 " erf erfc erfinv ndtri lgamma digamma reciprocal softplus log_sigmoid bessel_i0e bessel_i1e")
        out = {n: getattr(t, n)(y + (1.0 if n == "acosh" else 0.0)) for n in names.split()}
        out.update(pow=t.pow(y, m.p), atan2=t.atan2(y, m.p), xlogy=t.xlogy(m.p, y), xdivy=t.xdivy(m.p, y),
                   xlog1py=t.xlog1py(m.p, y), no_nan=t.divide_no_nan(y, m.p), difference=t.squared_difference(y, m.p),
                   igamma=t.igamma(2.0, y), zeta=t.zeta(3.0, y), mul_no_nan=t.multiply_no_nan(y, m.p),
                   betainc=t.betainc(2.0, 3.0, y), polygamma=t.polygamma(1.0, y))
        return out

    return one(kit, call, {"w": kit.f(3, 2), "p": kit.u(2, low=0.5, high=1.5)}, (2, 3), (3, 3), spec=[None, 3],
               tolerance=1e-4)


@zoo("losses_inside", "loss", "tfsave")
def losses_inside(kit):
    def call(m, x, labels):
        y = tf.matmul(x, m.w)
        hot = tf.one_hot(labels, 4)
        return {"sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(labels, y),
                "dense": tf.nn.softmax_cross_entropy_with_logits(hot, y),
                "sigmoid": tf.nn.sigmoid_cross_entropy_with_logits(hot, y), "l2": tf.nn.l2_loss(y),
                "log_softmax": tf.nn.log_softmax(y), "lrn": tf.nn.local_response_normalization(y[:, None, None, :], 2)}

    cases = [{"x": kit.f(n, 3), "labels": kit.i(n, high=4)} for n in (2, 3)]
    return formula(kit, call, {"w": kit.f(3, 4)}, {"x": ([None, 3], F), "labels": ([None], I)}, cases)


@zoo("sparse_product", "sparse", "tfsave")
def sparse_product(kit):
    def call(m, indices, values, rows):
        matrix = tf.SparseTensor(indices, values * m.scale, tf.stack([rows, 4]))
        looked = tf.nn.embedding_lookup_sparse(m.w, tf.SparseTensor(indices, indices[:, 1], tf.stack([rows, 4])), None,
                                               combiner="mean")
        return {"product": tf.sparse.sparse_dense_matmul(matrix, m.w), "sum": tf.sparse.reduce_sum(matrix, 1),
                "dense": tf.sparse.to_dense(matrix), "lookup": looked}

    cells = ([[0, 1], [0, 3], [1, 0]], [[0, 0], [1, 2], [2, 1], [2, 2]])
    cases = [{"indices": np.array(c, np.int64), "values": kit.f(len(c)), "rows": np.array(c[-1][0] + 1, np.int64)}
             for c in cells]
    inputs = {"indices": ([None, 2], tf.int64), "values": ([None], F), "rows": ([], tf.int64)}
    return formula(kit, call, {"w": kit.f(4, 3), "scale": np.float32(1.3)}, inputs, cases)


@zoo("shapes_dynamic", "shape", "tfsave")
def shapes_dynamic(kit):
    def call(m, x):
        y = tf.ensure_shape(tf.matmul(x, m.w), [None, 4])
        y = tf.reshape(y, tf.concat([tf.shape(y)[:1], [2, 2]], 0))
        y = tf.transpose(y, tf.reverse(tf.range(tf.rank(y)), [0]))
        y = tf.squeeze(tf.expand_dims(y, 1), 1) + tf.cast(tf.size(x), F) * 0.01
        flat = tf.broadcast_to(m.b, [tf.shape(x)[0], 3])
        return {"y": y, "broadcast": flat, "stack": tf.stack([flat, x], 1), "one_hot": tf.one_hot([1, 2], 3) * m.b,
                "identity": tf.identity_n([flat, x])[0] * tf.raw_ops.PreventGradient(input=tf.constant(2.0))}

    return one(kit, call, {"w": kit.f(3, 4), "b": kit.f(3)}, (2, 3), (4, 3), spec=[None, 3])


@zoo("batch_space", "space-to-batch", "tfsave")
def batch_space(kit):
    def call(m, x):
        y = x * m.scale
        packed = tf.space_to_batch(y, [2, 2], [[0, 0], [1, 1]])
        return {"packed": packed, "back": tf.batch_to_space(packed * 2.0, [2, 2], [[0, 0], [1, 1]]),
                "depth": tf.nn.depth_to_space(tf.concat([y, y], -1), 2)}

    return one(kit, call, {"scale": kit.f(2)}, (2, 4, 6, 2), (1, 6, 4, 2), spec=[None, None, None, 2])


@zoo("detector_boxes", "crop", "tfsave")
def detector_boxes(kit):
    def call(m, x):
        boxes = tf.sigmoid(m.boxes)
        scores = tf.reduce_sum(boxes * m.weights, -1)
        kept = tf.image.non_max_suppression(boxes, scores, 2)
        crops = tf.image.crop_and_resize(x, tf.gather(boxes, kept), tf.zeros_like(kept), [2, 2])
        return {"crops": crops, "scores": tf.gather(scores, kept), "kept": kept,
                "unique": tf.unique(tf.cast(scores * 10, I))[0], "order": tf.argsort(scores)}

    return one(kit, call, {"boxes": kit.f(4, 4), "weights": kit.f(4)}, (1, 6, 6, 2), (2, 5, 7, 2),
               spec=[None, None, None, 2])
