package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteDeviceList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListCount;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionListDevices;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Version;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ClosedException;
import dev.graft.error.Internal;
import dev.graft.error.MissingNativeException;
import dev.graft.graph.Graph;
import dev.graft.model.Model;
import dev.graft.runtime.RuntimeOptions.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tensorflow.internal.c_api.TF_DeviceList;

/**
 * TensorFlow in this process: whatever is native is opened here, and closed with this at the
 * latest. Nothing is left to the garbage collector. Safe for use by several threads.
 */
@Internal
public final class TensorFlowRuntime implements AutoCloseable {

  private static final Handles RUNTIMES = new Handles();

  private final RuntimeOptions options;
  private final Handles handles;
  private final long id;
  private final AtomicBoolean open;

  private TensorFlowRuntime(RuntimeOptions options, Handles handles, long id, AtomicBoolean open) {
    this.options = options;
    this.handles = handles;
    this.id = id;
    this.open = open;
  }

  /** TensorFlow with its own choice of device and threads. */
  public static TensorFlowRuntime open() {
    return open(RuntimeOptions.defaults());
  }

  /**
   * TensorFlow with these options; loads the native library on first use.
   *
   * @throws BadRequestException if a GPU is asked for and TensorFlow finds none
   * @throws MissingNativeException if there is no native library for this machine on the class path
   */
  public static TensorFlowRuntime open(RuntimeOptions options) {
    options.nativeLog().ifPresent(NativeLog::redirectTo);
    try {
      version();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new MissingNativeException(
          "TensorFlow's native library cannot be loaded on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "; put dev.graft:graft-platform (or graft-platform-gpu) on the class path.",
          e);
    }
    TensorFlowRuntime runtime =
        new TensorFlowRuntime(
            ProcessThreads.met(options), new Handles(), RUNTIMES.next(), new AtomicBoolean(true));
    RUNTIMES.opened(runtime.id, "TensorFlow runtime", runtime);
    if (options.device() == Device.GPU
        && runtime.devices().stream().noneMatch(device -> device.contains(":GPU:"))) {
      List<String> devices = runtime.devices();
      runtime.close();
      throw new BadRequestException(
          "a GPU is asked for, but TensorFlow sees only "
              + devices
              + "; use the device AUTO or CPU, or put dev.graft:graft-platform-gpu on the class"
              + " path of a machine with an NVIDIA driver.");
    }
    return runtime;
  }

  /** The version of TensorFlow's native library. */
  public static String version() {
    return TF_Version().getString();
  }

  /** Whether it was not closed yet. */
  public boolean isOpen() {
    return open.get();
  }

  /** The same, open as long as this is, where trainings compute with something else. */
  public TensorFlowRuntime computing(Compute value) {
    return new TensorFlowRuntime(options.compute(value), handles, id, open);
  }

  /** How it runs: as it was to, except that the threads are those that the process has. */
  public RuntimeOptions options() {
    return options;
  }

  /** The devices that sessions see, by TensorFlow's names. */
  public List<String> devices() {
    NativeSession session = session("device list", new NativeGraph(), options.compute());
    try (session;
        Status status = new Status()) {
      return session.whileOpen(
          () -> {
            TF_DeviceList list = TF_SessionListDevices(session.handle(), status.handle());
            status.check("the devices cannot be listed");
            try {
              List<String> names = new ArrayList<>();
              for (int i = 0; i < TF_DeviceListCount(list); i++) {
                names.add(TF_DeviceListName(list, i, status.handle()).getString());
              }
              return names;
            } finally {
              TF_DeleteDeviceList(list);
            }
          });
    }
  }

  /**
   * A session over {@code graph} in float32, whose variables have no value yet.
   *
   * @throws TensorFlowException if TensorFlow refuses the graph: shapes or dtypes that do not fit,
   *     an unknown op
   */
  public GraphSession session(Graph graph) {
    return session(graph, options.compute().exactly());
  }

  GraphSession session(Graph graph, Compute compute) {
    return new GraphSession(session(graph.toString(), NativeGraph.of(graph.toGraphDef()), compute));
  }

  private NativeSession session(String what, NativeGraph graph, Compute compute) {
    if (!open.get()) {
      graph.close();
      throw new ClosedException("this Graft is closed; open another one.");
    }
    return NativeSession.open(handles, options.compute(compute), "session over " + what, graph);
  }

  /**
   * A session over the model's graph with every variable set, assets in place and tables filled. It
   * computes in float32, whatever training does: as a server will.
   *
   * @throws BadModelException if a variable has no value or one of another shape or dtype; the
   *     message names it
   * @throws TensorFlowException if TensorFlow refuses the graph
   */
  public ModelSession open(Model model) {
    return open(model, model.graph());
  }

  /**
   * As {@link #open(Model)}, over a graph that holds the model's graph and more, or as much of it
   * as the model's variables and initializers need.
   *
   * @param extended where the names of the model's own nodes hold
   */
  public ModelSession open(Model model, Graph extended) {
    return ModelSession.open(this, options.compute().exactly(), model, extended);
  }

  /** As {@link #open(Model)}, computing with something else. */
  public ModelSession open(Model model, Compute compute) {
    return ModelSession.open(this, compute, model, model.graph());
  }

  /**
   * Opens a SavedModel with TensorFlow's own C++ loader, for comparison.
   *
   * @param dir its folder
   * @param tags the tags of the MetaGraph to load, {@code serve} for nearly all
   * @throws TensorFlowException if TensorFlow cannot load it
   */
  public SavedModelSession loadSavedModel(Path dir, Set<String> tags) {
    if (!open.get()) {
      throw new ClosedException("this Graft is closed; open another one.");
    }
    return SavedModelSession.load(handles, options.compute(options.compute().exactly()), dir, tags);
  }

  /** What is open now, in the order in which it was opened, with the stack trace of each. */
  public List<OpenHandle> openHandles() {
    return handles.list();
  }

  /** The runtimes open in this process and all that is open in them, for leak checks. */
  public static List<OpenHandle> openInProcess() {
    List<OpenHandle> all = new ArrayList<>(RUNTIMES.list());
    RUNTIMES
        .resources()
        .forEach(runtime -> all.addAll(((TensorFlowRuntime) runtime).openHandles()));
    return all;
  }

  /** Closes all that is still open, the newest first. May be called again. */
  @Override
  public void close() {
    open.set(false);
    handles.closeAll();
    RUNTIMES.closed(id);
  }
}
