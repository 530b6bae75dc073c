package dev.graft;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.tensorflow.proto.BundleEntryProto;
import org.tensorflow.proto.BundleHeaderProto;

/** A checkpoint's index written again with all checksums right, and something wrong in it. */
final class CraftedIndex {

  private record Entry(byte[] key, byte[] value) {}

  private final Random random;
  private final List<Entry> entries = new ArrayList<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<int[]> handles = new ArrayList<>(); // offset and size of each data block
  private String words = "";
  private int shared; // what entries claim to share with the one before

  CraftedIndex(byte[] original, Random random) throws InvalidProtocolBufferException {
    this.random = random;
    read(original);
    change();
    write();
  }

  /** What is wrong with it. */
  String words() {
    return words;
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** The entries of its only data block. */
  private void read(byte[] original) {
    ByteBuffer footer = ByteBuffer.wrap(original, original.length - 48, 48).slice();
    int meta = Mutator.varint(footer);
    ByteBuffer block = ByteBuffer.wrap(original, 0, meta - 5).slice();
    block.order(ByteOrder.LITTLE_ENDIAN);
    int restarts = block.getInt(block.limit() - 4);
    block.limit(block.limit() - 4 * (restarts + 1));
    byte[] key = new byte[0];
    while (block.hasRemaining()) {
      int common = Mutator.varint(block);
      byte[] next = Arrays.copyOf(key, common + Mutator.varint(block));
      byte[] value = new byte[Mutator.varint(block)];
      block.get(next, common, next.length - common).get(value);
      entries.add(new Entry(next, value));
      key = next;
    }
  }

  private void change() throws InvalidProtocolBufferException {
    int at = random.nextInt(entries.size());
    Entry entry = entries.get(at);
    switch (random.nextInt(9)) {
      case 0 -> {
        words = "a long key";
        byte[] key = new byte[1 << random.nextInt(16)];
        Arrays.fill(key, (byte) 'k');
        entries.add(new Entry(key, entry.value()));
      }
      case 1 -> {
        words = "many keys";
        for (int i = random.nextInt(50_000); i >= 0; i--) {
          entries.add(new Entry(("z" + i).getBytes(StandardCharsets.UTF_8), entry.value()));
        }
      }
      case 2 -> {
        words = "keys out of order, and twice";
        entries.addAll(List.copyOf(entries));
        Collections.shuffle(entries, random);
      }
      case 3 -> {
        words = "no such share of the key before";
        shared = random.nextInt(200);
      }
      case 4 -> {
        words = "a header";
        BundleHeaderProto.Builder header =
            BundleHeaderProto.parseFrom(entries.get(0).value()).toBuilder();
        header.setNumShards(random.nextInt());
        header.setEndiannessValue(random.nextInt(4));
        entries.set(0, new Entry(entries.get(0).key(), header.build().toByteArray()));
      }
      case 5 -> {
        words = "no header";
        entries.remove(0);
      }
      default -> {
        words = "an entry";
        if (at == 0) {
          return;
        }
        ProtoMutator mutator = new ProtoMutator(random);
        BundleEntryProto value = BundleEntryProto.parseFrom(entry.value());
        for (int i = random.nextInt(3); i >= 0; i--) {
          value = (BundleEntryProto) mutator.mutate(value);
        }
        entries.set(at, new Entry(entry.key(), value.toByteArray()));
      }
    }
  }

  private void write() {
    int most = random.nextInt(3) == 0 ? 3 : 100_000;
    for (int from = 0; from < entries.size(); from += most) {
      List<Entry> some = entries.subList(from, Math.min(entries.size(), from + most));
      handles.add(block(some));
    }
    if (random.nextInt(6) == 0) {
      words += ", blocks twice and overlapping";
      int[] last = handles.get(handles.size() - 1);
      for (int i = random.nextInt(1000); i >= 0; i--) {
        handles.add(i % 2 == 0 ? last : new int[] {0, last[1] / 2});
      }
    }
    int[] empty = block(List.of());
    List<Entry> places = new ArrayList<>();
    for (int[] handle : handles) {
      places.add(new Entry(new byte[] {(byte) 0xff}, handle(handle)));
    }
    shared = 0;
    int[] index = block(places);
    ByteBuffer footer = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    footer.put(handle(empty)).put(handle(index)).putLong(40, 0xdb4775248b80fb57L);
    out.writeBytes(footer.array());
  }

  private int[] block(List<Entry> some) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (Entry entry : some) {
      varint(block, shared);
      varint(block, entry.key().length);
      varint(block, entry.value().length);
      block.writeBytes(entry.key());
      block.writeBytes(entry.value());
    }
    block.writeBytes(new byte[] {0, 0, 0, 0, 1, 0, 0, 0}); // one restart, at the beginning
    int offset = out.size();
    int size = block.size();
    block.write(0); // not compressed
    CRC32C crc = new CRC32C();
    crc.update(block.toByteArray());
    int value = (int) crc.getValue();
    out.writeBytes(block.toByteArray());
    out.writeBytes(
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(((value >>> 15) | (value << 17)) + 0xa282ead8)
            .array());
    return new int[] {offset, size};
  }

  private static byte[] handle(int[] place) {
    ByteArrayOutputStream handle = new ByteArrayOutputStream();
    varint(handle, place[0]);
    varint(handle, place[1]);
    return handle.toByteArray();
  }

  private static void varint(ByteArrayOutputStream to, int value) {
    int rest = value;
    while (rest >>> 7 != 0) {
      to.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    to.write(rest);
  }
}
