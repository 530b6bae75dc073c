package dev.graft.testkit;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/**
 * The default file system, of which one operation fails: opening, writing, forcing, listing,
 * creating, deleting, moving. Paths print as what they are, so native code finds the files.
 */
public class FaultyFileSystem extends FileSystemProvider {

  /** What happens at the operation that fails. */
  public enum Fault {
    /** It fails and does nothing; all others work. */
    ONCE,
    /** It is done and then fails all the same. */
    DONE_BUT_REPORTED,
    /** It and all after it fail: the disk is gone. */
    FOR_GOOD,
    /**
     * The first write from it on writes half of its bytes and all later ones none; all else works.
     */
    FULL
  }

  /** One operation on files. */
  interface Operation<T> {
    T run() throws IOException;
  }

  private final FileSystem original = Path.of("").getFileSystem();
  private final FileSystemProvider real = original.provider();
  private final FileSystem view = new View();
  private final int failing;
  private final Fault fault;
  private int operations;
  private boolean isFull;

  /** Operation number {@code failing} (from 1) fails; 0 for none. */
  public FaultyFileSystem(int failing, Fault fault) {
    this.failing = failing;
    this.fault = fault;
  }

  /** How many operations there were. */
  public synchronized int operations() {
    return operations;
  }

  /** Writes {@code whole}, or {@code half} of it and fails. */
  synchronized <T> T write(Operation<T> whole, Operation<T> half) throws IOException {
    if (fault != Fault.FULL || failing == 0 || operations + 1 < failing) {
      return attempt(whole);
    }
    operations++;
    if (!isFull) {
      isFull = true;
      half.run();
    }
    throw new IOException("injected at operation " + operations + ": No space left on device");
  }

  /** Runs an operation, or fails in its place. */
  synchronized <T> T attempt(Operation<T> operation) throws IOException {
    operations++;
    boolean fails =
        failing > 0
            && fault != Fault.FULL
            && (operations == failing || (fault == Fault.FOR_GOOD && operations > failing));
    if (!fails) {
      return operation.run();
    }
    if (fault == Fault.DONE_BUT_REPORTED) {
      T result = operation.run();
      if (result instanceof SeekableByteChannel open) {
        open.close();
      }
    }
    throw new IOException("injected at operation " + operations);
  }

  /** {@code path} in this file system. */
  public Path wrap(Path path) {
    return (Path)
        Proxy.newProxyInstance(
            Wrapped.class.getClassLoader(),
            new Class<?>[] {Wrapped.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getFileSystem")) {
                return view;
              }
              if (method.getName().equals("unwrapped")) {
                return path;
              }
              Object[] plain = arguments == null ? new Object[0] : arguments.clone();
              for (int i = 0; i < plain.length; i++) {
                plain[i] = plain[i] instanceof Wrapped wrapped ? wrapped.unwrapped() : plain[i];
              }
              try {
                Object result = method.invoke(path, plain);
                return result instanceof Path other ? wrap(other) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private interface Wrapped extends Path {
    Path unwrapped();
  }

  private static Path plain(Path path) {
    return path instanceof Wrapped wrapped ? wrapped.unwrapped() : path;
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return new FaultyChannel(
        this, attempt(() -> real.newFileChannel(plain(path), options, attributes)));
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path dir, DirectoryStream.Filter<? super Path> filter) throws IOException {
    DirectoryStream<Path> stream = attempt(() -> real.newDirectoryStream(plain(dir), p -> true));
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        Iterator<Path> all = stream.iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return all.hasNext();
          }

          @Override
          public Path next() {
            return wrap(all.next());
          }
        };
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }

  @Override
  public void createDirectory(Path dir, FileAttribute<?>... attributes) throws IOException {
    attempt(
        () -> {
          real.createDirectory(plain(dir), attributes);
          return dir;
        });
  }

  @Override
  public void delete(Path path) throws IOException {
    attempt(
        () -> {
          real.delete(plain(path));
          return path;
        });
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    attempt(
        () -> {
          real.move(plain(from), plain(to), options);
          return to;
        });
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) throws IOException {
    attempt(
        () -> {
          real.copy(plain(from), plain(to), options);
          return to;
        });
  }

  // Looking at files does not fail here: it changes nothing that could be left half done.

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    real.checkAccess(plain(path), modes);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return real.readAttributes(plain(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return real.readAttributes(plain(path), attributes, options);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return real.getFileAttributeView(plain(path), type, options);
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options)
      throws IOException {
    real.setAttribute(plain(path), attribute, value, options);
  }

  @Override
  public boolean isSameFile(Path one, Path two) throws IOException {
    return real.isSameFile(plain(one), plain(two));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return real.isHidden(plain(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return real.getFileStore(plain(path));
  }

  @Override
  public String getScheme() {
    return "faulty";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    return view;
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return view;
  }

  @Override
  public Path getPath(URI uri) {
    return wrap(Path.of(uri));
  }

  /** The default file system, provided by this. */
  private final class View extends FileSystem {
    @Override
    public FileSystemProvider provider() {
      return FaultyFileSystem.this;
    }

    @Override
    public void close() {}

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean isReadOnly() {
      return false;
    }

    @Override
    public String getSeparator() {
      return original.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
      return original.getRootDirectories();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
      return original.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
      return original.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
      return wrap(original.getPath(first, more));
    }

    @Override
    public java.nio.file.PathMatcher getPathMatcher(String pattern) {
      return original.getPathMatcher(pattern);
    }

    @Override
    public java.nio.file.attribute.UserPrincipalLookupService getUserPrincipalLookupService() {
      return original.getUserPrincipalLookupService();
    }

    @Override
    public java.nio.file.WatchService newWatchService() throws IOException {
      return original.newWatchService();
    }
  }
}
