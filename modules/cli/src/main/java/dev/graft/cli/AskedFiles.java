package dev.graft.cli;

import dev.graft.LiveModel;
import dev.graft.answer.Example;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What a model is asked about on the command line: pictures and folders of them, tables, or what
 * standard input gives, called {@code -}.
 *
 * @param paths as they were given
 * @param live the model
 * @param remarks gets what was left out
 */
record AskedFiles(List<Path> paths, LiveModel live, Consumer<String> remarks) {

  private static final Path STANDARD_INPUT = Path.of("-");
  private static final Set<String> PICTURES = Set.of("jpg", "jpeg", "jpe", "png", "gif", "bmp");

  /**
   * Gives each example to {@code examples}, in the order of the paths.
   *
   * @param unreadable gets what was wrong with a file; the others go on
   */
  void each(Consumer<Example> examples, Consumer<BadDataException> unreadable) throws IOException {
    for (Path path : live.takesPictures() ? expanded() : paths) {
      try {
        if (!live.takesPictures()) {
          table(path, examples);
        } else if (path.equals(STANDARD_INPUT)) {
          examples.accept(Example.picture(System.in).named("-"));
        } else {
          examples.accept(Example.picture(path));
        }
      } catch (BadDataException e) {
        unreadable.accept(e);
      }
    }
  }

  private void table(Path path, Consumer<Example> examples) throws IOException {
    ExampleTable table = new ExampleTable(path.toString(), live.signature());
    if (path.equals(STANDARD_INPUT)) {
      table.read(System.in, examples, remarks);
      return;
    }
    if (!Files.isRegularFile(path)) {
      throw new BadDataException(
          "'"
              + path
              + "' is no file; the model takes values, so give a table (CSV) or JSON, or - for"
              + " standard input.");
    }
    try (InputStream in = Files.newInputStream(path)) {
      table.read(in, examples, remarks);
    }
  }

  /** All files, with the pictures in folders and the folders in these. */
  List<Path> expanded() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        all.addAll(pictures(path));
      } else {
        all.add(path);
      }
    }
    return all;
  }

  private List<Path> pictures(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files =
          all.filter(Files::isRegularFile)
              .filter(file -> !file.getFileName().toString().startsWith("."))
              .sorted()
              .toList();
    }
    List<Path> pictures = files.stream().filter(AskedFiles::isPicture).toList();
    if (pictures.isEmpty()) {
      throw new BadRequestException(
          "the folder '" + folder + "' holds no JPEG, PNG, GIF or BMP file; give another one.");
    }
    int others = files.size() - pictures.size();
    if (others > 0) {
      remarks.accept(others + " files in '" + folder + "' are no pictures and are left out");
    }
    return pictures;
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString();
    return PICTURES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }
}
