"""One op of interest each: selection, products, scatter and gather, segments, transforms, matrices."""

import numpy as np
import tensorflow as tf

from formula import formula
from kit import zoo

F = tf.float32
I = tf.int32


def one(kit, call, variables, *shapes, spec, **options):
    """A formula of one float input x."""
    return formula(kit, call, variables, {"x": (spec, F)}, [{"x": kit.f(*shape)} for shape in shapes], **options)


@zoo("top_k", "top-k", "tfsave tfsave@3")
def top_k(kit):
    def call(m, x):
        values, indices = tf.math.top_k(tf.matmul(x, m.w), k=2)
        return {"values": values, "indices": indices}

    return one(kit, call, {"w": kit.f(4, 5)}, (2, 4), (3, 4), spec=[None, 4])


@zoo("einsum", "einsum", "tfsave")
def einsum(kit):
    def call(m, x):
        y = tf.einsum("btd,dhk->bthk", x, m.w)
        scores = tf.einsum("bthk,bshk->bhts", y, y)
        trace = tf.einsum("bhtt->bh", scores)
        return {"y": tf.einsum("bhts,bshk->bth", tf.nn.softmax(scores), y), "trace": trace}

    return one(kit, call, {"w": kit.f(4, 2, 3, scale=0.5)}, (2, 3, 4), (1, 5, 4), spec=[None, None, 4])


@zoo("batch_matmul", "matmul", "tfsave")
def batch_matmul(kit):
    def call(m, x):
        y = tf.matmul(x, m.w, transpose_b=True)
        return tf.matmul(tf.matmul(m.v, y, transpose_a=True), y, adjoint_b=True)

    return one(kit, call, {"w": kit.f(1, 5, 4), "v": kit.f(3, 2)}, (2, 3, 4), (4, 3, 4), spec=[None, 3, 4],
               notes="batch dimensions broadcast")


@zoo("gather", "gather", "tfsave")
def gather(kit):
    def call(m, x, ids):
        a = tf.gather(m.table, ids)
        b = tf.gather_nd(m.table, tf.stack([ids, ids % 3], -1))
        c = tf.gather(x, ids % 4, axis=1, batch_dims=1)
        d = tf.gather(m.table, [2, 0], axis=1)
        return {"a": a, "b": b, "c": c, "d": d, "e": m.table.gather_nd(ids[..., None])}

    cases = [{"x": kit.f(n, 4, 2), "ids": kit.i(n, 3, high=5)} for n in (2, 3)]
    return formula(kit, call, {"table": kit.f(5, 3)}, {"x": ([None, 4, 2], F), "ids": ([None, 3], I)}, cases)


@zoo("scatter", "scatter", "tfsave")
def scatter(kit):
    def call(m, x, ids):
        index = ids[:, None]
        updates = tf.matmul(x, m.w)
        base = tf.tile(m.b[None, :], [6, 1])
        return {
            "nd": tf.scatter_nd(index, updates, [6, 3]),
            "add": tf.tensor_scatter_nd_add(base, index, updates),
            "sub": tf.tensor_scatter_nd_sub(base, index, updates),
            "update": tf.tensor_scatter_nd_update(base, index, updates),
            "max": tf.tensor_scatter_nd_max(base, index, updates),
        }

    cases = [{"x": kit.f(3, 4), "ids": np.array(ids, np.int32)} for ids in ([0, 2, 5], [4, 1, 3])]
    return formula(kit, call, {"w": kit.f(4, 3), "b": kit.f(3)}, {"x": ([None, 4], F), "ids": ([None], I)}, cases)


@zoo("segments", "segment", "tfsave")
def segments(kit):
    def call(m, x, ids):
        y = tf.matmul(x, m.w)
        return {
            "sum": tf.math.segment_sum(y, ids), "mean": tf.math.segment_mean(y, ids),
            "max": tf.math.segment_max(y, ids), "unsorted": tf.math.unsorted_segment_sum(y, ids, 4),
            "unsorted_mean": tf.math.unsorted_segment_mean(y, ids, 4),
            "unsorted_max": tf.math.unsorted_segment_max(y, ids, 3),
        }

    cases = [{"x": kit.f(len(ids), 4), "ids": np.array(ids, np.int32)} for ids in ([0, 0, 1, 2, 2], [0, 1, 1, 2])]
    return formula(kit, call, {"w": kit.f(4, 3)}, {"x": ([None, 4], F), "ids": ([None], I)}, cases)


@zoo("sparse_segments", "segment", "tfsave")
def sparse_segments(kit):
    def call(m, ids, segments):
        return {
            "sum": tf.sparse.segment_sum(m.table, ids, segments), "mean": tf.sparse.segment_mean(m.table, ids, segments),
            "sqrt_n": tf.sparse.segment_sqrt_n(m.table, ids, segments),
        }

    cases = [{"ids": np.array(a, np.int32), "segments": np.array(b, np.int32)}
             for a, b in (([0, 2, 4, 1], [0, 0, 1, 1]), ([3, 3, 0], [0, 1, 1]))]
    return formula(kit, call, {"table": kit.f(5, 3)}, {"ids": ([None], I), "segments": ([None], I)}, cases,
                   notes="as TF1 embedding columns and recommenders combine")


@zoo("fake_quant", "fake-quant", "tfsave")
def fake_quant(kit):
    q = tf.quantization

    def call(m, x):
        w = q.fake_quant_with_min_max_vars_per_channel(m.w, m.low, m.high, narrow_range=True)
        y = q.fake_quant_with_min_max_vars(tf.matmul(x, w), m.min, m.max, num_bits=8)
        return q.fake_quant_with_min_max_args(y, -2.0, 2.0)

    low = np.array([-0.8, -1.0, -0.6], np.float32)
    variables = {"w": kit.f(4, 3, scale=0.5), "low": low, "high": -low, "min": np.float32(-1.5), "max": np.float32(1.7)}
    return one(kit, call, variables, (3, 4), (2, 4), spec=[None, 4], notes="quantisation-aware training")


@zoo("rounding", "rounding", "tfsave")
def rounding(kit):
    def call(m, x):
        y = tf.matmul(x, m.w)
        straight = y + tf.stop_gradient(tf.round(y) - y)
        return {"y": straight, "floor": tf.floor(y), "sign": tf.sign(y) * m.b, "mod": tf.math.floormod(y, 0.7)}

    return one(kit, call, {"w": kit.f(4, 3), "b": kit.f(3)}, (3, 4), (2, 4), spec=[None, 4],
               notes="straight-through rounding beside ops that stop the gradient")


@zoo("resize", "resize", "tfsave tfsave@3")
def resize(kit):
    def call(m, x):
        y = x * m.scale
        size = (7, 5)
        return {method: tf.image.resize(y, size, method) for method in ("bilinear", "nearest", "bicubic")} | {
            "old_bilinear": tf.compat.v1.image.resize_bilinear(y, size, align_corners=True),
            "old_nearest": tf.compat.v1.image.resize_nearest_neighbor(y, size),
            "old_bicubic": tf.compat.v1.image.resize_bicubic(y, size)}

    return one(kit, call, {"scale": kit.f(2)}, (2, 4, 6, 2), (1, 5, 5, 2), spec=[None, None, None, 2], tolerance=1e-4)


@zoo("antialias_resize", "resize", "tfsave")
def antialias_resize(kit):
    def call(m, x):
        y = x * m.scale
        return {method: tf.image.resize(y, (4, 3), method, antialias=True) for method in ("bilinear", "lanczos3")}

    return one(kit, call, {"scale": kit.f(2)}, (2, 9, 8, 2), (1, 6, 7, 2), spec=[None, None, None, 2])


@zoo("fft", "fft", "tfsave")
def fft(kit):
    def call(m, x):
        y = x * m.window
        spectrum = tf.signal.rfft(y)
        full = tf.signal.fft(tf.complex(y, m.window * x))
        plane = tf.signal.rfft2d(tf.reshape(y, [-1, 2, 4]))
        return {"power": tf.abs(spectrum), "phase": tf.math.angle(spectrum + 3.0), "back": tf.signal.irfft(spectrum * 0.5),
                "real": tf.math.real(full), "plane": tf.math.imag(plane), "ifft": tf.math.real(tf.signal.ifft(full))}

    return one(kit, call, {"window": kit.f(8)}, (2, 8), (3, 8), spec=[None, 8])


@zoo("spectrogram", "fft", "tfsave")
def spectrogram(kit):
    def call(m, x):
        frames = tf.signal.stft(x, 8, 4, 8)
        mel = tf.matmul(tf.abs(frames), m.mel)
        return tf.math.log(tf.square(mel) + 1e-3)

    return one(kit, call, {"mel": kit.f(5, 3)}, (2, 20), (1, 28), spec=[None, None], notes="an audio front end")


@zoo("cumulative", "cumulative", "tfsave")
def cumulative(kit):
    def call(m, x):
        y = tf.matmul(x, m.w) + 0.3
        return {"sum": tf.cumsum(y, 1), "exclusive": tf.cumsum(y, 1, exclusive=True, reverse=True),
                "product": tf.math.cumprod(y, 1), "product_reverse": tf.math.cumprod(y, 0, reverse=True),
                "logsumexp": tf.math.cumulative_logsumexp(y, 1)}

    return one(kit, call, {"w": kit.f(3, 4, scale=0.7)}, (3, 3), (2, 3), spec=[None, 3])


@zoo("matrices", "linear-algebra", "tfsave")
def matrices(kit):
    def call(m, x):
        gram = tf.matmul(m.w, m.w, transpose_b=True) + 2.0 * tf.eye(3)
        lower = tf.linalg.cholesky(gram)
        inverse = tf.linalg.inv(gram)
        solved = tf.linalg.triangular_solve(lower, tf.transpose(x))
        return {"cholesky": lower, "inverse": tf.matmul(x, inverse), "solve": solved,
                "det": tf.linalg.det(gram), "logdet": tf.linalg.logdet(gram),
                "linear": tf.linalg.solve(gram, tf.transpose(x))}

    return one(kit, call, {"w": kit.f(3, 3, scale=0.5)}, (2, 3), (4, 3), spec=[None, 3])


@zoo("diagonals", "linear-algebra", "tfsave")
def diagonals(kit):
    def call(m, x):
        square = tf.linalg.diag(tf.matmul(x, m.w), k=1)
        return {"diag": square, "part": tf.linalg.diag_part(tf.matmul(square, square + 1.0), k=0),
                "set": tf.linalg.set_diag(square, tf.ones_like(square[..., 0])), "trace": tf.linalg.trace(square + m.v),
                "band": tf.linalg.band_part(square + m.v, 1, 0)}

    return one(kit, call, {"w": kit.f(3, 3), "v": kit.f(4, 4)}, (2, 3), (3, 3), spec=[None, 3])


@zoo("extract_patches", "patches", "tfsave")
def extract_patches(kit):
    def call(m, x):
        y = x * m.scale
        a = tf.image.extract_patches(y, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
        b = tf.image.extract_patches(y, [1, 3, 3, 1], [1, 1, 1, 1], [1, 2, 2, 1], "SAME")
        return {"patches": tf.matmul(a, m.w), "dilated": b, "depth": tf.nn.space_to_depth(y, 2)}

    return one(kit, call, {"scale": kit.f(2), "w": kit.f(8, 3)}, (2, 6, 6, 2), (1, 6, 6, 2), spec=[None, 6, 6, 2])
