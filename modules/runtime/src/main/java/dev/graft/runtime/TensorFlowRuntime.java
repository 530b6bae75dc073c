package dev.graft.runtime;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeleteDeviceList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListCount;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListMemoryBytes;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_DeviceListName;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionListDevices;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Version;

import com.google.common.base.Suppliers;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ClosedException;
import dev.graft.error.Internal;
import dev.graft.error.MissingNativeException;
import dev.graft.graph.Graph;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Planning;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.internal.natives.Cuda;
import dev.graft.runtime.internal.natives.Cuda.Origin;
import dev.graft.runtime.internal.natives.NativeLibraries;
import dev.graft.runtime.internal.natives.TensorFloat32;
import dev.graft.runtime.internal.natives.XlaSwitches;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.proto.ConfigProto;

/**
 * TensorFlow in this process: whatever is native is opened here, and closed with this at the
 * latest. Nothing is left to the garbage collector. Safe for use by several threads.
 */
@Internal
public final class TensorFlowRuntime implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(TensorFlowRuntime.class.getName());

  private static final Handles RUNTIMES = new Handles();
  private static final AtomicLong CARD_MEMORY = new AtomicLong();
  private static final AtomicBoolean HOLDS_CARD = new AtomicBoolean(); // gives nothing back

  private final RuntimeOptions options;
  private final Cuda cuda;
  private final Handles handles = new Handles();
  private final long id = RUNTIMES.next();
  private final AtomicBoolean open = new AtomicBoolean(true);
  private final Supplier<List<String>> devices = Suppliers.memoize(this::listed); // asked often
  private final Supplier<String> cards = Suppliers.memoize(NativeLibraries::cards);

  private TensorFlowRuntime(RuntimeOptions options, Cuda cuda) {
    this.options = options;
    this.cuda = cuda;
  }

  /** TensorFlow with its own choice of device and threads. */
  public static TensorFlowRuntime open() {
    return open(RuntimeOptions.defaults());
  }

  /**
   * TensorFlow with these options; loads the native library on first use, and before it CUDA, if
   * the native library is the one for GPUs.
   *
   * @throws BadRequestException if a GPU is asked for and TensorFlow finds none
   * @throws MissingNativeException if there is no native library for this machine on the class
   *     path, or one of CUDA's cannot be loaded
   */
  public static TensorFlowRuntime open(RuntimeOptions options) {
    options.nativeLog().ifPresent(NativeLog::redirectTo);
    Cuda cuda = cuda(options);
    try {
      version();
      boolean compiles = options.processor().mayCompile(!cuda.files().isEmpty());
      XlaSwitches.ready(
          compiles ? Optional.of(() -> compiledIn(options, cuda)) : Optional.empty(),
          !cuda.files().isEmpty());
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new MissingNativeException(
          "TensorFlow's native library cannot be loaded on "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "; put dev.graft:graft-platform (or graft-platform-gpu) on the class path.",
          e);
    }
    TensorFlowRuntime runtime = new TensorFlowRuntime(ProcessThreads.met(options), cuda);
    RUNTIMES.opened(runtime.id, "TensorFlow runtime", runtime);
    try {
      runtime.requireDevice();
      if (runtime.computesOnGpu()) {
        TensorFloat32.off(); // scores, heads and proofs are held against those of a CPU
        if (!options.processor().memoryGrowth()) {
          HOLDS_CARD.set(true); // at once, and not as it is needed
        }
      }
    } catch (RuntimeException | Error e) {
      try {
        runtime.close();
      } catch (RuntimeException other) {
        e.addSuppressed(other);
      }
      throw e;
    }
    return runtime;
  }

  /** The one that it may use. It is loaded for any device: another runtime may want another. */
  private static Cuda cuda(RuntimeOptions options) {
    Path root = options.processor().cuda();
    if (options.device() == Device.CPU) {
      NativeLibraries.ahead(root);
      return Cuda.NOT_ASKED_FOR;
    }
    return NativeLibraries.load(root);
  }

  private static Path compiledIn(RuntimeOptions options, Cuda cuda) {
    Path root = options.processor().cuda();
    return XlaSwitches.folder(root, version(), Processor.extensions(), cuda);
  }

  /** Refuses where a GPU is asked for and there is none; warns where one is expected. */
  private void requireDevice() {
    boolean asked = options.device() == Device.GPU;
    boolean isLate = cuda.origin() == Origin.TOO_LATE;
    if (!asked && !isLate && cuda.files().isEmpty()) {
      return;
    }
    List<String> devices = devices();
    if (isGpuAmong(devices)) {
      return;
    }
    if (asked) {
      throw new BadRequestException(
          "a GPU is asked for, but TensorFlow sees only "
              + devices
              + " ("
              + cuda.sentence()
              + "); use the device AUTO or CPU"
              + (isLate
                  ? "."
                  : ", or put dev.graft:graft-platform-gpu on the class path of a machine with an"
                      + " NVIDIA driver."));
    }
    if (isLate) {
      LOG.log(Level.WARNING, cuda.sentence() + ". Until then it computes on the CPU.");
      return;
    }
    LOG.log(
        Level.WARNING,
        "there are an NVIDIA driver and CUDA, but TensorFlow sees no card and computes on the"
            + " CPU; its own log says why.");
  }

  /** The version of TensorFlow's native library. */
  public static String version() {
    NativeMemory.ready();
    return TF_Version().getString();
  }

  /** Whether it was not closed yet. */
  public boolean isOpen() {
    return open.get();
  }

  /** How it runs: as it was to, except that the threads are those that the process has. */
  public RuntimeOptions options() {
    return options;
  }

  /** Where CUDA comes from, or why there is none. */
  public Cuda cuda() {
    return cuda;
  }

  /** The same for a person, without a full stop. */
  public String cudaInWords() {
    return cuda.sentence();
  }

  /** Whether one of the devices is a GPU. */
  public boolean seesGpu() {
    return isGpuAmong(devices());
  }

  /** Whether sessions compute on a GPU. */
  public boolean computesOnGpu() {
    return options.device() != Device.CPU && seesGpu();
  }

  private static boolean isGpuAmong(List<String> devices) {
    return devices.stream().anyMatch(device -> device.contains(":GPU:"));
  }

  /**
   * Watches how float32 is multiplied: the answer says whether exactly, all the time from now on.
   * Another session of the process may want TF32 meanwhile, and has the switch for all.
   */
  public BooleanSupplier exactness() {
    return computesOnGpu() ? TensorFloat32.watch() : () -> true;
  }

  /**
   * Whether this process may hold a card's memory: TensorFlow keeps what it took once, so that what
   * a card has free says little of others from then on.
   */
  public static boolean holdsCardMemory() {
    return HOLDS_CARD.get();
  }

  /**
   * How many bytes TensorFlow may take of the first card, which is what was free there when this
   * process came to it; 0 without one.
   */
  public long cardMemory() {
    return computesOnGpu() ? CARD_MEMORY.get() : 0;
  }

  /** Cards and driver in words, where sessions compute there: other ones round otherwise. */
  public String cardsInWords() {
    return computesOnGpu() ? cards.get() : "";
  }

  private void takesMemory() {
    if (computesOnGpu()) {
      HOLDS_CARD.set(true);
    }
  }

  /** Whether TensorFlow's switch for TF32 is found; without it GPUs multiply as they like. */
  public static boolean hasTf32Switch() {
    return TensorFloat32.isThere();
  }

  /** The devices that sessions see, by TensorFlow's names. */
  public List<String> devices() {
    requireOpen();
    return devices.get();
  }

  private List<String> listed() {
    Compute any = computing(Precision.FLOAT32, false); // what is brief depends on the devices
    try (NativeSession session = session("device list", new NativeGraph(), any);
        Status status = new Status()) {
      return session.whileOpen(
          () -> {
            TF_DeviceList list = TF_SessionListDevices(session.handle(), status.handle());
            status.check("the devices cannot be listed");
            try {
              List<String> names = new ArrayList<>();
              for (int i = 0; i < TF_DeviceListCount(list); i++) {
                String name = TF_DeviceListName(list, i, status.handle()).getString();
                names.add(name);
                if (name.endsWith(":GPU:0")) {
                  long bytes = TF_DeviceListMemoryBytes(list, i, status.handle());
                  CARD_MEMORY.accumulateAndGet(bytes, Math::max); // it counts what it has as taken
                }
              }
              return List.copyOf(names);
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
    return session(graph, briefly(Precision.FLOAT32));
  }

  /** The same, compiled by XLA or not: see {@link #open(Model, Precision, boolean)}. */
  public GraphSession session(Graph graph, boolean compiled) {
    return session(graph, computing(Precision.FLOAT32, compiled));
  }

  /** On a GPU the optimiser has to lay a graph out for its kernels. */
  private Compute briefly(Precision precision) {
    Planning planning = computesOnGpu() ? Planning.USUAL : Planning.BRIEF;
    return new Compute(precision, options.fusion(), false, planning);
  }

  private Compute computing(Precision precision, boolean compiled) {
    return new Compute(precision, options.fusion(), compiled, Planning.USUAL);
  }

  GraphSession session(Graph graph, Compute compute) {
    takesMemory();
    return new GraphSession(session(graph.toString(), NativeGraph.of(graph.toGraphDef()), compute));
  }

  private NativeSession session(String what, NativeGraph graph, Compute compute) {
    try {
      requireOpen();
    } catch (ClosedException e) {
      graph.close();
      throw e;
    }
    ConfigProto config = SessionConfig.of(options, compute);
    return NativeSession.open(handles, config, "session over " + what, graph);
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
    return ModelSession.open(this, briefly(Precision.FLOAT32), model, extended);
  }

  /**
   * As {@link #open(Model)}, with its matrix work in another precision. While one in TF32 is open
   * on a GPU, all of the process may multiply in it.
   */
  public ModelSession open(Model model, Precision precision) {
    return ModelSession.open(this, briefly(precision), model, model.graph());
  }

  /**
   * The same, compiled by XLA or not: as much of the graph as it can compile, in as few pieces as
   * can be. A piece is compiled when it first runs, and anew for tensors of other shapes.
   */
  public ModelSession open(Model model, Precision precision, boolean compiled) {
    return ModelSession.open(this, computing(precision, compiled), model, model.graph());
  }

  /**
   * Opens a SavedModel with TensorFlow's own C++ loader, for comparison.
   *
   * @param dir its folder
   * @param tags the tags of the MetaGraph to load, {@code serve} for nearly all
   * @throws TensorFlowException if TensorFlow cannot load it
   */
  public SavedModelSession loadSavedModel(Path dir, Set<String> tags) {
    requireOpen();
    takesMemory();
    ConfigProto config = SessionConfig.of(options, computing(Precision.FLOAT32, false));
    return SavedModelSession.load(handles, config, dir, tags);
  }

  private void requireOpen() {
    if (!open.get()) {
      throw new ClosedException("this Graft is closed; open another one.");
    }
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
