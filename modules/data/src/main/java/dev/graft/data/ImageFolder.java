package dev.graft.data;

import dev.graft.model.BadDataException;
import dev.graft.model.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads a folder that holds a folder for each label with its pictures. Labels and files in the
 * order of their names; hidden files are passed over; what a file is, its first bytes say.
 */
final class ImageFolder {

  private static final Set<String> CLUTTER = Set.of("thumbs.db", "desktop.ini"); // Windows' own

  private static final char UNREADABLE = '\uFFFD'; // stands for bytes that are no characters

  private ImageFolder() {}

  static Dataset read(Path root) {
    if (!Files.isDirectory(root)) {
      throw new BadDataException(
          "there is no folder "
              + root
              + "; give one that holds a folder of pictures for each label.");
    }
    List<Path> folders = children(root).stream().filter(Files::isDirectory).toList();
    if (folders.isEmpty()) {
      throw new BadDataException(
          root + " holds no folders; put the pictures of each label in a folder of that name.");
    }
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (Path folder : folders) {
      if (name(folder).indexOf(UNREADABLE) >= 0) {
        throw new BadDataException(
            "the name of the folder "
                + folder
                + " cannot be read in this locale; set LC_ALL=C.UTF-8 (in Java before it starts).");
      }
      List<Path> pictures = pictures(folder);
      int label = folders.indexOf(folder);
      pictures.forEach(
          picture -> {
            files.add(picture);
            labels.add(label);
          });
    }
    if (folders.size() == 1) {
      throw new BadDataException(
          root
              + " holds one label only ('"
              + name(folders.get(0))
              + "'); a classifier needs at least two folders to tell apart.");
    }
    Labels names = Labels.of(folders.stream().map(ImageFolder::name).toList());
    int[] targets = labels.stream().mapToInt(Integer::intValue).toArray();
    return new Dataset(new ImageFiles(files), Map.of(Batch.ONLY, Answers.oneOf(names, targets)));
  }

  private static List<Path> pictures(Path folder) {
    List<Path> pictures = children(folder);
    if (pictures.isEmpty()) {
      throw new BadDataException(
          "the folder "
              + folder
              + " is empty; put pictures of '"
              + name(folder)
              + "' in it, or delete it.");
    }
    pictures.forEach(ImageFolder::check);
    return pictures;
  }

  static void check(Path file) {
    if (Files.isDirectory(file)) {
      throw new BadDataException(
          file
              + " is a folder inside the folder of a label; put its pictures one level up, beside"
              + " it.");
    }
    ImageFormat format;
    try (InputStream in = Files.newInputStream(file)) {
      format = ImageFormat.of(in.readNBytes(ImageFormat.HEADER));
    } catch (IOException e) {
      throw new BadDataException(file + " cannot be read; check its permissions.", e);
    }
    if (!format.isDecodable()) {
      throw new BadDataException(
          file
              + " is "
              + format.words()
              + "; only JPEG, PNG, GIF and BMP can be read. Convert it, or take it out of the"
              + " folder.");
    }
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> !isClutter(name(path)))
          .sorted((a, b) -> name(a).compareTo(name(b)))
          .toList();
    } catch (IOException e) {
      throw new BadDataException(
          "the folder " + folder + " cannot be read; check its permissions.", e);
    }
  }

  private static boolean isClutter(String name) {
    return name.startsWith(".") || CLUTTER.contains(name.toLowerCase(Locale.ROOT));
  }

  private static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? path.toString() : last.toString();
  }
}
