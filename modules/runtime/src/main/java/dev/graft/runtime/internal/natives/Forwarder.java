package dev.graft.runtime.internal.natives;

import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A library of half a kilobyte that has nothing but a name and the name of another: who asks the
 * system for the first finds the functions of the second. A link would need a search path, which a
 * running process cannot be given; this is found by its name, since it is loaded.
 *
 * @param name what it is called ({@code DT_SONAME})
 * @param needed what has to be loaded before it ({@code DT_NEEDED})
 */
record Forwarder(String name, List<String> needed) {

  // Of the ELF format, for 64 bit and x86-64
  private static final int HEADER = 64;
  private static final int SEGMENT = 56;
  private static final int ENTRY = 16;
  private static final int SYMBOL = 24;
  private static final int READ_AND_WRITE = 6; // the loader writes addresses into it
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_GNU_STACK = 0x6474e551; // without it the stack would be executable
  private static final int PAGE = 0x1000;

  /** Puts it into {@code folder}, if it is not there as it should be. */
  Path in(Path folder) throws IOException {
    Path file = folder.resolve(name);
    byte[] bytes = bytes();
    Owned.makeFolder(folder);
    if (!Owned.isFile(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
      Owned.put(folder, name, next -> Durable.write(next, bytes));
    }
    return file;
  }

  byte[] bytes() {
    StringBuilder strings = new StringBuilder("\0");
    List<long[]> entries = new ArrayList<>(); // of the dynamic section: tag and value
    for (String each : needed) {
      entries.add(new long[] {1, place(each, strings)}); // DT_NEEDED
    }
    entries.add(new long[] {14, place(name, strings)}); // DT_SONAME
    int dynamic = HEADER + 3 * SEGMENT;
    int symbols = dynamic + ENTRY * (entries.size() + 6);
    int hash = symbols + SYMBOL; // one, which has no name
    int text = hash + 4 * Integer.BYTES;
    int size = text + strings.length();
    entries.add(new long[] {4, hash}); // DT_HASH
    entries.add(new long[] {5, text}); // DT_STRTAB
    entries.add(new long[] {6, symbols}); // DT_SYMTAB
    entries.add(new long[] {10, strings.length()}); // DT_STRSZ
    entries.add(new long[] {11, SYMBOL}); // DT_SYMENT
    entries.add(new long[] {0, 0}); // DT_NULL

    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    header(out);
    segment(out, PT_LOAD, 0, size, PAGE);
    segment(out, PT_DYNAMIC, dynamic, ENTRY * entries.size(), Long.BYTES);
    segment(out, PT_GNU_STACK, 0, 0, ENTRY);
    entries.forEach(entry -> out.putLong(entry[0]).putLong(entry[1]));
    out.position(hash);
    out.putInt(1).putInt(1).putInt(0).putInt(0); // a bucket, a symbol, which is none
    out.put(strings.toString().getBytes(StandardCharsets.US_ASCII));
    return out.array();
  }

  private static int place(String word, StringBuilder strings) {
    int at = strings.length();
    strings.append(word).append('\0');
    return at;
  }

  private static void header(ByteBuffer out) {
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    out.putShort((short) 3).putShort((short) 62).putInt(1); // a shared object, for x86-64
    out.putLong(0).putLong(HEADER).putLong(0).putInt(0); // no entry, segments here, no sections
    out.putShort((short) HEADER).putShort((short) SEGMENT).putShort((short) 3);
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
  }

  private static void segment(ByteBuffer out, int type, long at, long size, long align) {
    out.putInt(type).putInt(READ_AND_WRITE);
    out.putLong(at).putLong(at).putLong(at).putLong(size).putLong(size).putLong(align);
  }
}
