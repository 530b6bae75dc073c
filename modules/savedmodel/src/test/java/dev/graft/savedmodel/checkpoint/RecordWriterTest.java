package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class RecordWriterTest {

  @Test
  void writesWhatTensorFlowWrites() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new RecordWriter(Channels.newChannel(bytes)).write("graft".getBytes("UTF-8"));
    // tf.io.TFRecordWriter(f).write(b"graft")
    assertThat(HexFormat.of().formatHex(bytes.toByteArray()))
        .isEqualTo("0500000000000000eab2043e677261667470591de4");
  }
}
