package dev.graft.importer.internal.layers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.google.common.collect.ImmutableList;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.graft.error.BadModelException;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.words.Printable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedUserObject;

/**
 * What Keras 2 says of its layers: a JSON text for each, by the object's number. It stands in
 * {@code keras_metadata.pb} (Keras' own saved_metadata.proto), before TensorFlow 2.5 in the object
 * graph itself.
 */
public final class KerasMetadata {

  /** Python writes numbers that JSON has not: Infinity, NaN. */
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private static final int NODES = 1; // SavedMetadata.nodes
  private static final int NODE_ID = 2; // SavedObject.node_id
  private static final int METADATA = 5; // SavedObject.metadata

  private final String file;
  private final Map<Integer, String> texts;

  private KerasMetadata(String file, Map<Integer, String> texts) {
    this.file = file;
    this.texts = texts;
  }

  /**
   * One layer as Keras describes it.
   *
   * @param name its name, empty if not told
   * @param className its class, empty if not told
   * @param config its configuration as JSON, empty if not told
   * @param calls for each call in a functional model, the tensors it reads
   * @param kerasVersion the version that wrote it; only the root knows, empty elsewhere
   */
  record Info(
      String name,
      String className,
      String config,
      ImmutableList<ImmutableList<Inbound>> calls,
      String kerasVersion) {

    static final Info NONE = new Info("", "", "", ImmutableList.of(), "");

    /** This layer as the one behind {@code previous} in a chain, which does not say so itself. */
    Info after(String previous) {
      return previous.isEmpty() || !calls.isEmpty()
          ? this
          : new Info(
              name,
              className,
              config,
              ImmutableList.of(ImmutableList.of(new Inbound(previous, 0, 0))),
              kerasVersion);
    }

    /** Whether it is a model within a model. */
    boolean isModel() {
      return className.equals("Functional")
          || className.equals("Sequential")
          || className.equals("Model");
    }
  }

  /**
   * A tensor that a layer of a functional model reads.
   *
   * @param layer the layer that gives it
   * @param call which call of that layer
   * @param output which of its outputs
   */
  record Inbound(String layer, int call, int output) {}

  /** Reads the metadata in {@code folder}, or what {@code objects} hold. */
  public static KerasMetadata of(Path folder, ObjectGraph objects) {
    Path file = folder.resolve("keras_metadata.pb");
    Map<Integer, String> texts = new HashMap<>();
    try {
      if (Files.isRegularFile(file)) {
        CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(file));
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (WireFormat.getTagFieldNumber(tag) == NODES) {
            readNode(in.readBytes().newCodedInput(), texts);
          } else {
            in.skipField(tag);
          }
        }
        return new KerasMetadata(file.toString(), texts);
      }
    } catch (IOException e) {
      throw damaged(file.toString(), e);
    }
    for (int id = 0; id < objects.size(); id++) {
      SavedUserObject object = objects.object(id).getUserObject();
      if (object.getIdentifier().startsWith("_tf_keras") && !object.getMetadata().isEmpty()) {
        texts.put(id, object.getMetadata());
      }
    }
    return new KerasMetadata("saved_model.pb", texts);
  }

  private static void readNode(CodedInputStream in, Map<Integer, String> texts) throws IOException {
    int id = 0;
    String text = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case NODE_ID -> id = in.readInt32();
        case METADATA -> text = in.readString();
        default -> in.skipField(tag);
      }
    }
    texts.put(id, text);
  }

  private static BadModelException damaged(String file, Exception cause) {
    return BadModelException.inFile(
        file, "'" + file + "' is damaged: " + cause.getMessage() + ".", cause);
  }

  /** Whether there is none at all. */
  boolean isEmpty() {
    return texts.isEmpty();
  }

  /** What is said of object {@code id}. */
  Info info(int id) {
    String text = texts.get(id);
    if (text == null || text.isEmpty()) {
      return Info.NONE;
    }
    try (JsonParser in = JSON.createParser(text)) {
      return read(in, text);
    } catch (IOException e) { // costs the layer's class, not the model
      System.getLogger(KerasMetadata.class.getName())
          .log(
              Level.WARNING,
              "{0} says nothing readable of object {1}: {2}",
              file,
              id,
              Printable.lines(e.toString())); // it quotes the file
      return Info.NONE;
    }
  }

  private static Info read(JsonParser in, String text) throws IOException {
    String name = "";
    String className = "";
    String config = "";
    String version = "";
    ImmutableList<ImmutableList<Inbound>> calls = ImmutableList.of();
    in.nextToken();
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken value = in.nextToken();
      switch (field) {
        case "name" -> name = in.getValueAsString("");
        case "class_name" -> className = withoutPackage(in.getValueAsString(""));
        case "keras_version" -> version = in.getValueAsString("");
        case "config" -> {
          long start = in.currentTokenLocation().getCharOffset();
          in.skipChildren();
          config = text.substring((int) start, (int) in.currentLocation().getCharOffset());
        }
        case "inbound_nodes" -> {
          if (value == JsonToken.START_ARRAY) {
            calls = readCalls(in);
          }
        }
        default -> in.skipChildren();
      }
    }
    return new Info(name, className, config, calls, version);
  }

  /** A registered class stands under {@code Package>Name}; its author and Keras say the name. */
  private static String withoutPackage(String className) {
    return className.substring(className.lastIndexOf('>') + 1);
  }

  /**
   * Reads {@code [call, ...]}; tensors stand at any depth in a call as [layer, call, output, ...].
   */
  private static ImmutableList<ImmutableList<Inbound>> readCalls(JsonParser in) throws IOException {
    ImmutableList.Builder<ImmutableList<Inbound>> calls = ImmutableList.builder();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      List<Inbound> call = new ArrayList<>();
      int depth = 0;
      boolean opened = false;
      do {
        JsonToken token = in.currentToken();
        if (opened && token == JsonToken.VALUE_STRING) {
          String layer = in.getText();
          if (in.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            int at = in.getIntValue();
            if (in.nextToken() == JsonToken.VALUE_NUMBER_INT) {
              call.add(new Inbound(layer, at, in.getIntValue()));
              opened = false;
              continue;
            }
          }
          token = in.currentToken();
        }
        opened = token == JsonToken.START_ARRAY;
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        }
      } while (depth > 0 && in.nextToken() != null);
      calls.add(ImmutableList.copyOf(call));
    }
    return calls.build();
  }
}
