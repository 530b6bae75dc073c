package dev.graft.cli;

import dev.graft.LiveModel;
import dev.graft.answer.Example;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a model is asked about on the command line: pictures and folders of them, tables, or what
 * standard input gives, called {@code -}.
 *
 * @param paths as they were given
 * @param live the model
 * @param examples gets each, in the order of the paths
 * @param unfit gets what is wrong with a file or a row; the others go on
 * @param remarks gets what is left out
 */
record AskedFiles(
    List<Path> paths,
    LiveModel live,
    Consumer<Example> examples,
    Consumer<BadDataException> unfit,
    Consumer<String> remarks) {

  private static final Path STANDARD_INPUT = Path.of("-");
  private static final Set<String> PICTURES = Set.of("jpg", "jpeg", "jpe", "png", "gif", "bmp");

  AskedFiles {
    if (Collections.frequency(paths, STANDARD_INPUT) > 1) {
      throw new BadRequestException("standard input is read once; give - once.");
    }
  }

  /** Whether something comes from standard input. */
  boolean readsStandardInput() {
    return paths.contains(STANDARD_INPUT);
  }

  /**
   * Reads all of them.
   *
   * @param all what {@link #all} gave
   */
  void read(List<Path> all) throws IOException {
    for (Path path : all) {
      try {
        if (!live.takesPictures()) {
          table(path);
        } else if (path.equals(STANDARD_INPUT)) {
          examples.accept(Example.picture(System.in).named("-"));
        } else {
          examples.accept(Example.picture(path));
        }
      } catch (BadDataException e) {
        unfit.accept(e);
      }
    }
  }

  private void table(Path path) throws IOException {
    ExampleTable table =
        new ExampleTable(path.toString(), live.signature(), examples, unfit, remarks);
    if (path.equals(STANDARD_INPUT)) {
      table.read(System.in);
      return;
    }
    if (!Files.isRegularFile(path)) {
      throw new BadDataException(
          "'"
              + path
              + "' is no file; the model takes values, so give a table (CSV) or JSON, or - for"
              + " standard input.");
    }
    if (isPicture(path)) {
      throw new BadDataException(
          "'"
              + path
              + "' is a picture, and the model takes no encoded ones: it has no signature"
              + " 'serving_bytes'. What 'graft publish MODEL --to BASE' makes of a model of pictures"
              + " has it.");
    }
    try (InputStream in = Files.newInputStream(path)) {
      table.read(in);
    }
  }

  /** All files: of pictures those in folders and the folders in these, too. */
  List<Path> all() throws IOException {
    if (!live.takesPictures()) {
      return paths;
    }
    List<Path> all = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        all.addAll(in(path));
      } else {
        all.add(path);
      }
    }
    return all;
  }

  private List<Path> in(Path folder) throws IOException {
    List<Path> pictures = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return isHidden(dir) && !dir.equals(folder)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !isHidden(file)) {
              (isPicture(file) ? pictures : others).add(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            if (!(e instanceof FileSystemLoopException)) {
              unfit.accept(
                  new BadDataException(
                      "'" + file + "' cannot be read (" + e.getMessage() + ").", e));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    if (pictures.isEmpty()) {
      unfit.accept(
          new BadDataException(
              "the folder '"
                  + folder
                  + "' holds no JPEG, PNG, GIF or BMP file; give another one."));
      return pictures;
    }
    if (!others.isEmpty()) {
      remarks.accept(others.size() + " files in '" + folder + "' are no pictures and are left out");
    }
    Collections.sort(pictures);
    return pictures;
  }

  private static boolean isHidden(Path path) {
    return path.getFileName() != null && path.getFileName().toString().startsWith(".");
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString();
    return PICTURES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }
}
