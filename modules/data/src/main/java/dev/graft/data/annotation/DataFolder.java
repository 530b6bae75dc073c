package dev.graft.data.annotation;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
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
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A folder of pictures and annotations, and what may be found in it. */
final class DataFolder {

  private static final int MOST_FILES = 4_000_000;
  private static final int DEEPEST = 12;
  private static final Set<String> PICTURES = Set.of("jpg", "jpeg", "png", "gif", "bmp");
  private static final ImmutableMap<String, String> UNREAD = // by TensorFlow
      ImmutableMap.of(
          "webp", "WebP", "tif", "TIFF", "tiff", "TIFF", "heic", "HEIC", "avif", "AVIF");
  private static final Set<String> CLUTTER =
      Set.of("thumbs.db", "desktop.ini", "__macosx", "@eadir");
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:[/\\\\]"); // of Windows

  /** There is no picture of a name. */
  static final class Missing extends BadDataException {
    private static final long serialVersionUID = 1L;

    private Missing(String message) {
      super(message);
    }
  }

  private final Path root;
  private final ImmutableList<Path> files;
  private final Map<String, List<Path>> byName = new HashMap<>();
  private final Supplier<Map<String, List<Path>>> byLowerName =
      Suppliers.memoize(
          () -> pictures().stream().collect(Collectors.groupingBy(each -> lower(name(each)))));
  private final Set<String> unread = new HashSet<>(); // names of what cannot be read
  private final Set<Path> elsewhere = new LinkedHashSet<>(); // found though a path leads out

  private DataFolder(Path root) {
    this.root = root;
    this.files = walk(root);
    pictures()
        .forEach(
            each -> byName.computeIfAbsent(composed(name(each)), k -> new ArrayList<>()).add(each));
    files.stream()
        .filter(each -> unread(each).isPresent())
        .forEach(each -> unread.add(composed(name(each))));
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

  /** The pictures of this file name, wherever they are; if there are none, in any case. */
  List<Path> named(String name) {
    List<Path> exactly = byName.get(composed(name));
    return exactly != null ? exactly : byLowerName.get().getOrDefault(lower(name), List.of());
  }

  /** Letters with their marks as one: macOS writes names with the marks by themselves. */
  private static String composed(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC);
  }

  private static String lower(String name) {
    return composed(name).toLowerCase(Locale.ROOT);
  }

  /**
   * What a file calls {@code written}, seen from {@code base}; empty if that cannot be, or leads
   * out of this folder.
   */
  Optional<Path> inside(Path base, String written) {
    Optional<Path> whole = path(written).map(path -> base.resolve(path).normalize());
    // the root may begin with "..", and so may what is outside
    return isWhole(written)
        ? Optional.empty()
        : whole.filter(each -> absolute(each).startsWith(absolute(root)));
  }

  private static Optional<Path> path(String written) {
    try {
      return Optional.of(Path.of(written.replace('\\', '/')));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Whether it is a path from the top of a machine, be that another one. */
  private static boolean isWhole(String written) {
    return DRIVE.matcher(written).lookingAt() || path(written).filter(Path::isAbsolute).isPresent();
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  /**
   * The picture that a file calls {@code written}: seen from one of {@code bases}, the first where
   * that file lies, or the only one of that file name whose folders are called as those that are
   * written, if any are. Of a path out of this folder, as of the machine that wrote it, the name
   * alone is enough.
   *
   * @throws Missing if there is none, saying so
   * @throws BadDataException if there are several; both to be counted among others
   */
  Path picture(List<Path> bases, String written) {
    boolean isInside = inside(bases.get(0), written).isPresent(); // deeper ones are guesses
    for (Path base : bases) {
      Optional<Path> path = inside(base, written);
      if (path.isPresent() && Files.isRegularFile(path.get())) {
        return path.get();
      }
    }
    Path path = path(written).orElse(Path.of("")).normalize();
    List<Path> same = named(name(path));
    List<Path> called = same.stream().filter(each -> isCalled(each, path)).toList();
    List<Path> found = called;
    if (called.isEmpty() && !isInside) { // but none that lies among those of another part
      Optional<Part> part = partOf(path.getParent());
      found = same.stream().filter(each -> isOf(part, partOfFolder(each))).toList();
    }
    if (found.isEmpty()) {
      Optional<String> kind = unread(path).filter(any -> unread.contains(composed(name(path))));
      if (kind.isPresent()) {
        throw new BadDataException(
            "which is " + kind.get() + ", which cannot be read; convert it to JPEG or PNG");
      }
      throw new Missing((isInside ? "which is not in " : "which is no path inside ") + root);
    }
    if (found.size() > 1) {
      throw new BadDataException("of which there are " + found.size() + " in " + root);
    }
    if (!isInside) {
      elsewhere.add(found.get(0));
    }
    return found.get(0);
  }

  /** What a picture is called whose name says that it cannot be read. */
  static Optional<String> unread(Path file) {
    return Optional.ofNullable(UNREAD.get(extension(file)));
  }

  /** What is to be told of pictures whose paths led out of this folder. */
  Optional<String> elsewhere() {
    int count = elsewhere.size();
    return elsewhere.stream()
        .findFirst()
        .map(
            first ->
                count
                    + (count == 1
                        ? " picture is named by a path out of "
                        : " pictures are named by paths out of ")
                    + root
                    + (count == 1
                        ? ", and taken by its name from there: "
                        : ", and taken by their names from there, the first ")
                    + first);
  }

  /** Whether the folders of a picture are called as those of {@code as}, from the last on. */
  private boolean isCalled(Path picture, Path as) {
    Path written = as.resolveSibling(name(picture)); // whose letters may be of another case
    Path above = absolute(root).getParent();
    Path whole = above == null ? absolute(picture) : above.relativize(absolute(picture));
    int same = Math.min(written.getNameCount(), Math.max(2, whole.getNameCount() - 1));
    return written.getNameCount() == 1
        || whole.endsWith(written.subpath(written.getNameCount() - same, written.getNameCount()));
  }

  /** The part that a file's name, or that of a folder above it, says that it belongs to. */
  private Optional<Part> part(Path file) {
    for (String token : stem(file).split("[^A-Za-z]+")) {
      Part part = called(token);
      if (part != null) {
        return Optional.of(part);
      }
    }
    return partOfFolder(file);
  }

  /**
   * The same of one of several files; one alone is of no part. What is called {@code trainval} is
   * for training, unless others divide it.
   */
  Optional<Part> part(Path file, List<Path> all) {
    if (all.size() == 1) {
      return Optional.empty();
    }
    Optional<Part> own = part(file);
    boolean isBoth = own.isEmpty() && stem(file).toLowerCase(Locale.ROOT).contains("trainval");
    return isBoth && all.stream().noneMatch(each -> part(each).equals(Optional.of(Part.TRAIN)))
        ? Optional.of(Part.TRAIN)
        : own;
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

  private static boolean isOf(Optional<Part> wanted, Optional<Part> found) {
    return wanted.isEmpty() || found.isEmpty() || wanted.equals(found);
  }

  /** The part that a folder above the file says that it belongs to. */
  Optional<Part> partOfFolder(Path file) {
    return partOf(root.relativize(file).getParent());
  }

  /** The same of what a file calls {@code written}; of a path out of this folder none. */
  Optional<Part> partNamed(String written) {
    return inside(root, written).flatMap(this::partOfFolder);
  }

  private static Optional<Part> partOf(@Nullable Path folder) {
    Path parent = folder;
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

  static Path withoutEnding(Path file) {
    return file.resolveSibling(stem(file));
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
