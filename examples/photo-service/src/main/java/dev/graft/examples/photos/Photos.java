package dev.graft.examples.photos;

import dev.graft.Graft;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.job.Baselines;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.server.ResponseStatusException;

/**
 * The uploaded photos: {@code photos/<part>/<label>/<digest>}. Of five of a label three are learned
 * from, one decides and one is scored, and each stays what it is: a new version is held against the
 * one before on photos that neither has learned from.
 */
@Component
class Photos {

  private static final Pattern LABEL = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} _-]{0,63}");
  private static final List<String> PARTS = List.of("train", "val", "train", "test", "train");

  private final Graft graft;
  private final Path photos;
  private final Path learned;
  private final Model pixels = Baselines.rawPixels(8); // to decode with

  Photos(Graft graft, PhotoSettings settings) {
    this.graft = graft;
    this.photos = settings.data().resolve("photos");
    this.learned = settings.data().resolve("learned");
  }

  /**
   * Keeps photos of a label, all of them or none.
   *
   * @return how many of them were not there yet
   * @throws dev.graft.error.BadDataException if one cannot be decoded
   */
  int add(String label, List<byte[]> pictures) throws IOException {
    if (!LABEL.matcher(label).matches()) { // it becomes the name of a folder
      throw new ResponseStatusException(
          HttpStatus.BAD_REQUEST, "a label has letters, digits, blanks, - and _, 64 at most");
    }
    requireDecodable(pictures);
    int added = 0;
    for (byte[] picture : pictures) {
      added += keep(label, picture) ? 1 : 0;
    }
    return added;
  }

  /** Has TensorFlow decode them, as training will: one bad photo would end a training. */
  private void requireDecodable(List<byte[]> pictures) {
    Answers none = Answers.oneOf(Labels.of("photo"), new int[pictures.size()]);
    graft.predict(pixels, Dataset.pictures(pictures, none));
  }

  private synchronized boolean keep(String label, byte[] picture) throws IOException {
    String name = digest(picture); // never what the client called it
    int count = 0;
    for (String part : new TreeSet<>(PARTS)) {
      Path folder = photos.resolve(part).resolve(label);
      if (Files.exists(folder.resolve(name))) {
        return false;
      }
      count += count(folder);
    }
    Path folder = photos.resolve(PARTS.get(count % PARTS.size())).resolve(label);
    Files.createDirectories(folder);
    Path half = Files.write(photos.resolve("." + name), picture); // hidden: nobody learns from it
    Files.move(half, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    return true;
  }

  private static int count(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return (int) files.count();
    }
  }

  private static String digest(byte[] picture) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(picture));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /**
   * A folder with the photos that are there now, by links. A training that was broken off goes on
   * with just these, whatever is uploaded meanwhile.
   */
  synchronized Path snapshot() throws IOException {
    FileSystemUtils.deleteRecursively(learned);
    Files.createDirectories(photos);
    Files.createDirectories(learned);
    try (Stream<Path> files = Files.find(photos, 3, (path, file) -> file.isRegularFile())) {
      for (Path file :
          files.filter(each -> !each.getFileName().toString().startsWith(".")).toList()) {
        Path link = learned.resolve(photos.relativize(file));
        Files.createDirectories(link.getParent());
        Files.createLink(link, file);
      }
    }
    return learned;
  }
}
