"""LSTM, GRU and SimpleRNN in the forms that models use them."""

import tensorflow as tf

from kit import Spec, zoo

K = tf.keras
L = K.layers


def series(kit, *shapes):
    return [{"x": kit.f(*shape)} for shape in shapes]


def tokens(kit):
    return [{"ids": kit.padded([5, 2, 4], 5)}, {"ids": kit.padded([7, 3], 7)}]


@zoo("lstm", "lstm", "keras2 keras3 keras2_export")
def lstm(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.Dense(2, name="logits")(L.LSTM(4)(x)))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("gru", "gru", "keras3 keras2_export", big="keras2")
def gru(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.Dense(2, name="logits")(L.GRU(4)(x)))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("gru_reset_before", "gru", "keras2_export keras3")
def gru_reset_before(kit):
    x = K.Input((None, 3), name="x")
    model = K.Model(x, L.GRU(4, reset_after=False, return_sequences=True)(x))
    return Spec(model, series(kit, (2, 5, 3), (3, 7, 3)))


@zoo("simple_rnn", "rnn", "keras2 keras3 keras2_export")
def simple_rnn(kit):
    x = K.Input((None, 3), name="x")
    y = L.SimpleRNN(4, activation="relu", return_sequences=True)(x)
    return Spec(K.Model(x, L.Dense(2)(y)), series(kit, (2, 5, 3), (3, 6, 3)))


@zoo("lstm_stacked", "lstm", "", big="keras2 keras2_export keras3")
def lstm_stacked(kit):
    x = K.Input((None, 3), name="x")
    y = L.LSTM(4, return_sequences=True)(x)
    y = L.LSTM(3, return_sequences=True, go_backwards=True)(y)
    return Spec(K.Model(x, L.Dense(2, activation="softmax", name="predictions")(L.LSTM(3)(y))),
                series(kit, (2, 5, 3), (3, 7, 3)), head="predictions")


@zoo("bilstm", "bidirectional", "keras2_export", big="keras2 keras3")
def bilstm(kit):
    x = K.Input((None, 3), name="x")
    y = L.Bidirectional(L.LSTM(3))(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("birnn", "bidirectional", "keras2")
def birnn(kit):
    x = K.Input((None, 3), name="x")
    y = L.Bidirectional(L.SimpleRNN(3))(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), series(kit, (2, 5, 3), (3, 7, 3)), head="logits")


@zoo("bigru_tagger", "bidirectional", "keras3", big="keras2 keras2_export")
def bigru_tagger(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4, mask_zero=True)(ids)
    y = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum")(y)
    y = L.Dense(4, activation="softmax", name="tags")(y)
    return Spec(K.Model(ids, y), tokens(kit), head="tags", notes="masked by the embedding; a tag for each token")


@zoo("lstm_masked", "masked", "keras2_export keras3", big="keras2")
def lstm_masked(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4, mask_zero=True)(ids)
    return Spec(K.Model(ids, L.Dense(2, name="logits")(L.LSTM(3)(y))), tokens(kit), head="logits")


@zoo("rnn_masked", "masked", "keras2")
def rnn_masked(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4, mask_zero=True)(ids)
    y = L.GRU(3, reset_after=False)(y)
    return Spec(K.Model(ids, L.Dense(2, name="logits")(y)), tokens(kit), head="logits")


@zoo("rnn_masked_dropout", "masked", "keras2")
def rnn_masked_dropout(kit):
    ids = K.Input((None,), dtype="int32", name="ids")
    y = L.Embedding(12, 4, mask_zero=True)(ids)
    y = L.SimpleRNN(3, dropout=0.2)(y)
    return Spec(K.Model(ids, L.Dense(2, name="logits")(y)), tokens(kit), head="logits",
                notes="in training the layer takes an argument that it does not read")


@zoo("gru_masking", "masked", "keras3", big="keras2_export")
def gru_masking(kit):
    x = K.Input((None, 3), name="x")
    y = L.GRU(3, return_sequences=True)(L.Masking(0.0)(x))
    cases = series(kit, (3, 5, 3), (2, 7, 3))
    cases[0]["x"][1, 2:] = 0
    cases[1]["x"][0, 4:] = 0
    return Spec(K.Model(x, L.SimpleRNN(3)(y)), cases)


@zoo("gru_stateful", "stateful", "keras2")
def gru_stateful_free(kit):
    x = K.Input(batch_shape=(2, None, 3), name="x")
    model = K.Model(x, L.Dense(2)(L.GRU(3, reset_after=False, stateful=True)(x)))
    return Spec(model, series(kit, (2, 4, 3), (2, 6, 3)), reset=model.reset_states, after=model.reset_states,
                notes="each case starts from the saved state, zeros")


@zoo("gru_stateful", "stateful", "keras3")
def gru_stateful(kit):
    x = K.Input(batch_shape=(2, 4, 3), name="x")
    layer = L.GRU(3, stateful=True)
    model = K.Model(x, L.Dense(2)(layer(x)))
    return Spec(model, series(kit, (2, 4, 3), (2, 4, 3)), reset=layer.reset_state, after=layer.reset_state,
                notes="each case starts from the saved state, zeros")


@zoo("lstm_seq2seq", "seq2seq", "keras3", big="keras2 keras2_export")
def lstm_seq2seq(kit):
    source = K.Input((None, 3), name="source")
    target = K.Input((None, 2), name="target")
    _, hidden, cell = L.LSTM(3, return_state=True)(source)
    y = L.LSTM(3, return_sequences=True)(target, initial_state=[hidden, cell])
    cases = [{"source": kit.f(n, a, 3), "target": kit.f(n, b, 2)} for n, a, b in ((2, 5, 3), (3, 4, 6))]
    return Spec(K.Model([source, target], L.Dense(2)(y)), cases)


@zoo("rnn_dropout", "dropout", "keras2")
def rnn_dropout(kit):
    x = K.Input((None, 3), name="x")
    y = L.SimpleRNN(3, dropout=0.2, recurrent_dropout=0.3)(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), series(kit, (2, 5, 3), (3, 4, 3)), head="logits",
                notes="dropout and recurrent dropout, of rates 0.2 and 0.3, only with training=True")


@zoo("lstm_dropout", "dropout", "keras2_export", big="keras2 keras3")
def lstm_dropout(kit):
    x = K.Input((None, 3), name="x")
    y = L.LSTM(3, dropout=0.2, recurrent_dropout=0.3)(x)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), series(kit, (2, 5, 3), (3, 4, 3)), head="logits",
                notes="dropout and recurrent dropout, of rates 0.2 and 0.3, only with training=True")


@zoo("gru_no_dropout_l2", "regulariser", "keras2_export keras3")
def gru_no_dropout_l2(kit):
    x = K.Input((None, 3), name="x")
    y = L.GRU(3, kernel_regularizer="l2", recurrent_regularizer=K.regularizers.L2(0.02))(x)
    return Spec(K.Model(x, L.Dense(2)(y)), series(kit, (2, 5, 3), (3, 4, 3)), train=True)


@zoo("rnn_custom_cell", "rnn", "keras2")
def rnn_custom_cell(kit):
    class Cell(L.Layer):
        """h' = tanh(xW + hU) * sigmoid(s)"""

        def __init__(self, units, **options):
            super().__init__(**options)
            self.state_size = units
            self.units = units

        def build(self, shape):
            self.w = self.add_weight("kernel", (shape[-1], self.units))
            self.u = self.add_weight("recurrent_kernel", (self.units, self.units))
            self.s = self.add_weight("gate_bias", (self.units,))

        def call(self, x, states):
            h = tf.tanh(tf.matmul(x, self.w) + tf.matmul(states[0], self.u)) * tf.sigmoid(self.s)
            return h, [h]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    x = K.Input((None, 3), name="x")
    return Spec(K.Model(x, L.RNN(Cell(4))(x)), series(kit, (2, 5, 3), (3, 4, 3)))


@zoo("rnn_stacked_cells", "rnn", "keras2_export", big="keras3")
def rnn_stacked_cells(kit):
    x = K.Input((None, 3), name="x")
    y = L.RNN([L.LSTMCell(3), L.GRUCell(4), L.SimpleRNNCell(3)], return_sequences=True)(x)
    return Spec(K.Model(x, y), series(kit, (2, 5, 3), (3, 4, 3)))


@zoo("lstm_unrolled", "lstm", "keras2_export keras3")
def lstm_unrolled(kit):
    x = K.Input((4, 3), name="x")
    return Spec(K.Model(x, L.LSTM(3, unroll=True)(x)), series(kit, (2, 4, 3), (3, 4, 3)))


@zoo("lstm_v1_activation", "lstm", "keras2_export keras3")
def lstm_v1_activation(kit):
    x = K.Input((None, 3), name="x")
    y = L.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid", use_bias=False)(x)
    return Spec(K.Model(x, y), series(kit, (2, 4, 3), (3, 6, 3)), notes="no fused kernel fits these activations")


@zoo("convlstm2d", "convlstm", "keras2_export", big="keras2 keras3")
def convlstm2d(kit):
    x = K.Input((None, 5, 5, 1), name="x")
    y = L.ConvLSTM2D(2, 3, padding="same", return_sequences=True)(x)
    y = L.ConvLSTM2D(2, 3)(y)
    return Spec(K.Model(x, L.GlobalAveragePooling2D()(y)), series(kit, (2, 3, 5, 5, 1), (1, 4, 5, 5, 1)))


@zoo("convlstm1d", "convlstm", "keras3")
def convlstm1d(kit):
    x = K.Input((None, 6, 1), name="x")
    return Spec(K.Model(x, L.ConvLSTM1D(2, 3, padding="same")(x)), series(kit, (2, 3, 6, 1), (1, 4, 6, 1)))


@zoo("video_cnn_gru", "timedistributed", "keras3", big="keras2")
def video_cnn_gru(kit):
    frame = K.Sequential([K.Input((6, 6, 1)), L.Conv2D(2, 3, activation="relu"), L.GlobalAveragePooling2D()])
    x = K.Input((None, 6, 6, 1), name="x")
    y = L.TimeDistributed(frame)(x)
    y = L.SimpleRNN(3)(y)
    return Spec(K.Model(x, L.Dense(2, name="logits")(y)), series(kit, (2, 3, 6, 6, 1), (1, 4, 6, 6, 1)), head="logits")
