"""Models as TensorFlow 1 wrote them."""

import os
import tempfile

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
        asset = v1.constant(vocabulary_file(), name="vocabulary")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        init = tf.lookup.TextFileInitializer(
            asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
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
