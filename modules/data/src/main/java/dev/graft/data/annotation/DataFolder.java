package dev.graft.data.annotation;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Part;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A folder of pictures and annotations, and what may be found in it. */
final class DataFolder {

  private static final int MOST_FILES = 4_000_000;
  private static final int DEEPEST = 12;
  private static final Set<String> PICTURES = Set.of("jpg", "jpeg", "png", "gif", "bmp");
  private static final Set<String> CLUTTER =
      Set.of("thumbs.db", "desktop.ini", "__macosx", "@eadir");

  private final Path root;
  private final ImmutableList<Path> files;
  private final Map<String, List<Path>> byName = new HashMap<>();

  private DataFolder(Path root) {
    this.root = root;
    this.files = walk(root);
    pictures()
        .forEach(each -> byName.computeIfAbsent(name(each), k -> new ArrayList<>()).add(each));
  }

  /** Looks through a folder, links followed, hidden files and those of systems passed over. */
  static DataFolder of(Path folder) {
    Path root = folder.normalize(); // as it was given, so that names stay short
    return new DataFolder(name(root).isEmpty() ? folder.toAbsolutePath().normalize() : root);
  }

  private static ImmutableList<Path> walk(Path root) {
    List<Path> found = new ArrayList<>();
    try {
      Files.walkFileTree(
          root,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          DEEPEST,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes all) {
              return isClutter(folder) && !folder.equals(root)
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes all) {
              if (all.isRegularFile() && !isClutter(file)) {
                found.add(file);
              }
              if (found.size() > MOST_FILES) {
                throw new BadDataException(
                    root
                        + " holds more than "
                        + MOST_FILES
                        + " files; give the folder that holds the data alone.");
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof FileSystemLoopException) {
                return FileVisitResult.CONTINUE; // what is there has been seen
              }
              throw e;
            }
          });
    } catch (IOException e) {
      throw new BadDataException(
          root + " cannot be looked through (" + e.getMessage() + "); check its permissions.", e);
    }
    return ImmutableList.sortedCopyOf(found);
  }

  private static boolean isClutter(Path file) {
    String name = name(file).toLowerCase(Locale.ROOT);
    return name.startsWith(".") || CLUTTER.contains(name);
  }

  Path root() {
    return root;
  }

  TextFile text(Path file) {
    return new TextFile(file, root);
  }

  /** All files, sorted. */
  ImmutableList<Path> files() {
    return files;
  }

  /** Those whose name ends so. */
  List<Path> files(String... extensions) {
    return files.stream().filter(file -> Set.of(extensions).contains(extension(file))).toList();
  }

  /** Those with the name of a picture. */
  List<Path> pictures() {
    return files.stream().filter(DataFolder::isPicture).toList();
  }

  static boolean isPicture(Path file) {
    return isPicture(name(file));
  }

  /** Whether a file of this name is taken for a picture. */
  static boolean isPicture(String name) {
    return PICTURES.contains(extension(name));
  }

  /** The pictures of this file name, wherever they are. */
  List<Path> named(String name) {
    return byName.getOrDefault(name, List.of());
  }

  /**
   * What a file calls {@code written}, seen from {@code base}; empty if that cannot be, or leads
   * out of this folder.
   */
  Optional<Path> inside(Path base, String written) {
    try {
      Path path = Path.of(written.replace('\\', '/'));
      Path whole = base.resolve(path).normalize();
      // the root may begin with "..", and so may what is outside
      boolean isInside = absolute(whole).startsWith(absolute(root));
      return path.isAbsolute() || !isInside ? Optional.empty() : Optional.of(whole);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  /**
   * The picture that a file calls {@code written}: seen from one of {@code bases}, or the only one
   * of that file name whose folders are called as those that are written, if any are.
   *
   * @throws BadDataException saying why there is none, to be counted among others
   */
  Path picture(List<Path> bases, String written) {
    boolean isInside = false;
    for (Path base : bases) {
      Optional<Path> path = inside(base, written);
      isInside |= path.isPresent();
      if (path.isPresent() && Files.isRegularFile(path.get())) {
        return path.get();
      }
    }
    if (!isInside) {
      throw new BadDataException("which is no path inside " + root);
    }
    Path path = Path.of(written.replace('\\', '/')).normalize();
    List<Path> others = named(name(path)).stream().filter(each -> isCalled(each, path)).toList();
    if (others.size() == 1) {
      return others.get(0);
    }
    throw new BadDataException(
        others.isEmpty()
            ? "which is not in " + root
            : "of which there are " + others.size() + " in " + root);
  }

  /** Whether the folders of a picture are called as those of {@code written}, from the last on. */
  private boolean isCalled(Path picture, Path written) {
    Path above = absolute(root).getParent();
    Path whole = above == null ? absolute(picture) : above.relativize(absolute(picture));
    int same = Math.min(written.getNameCount(), Math.max(2, whole.getNameCount() - 1));
    return written.getNameCount() == 1
        || whole.endsWith(written.subpath(written.getNameCount() - same, written.getNameCount()));
  }

  /** The part that a file's name, or that of a folder above it, says that it belongs to. */
  Optional<Part> part(Path file) {
    for (String token : stem(file).split("[^A-Za-z]+")) {
      Part part = called(token);
      if (part != null) {
        return Optional.of(part);
      }
    }
    return partOfFolder(file);
  }

  /** The part that a word stands for, as {@code train2017} and {@code testing} do; maybe none. */
  static @Nullable Part called(String word) {
    String bare = word.replaceFirst("[-_]?\\d+$", "").toLowerCase(Locale.ROOT);
    return switch (bare) {
      case "training" -> Part.TRAIN;
      case "testing" -> Part.TEST;
      default -> Part.called(bare);
    };
  }

  /** The part that a folder above the file says that it belongs to. */
  Optional<Part> partOfFolder(Path file) {
    Path parent = root.relativize(file).getParent();
    while (parent != null) {
      Part part = called(name(parent));
      if (part != null) {
        return Optional.of(part);
      }
      parent = parent.getParent();
    }
    return Optional.empty();
  }

  static Path folder(Path file) {
    Path parent = file.getParent();
    return parent == null ? Path.of("") : parent;
  }

  static String name(Path file) {
    Path last = file.getFileName();
    return last == null ? "" : last.toString();
  }

  /** The name without what it ends with. */
  static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  static String stem(Path file) {
    return stem(name(file));
  }

  static String extension(Path file) {
    return extension(name(file));
  }

  private static String extension(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
