package dev.graft.runtime;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where TensorFlow's own log lines go. TensorFlow, its CUDA libraries and XLA write to file
 * descriptor 2, partly past {@code TF_CPP_MIN_LOG_LEVEL}, which moreover is read from the
 * environment that a running JVM cannot change. So Graft does what always works: on POSIX systems
 * it points descriptor 2 of this process at a file, once, before the native library is loaded, and
 * gives {@link System#err} the descriptor that used to be there. What Java prints still reaches the
 * terminal; what native code prints is in the file, where the message of a native abort can be
 * found.
 *
 * <p>This happens only if {@link RuntimeOptions#nativeLog} names a file. An application that embeds
 * Graft and wants its standard error left alone names none, which is the default, and sets {@code
 * TF_CPP_MIN_LOG_LEVEL} where it starts the JVM if it wants fewer lines. On Windows the setting has
 * no effect.
 */
final class NativeLog {

  private static final int STDERR = 2;

  private static int original = -1; // what descriptor 2 was, once it has been replaced

  private NativeLog() {}

  /** The few functions of the C library that this takes. */
  private interface LibC extends Library {
    LibC INSTANCE = Native.load("c", LibC.class);

    Pointer fopen(String path, String mode);

    int fileno(Pointer file);

    int fclose(Pointer file);

    int dup(int descriptor);

    int dup2(int from, int to);

    long write(int descriptor, byte[] bytes, long count);
  }

  /**
   * Sends native lines to {@code file} from now on; they are appended. Where the C library cannot
   * be called they stay where they are, with a sentence there.
   */
  static synchronized void redirectTo(Path file) {
    try {
      if (!Platform.isWindows()) {
        redirect(file);
      }
    } catch (LinkageError e) { // JNA unpacks code of its own, and runs it where it lies
      System.err.println(
          "graft: what TensorFlow itself prints stays on standard error, since JNA's library cannot"
              + " be loaded ("
              + e.getMessage()
              + "); -Djna.tmpdir=DIR names a folder from which programs may run.");
    }
  }

  private static void redirect(Path file) {
    Path absolute = file.toAbsolutePath();
    try {
      if (absolute.getParent() != null) {
        Durable.makeFolders(absolute.getParent());
      }
    } catch (IOException e) {
      throw new InputOutputException(
          "the folder of the native log " + absolute + " cannot be made: " + e.getMessage(), e);
    }
    Pointer log = LibC.INSTANCE.fopen(absolute.toString(), "a");
    if (log == null) {
      throw new InputOutputException(
          "the native log "
              + absolute
              + " cannot be opened for writing; make it writable, or name another file.");
    }
    try {
      System.err.flush();
      if (original < 0) {
        original = LibC.INSTANCE.dup(STDERR);
        System.setErr(new PrintStream(new Descriptor(original), true, Charset.defaultCharset()));
      }
      LibC.INSTANCE.dup2(LibC.INSTANCE.fileno(log), STDERR);
    } finally {
      LibC.INSTANCE.fclose(log);
    }
  }

  /** Writes to a descriptor for which Java has no stream. */
  private static final class Descriptor extends OutputStream {
    private final int number;

    Descriptor(int number) {
      this.number = number;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      int done = 0;
      while (done < count) {
        byte[] rest = Arrays.copyOfRange(bytes, from + done, from + count);
        long written = LibC.INSTANCE.write(number, rest, rest.length);
        if (written <= 0) {
          throw new IOException("standard error is closed");
        }
        done += (int) written;
      }
    }
  }
}
