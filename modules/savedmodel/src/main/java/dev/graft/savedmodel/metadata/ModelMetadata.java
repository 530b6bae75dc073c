package dev.graft.savedmodel.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpHistory;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.SavedFunction;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.proto.FunctionDef;

/**
 * What Graft knows of a model and a SavedModel has no place for: labels, heads, what the inputs
 * expect, layers, training behaviour, provenance. An export holds it as {@code
 * assets.extra/graft.json}, and the functions that it refers to in the function library; an import
 * finds it there and gives the same model back.
 *
 * <p>Names of nodes hold because an export keeps the flat graph as its main graph. A field that a
 * reader does not know is skipped; a file with another {@code format} number is not read.
 */
@Internal
public final class ModelMetadata {

  /** Where it lies in a SavedModel's folder. */
  public static final String FILE = "assets.extra/graft.json";

  static final int FORMAT = 1;

  private static final JsonMapper JSON = new JsonMapper();

  private final JsonNode root;

  private ModelMetadata(JsonNode root) {
    this.root = root;
  }

  /**
   * The metadata of {@code model}.
   *
   * @param generated the signatures that the export adds and an import takes away again
   */
  public static ModelMetadata of(Model model, Set<String> generated) {
    return new ModelMetadata(MetadataWriter.write(JSON, model, generated));
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws BadModelException if it is damaged or of another format
   */
  public static ModelMetadata parse(String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw BadModelException.inFile(
          FILE, "'" + FILE + "' is damaged: " + e.getOriginalMessage() + ".", e);
    }
    int format = root.path("format").asInt();
    if (format != FORMAT) {
      throw BadModelException.inFile(
          FILE,
          "'"
              + FILE
              + "' has the format "
              + format
              + ", this version of Graft reads "
              + FORMAT
              + "; use the version that wrote it, or delete the file to import without it.",
          null);
    }
    return new ModelMetadata(root);
  }

  /**
   * This, whose provenance says which TensorFlow the SavedModel needs, and for what.
   *
   * @param served to be served
   * @param inPython to be loaded in Python
   */
  public ModelMetadata needing(OpHistory.Need served, OpHistory.Need inPython) {
    ObjectNode said = root.deepCopy();
    ((ObjectNode) said.get("provenance"))
        .putObject("needs")
        .put("tensorflow", served.release())
        .put("for", served.reason())
        .put("tensorflowInPython", inPython.release())
        .put("forInPython", inPython.reason());
    return new ModelMetadata(said);
  }

  /** This with another provenance, which needs the same TensorFlow. */
  public ModelMetadata with(Provenance provenance) {
    ObjectNode said = root.deepCopy();
    MetadataWriter.write(provenance, (ObjectNode) said.get("provenance"));
    return new ModelMetadata(said);
  }

  /** The signatures that the export added, and an import takes away again. */
  public ImmutableSet<String> generated() {
    return generated(root);
  }

  static ImmutableSet<String> generated(JsonNode root) {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    root.path("generatedSignatures").forEach(name -> names.add(name.asText()));
    return names.build();
  }

  /** The content of the file. */
  public String toJson() {
    return root.toPrettyString() + "\n";
  }

  /**
   * The functions that the metadata of {@code model} refers to, for the function library: training
   * behaviour and penalties, and what those call.
   */
  public static ImmutableMap<String, FunctionDef> functions(Model model) {
    Map<String, FunctionDef> library = new LinkedHashMap<>();
    int i = 0;
    for (SavedFunction function : savedFunctions(model).toList()) {
      String name = functionName(i++);
      library.putAll(function.body().graph().functions());
      library.put(name, function.body().toFunctionDef(name));
    }
    return ImmutableMap.copyOf(library);
  }

  /** Those that can be used, in the order in which their names count up. */
  static Stream<SavedFunction> savedFunctions(Model model) {
    return Stream.concat(
            model.penalties().stream(),
            model.allLayers().flatMap(layer -> layer.training().stream()))
        .filter(SavedFunction::isUsable);
  }

  static String functionName(int i) {
    return "graft_saved_function_" + i;
  }

  /** The nodes that have to stay in the graph although no signature may need them. */
  public ImmutableSet<String> nodes() {
    ImmutableSet.Builder<String> nodes = ImmutableSet.builder();
    for (JsonNode captures : root.findValues("captures")) {
      captures.forEach(tensor -> nodes.add(TensorRef.parse(tensor.asText()).node()));
    }
    return nodes.build();
  }

  /**
   * {@code imported}, the model as its SavedModel alone tells it, with all this.
   *
   * @param library the functions of the SavedModel
   * @throws BadModelException if the two do not fit together
   */
  public Model applyTo(Model imported, Map<String, FunctionDef> library) {
    try {
      return new MetadataReader(imported, library).read(root);
    } catch (IllegalArgumentException e) {
      throw BadModelException.inFile(
          FILE, "'" + FILE + "' does not fit the model beside it: " + e.getMessage() + ".", e);
    }
  }
}
