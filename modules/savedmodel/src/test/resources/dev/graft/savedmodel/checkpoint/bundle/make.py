"""Makes the checkpoints beside it, with tensorflow-cpu 2.15.1: python make.py"""

import numpy as np
import tensorflow as tf

with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    v1 = tf.compat.v1
    v1.get_variable("floats", initializer=np.arange(6, dtype=np.float32).reshape(2, 3) / 4)
    v1.get_variable("half", initializer=np.array([0.5, -2], np.float16))
    v1.get_variable("step", initializer=np.int64(-7))
    v1.get_variable("empty", initializer=np.zeros((0, 3), np.float32))
    v1.get_variable("words", initializer=tf.constant(["", "käse", "x" * 300]))
    v1.get_variable(
        "rows", shape=(300, 2), dtype=tf.int32, partitioner=tf.compat.v1.fixed_size_partitioner(3, axis=0),
        initializer=lambda shape, dtype, partition_info: tf.reshape(
            tf.range(shape[0] * shape[1]) + partition_info.var_offset[0] * 2, shape))
    v1.get_variable(
        "columns", shape=(2, 5), dtype=tf.int32, partitioner=tf.compat.v1.fixed_size_partitioner(2, axis=1),
        initializer=lambda shape, dtype, partition_info: tf.tile(
            [tf.range(shape[1]) + partition_info.var_offset[1]], [shape[0], 1]))
    session.run(v1.global_variables_initializer())
    v1.train.Saver(sharded=True).save(session, "sliced", write_meta_graph=False, write_state=False)
