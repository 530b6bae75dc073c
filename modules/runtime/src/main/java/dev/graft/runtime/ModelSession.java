package dev.graft.runtime;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.Internal;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Asset;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.runtime.internal.natives.TensorFloat32;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Remedy;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** A model ready to run: its variables have their values, its tables are filled. */
@Internal
public final class ModelSession implements AutoCloseable {

  private final Model model;
  private final GraphSession session;
  private final VariableAccess variables;
  private final Map<Signature, PreparedRun> calls = new ConcurrentHashMap<>();

  private ModelSession(Model model, GraphSession session, VariableAccess variables) {
    this.model = model;
    this.session = session;
    this.variables = variables;
  }

  static ModelSession open(
      TensorFlowRuntime runtime, Compute compute, Model model, Graph extended) {
    GraphEditor editor = extended.edit();
    model.assets().forEach(asset -> place(editor, asset));
    VariableAccess variables = VariableAccess.add(editor, model.variables());
    GraphSession session = runtime.session(editor.build(), compute);
    try {
      variables.initialize(session);
      for (String initializer : model.initializers()) {
        session.run(Map.of(), List.of(), List.of(initializer));
      }
      if (compute.precision() == Compute.Precision.TF32) {
        session.session().takeUp(TensorFloat32::use);
      }
      return new ModelSession(model, session, variables);
    } catch (ExhaustedException e) {
      session.close();
      throw new ExhaustedException(
          "there is not enough memory for the weights of "
              + model.name()
              + ", whatever the number of examples: "
              + e.getMessage()
              + ". What else computes there may have it; the CPU may have more.",
          e,
          Remedy.CPU);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** Puts the path where the asset lies now in the place of the constant that held the old one. */
  private static void place(GraphEditor editor, Asset asset) {
    if (!editor.contains(asset.tensor().node())) {
      return; // edited away
    }
    if (!Files.isRegularFile(asset.path())) {
      throw BadModelException.inFile(
          asset.path().toString(),
          "the model's file '" + asset.name() + "' is not at " + asset.path() + ".",
          null);
    }
    if (asset.path().getFileSystem() != FileSystems.getDefault()) {
      throw BadModelException.inFile(
          asset.path().toString(),
          "the model's file '"
              + asset.name()
              + "' lies in an archive ("
              + asset.path().toUri()
              + "), and TensorFlow reads files only; unpack the model, or load the archive itself.",
          null);
    }
    TensorValue path = TensorValue.scalar(asset.path().toAbsolutePath().toString());
    editor.replace(
        NodeDef.newBuilder()
            .setName(asset.tensor().node())
            .setOp("Const")
            .putAttr("dtype", Attrs.of(DataType.DT_STRING))
            .putAttr("value", Attrs.of(path.toProto()))
            .build());
  }

  /** The model as it was opened. */
  public Model model() {
    return model;
  }

  /** The session underneath, for other runs of the same graph with the same variables. */
  public GraphSession graph() {
    return session;
  }

  /**
   * Calls the model by one of its signatures.
   *
   * @param inputs a value for each input, by the signature's names
   * @return a value for each output, by the signature's names, in its order
   * @throws BadRequestException if inputs are missing, unknown, or of another dtype or shape
   * @throws TensorFlowException if TensorFlow fails
   */
  public Map<String, TensorValue> call(Signature signature, Map<String, TensorValue> inputs) {
    PreparedRun run =
        calls.computeIfAbsent(signature, wanted -> SignatureCalls.prepare(session, wanted));
    return SignatureCalls.call(run, signature, inputs, PreparedRun.NO_LIMIT);
  }

  /**
   * The value that {@code variable} has now.
   *
   * @throws BadRequestException if the model has no such variable
   */
  public TensorValue readVariable(Variable variable) {
    return readVariables(List.of(variable)).get(0);
  }

  /** The values that {@code wanted} have now, in this order, read in one run. */
  public List<TensorValue> readVariables(List<Variable> wanted) {
    List<TensorRef> reads = wanted.stream().map(variables::read).toList();
    return session.run(Map.of(), reads, List.of());
  }

  /** Gives {@code variable} another value, of its dtype and shape. */
  public void assign(Variable variable, TensorValue value) {
    variables.assign(session, variable, value);
  }

  /**
   * Has float32 multiplied as float32 from now on, if this session had it otherwise: TensorFlow has
   * one switch for all sessions, and what is computed in others may have to be exact.
   */
  public void exact() {
    session.session().giveBack();
  }

  /** Closes the session. */
  @Override
  public void close() {
    session.close();
  }
}
