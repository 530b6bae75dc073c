package dev.graft.importer;

import com.google.common.collect.ImmutableSet;
import dev.graft.model.Internal;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * A SavedModel in a form in which TensorFlow's C++ loader can be asked all that the imported {@link
 * dev.graft.model.Model} can be asked, to hold one against the other.
 *
 * @param path its folder
 * @param tags the tags of the MetaGraph
 */
@Internal
public record LoadableBundle(Path path, ImmutableSet<String> tags) {

  /**
   * The SavedModel itself if its signatures are plain tensors. Else (sparse or ragged inputs, no
   * signature at all) a copy of {@code saved_model.pb} in {@code scratch} that has plain signatures
   * by the importer's names, with the weights and assets of the original.
   *
   * @param path the SavedModel's folder
   * @param scratch a folder that the caller deletes
   */
  public static LoadableBundle of(Path path, ImportOptions options, Path scratch) {
    SavedModelFolder folder = SavedModelFolder.at(path);
    return SavedModelImporter.reader(folder, options).loadable(scratch);
  }

  /**
   * @param entries the ways to call the model, between tensors of the graph as it is in the file
   * @param added nodes that these need and the file does not hold
   */
  static LoadableBundle of(
      SavedModelFolder folder,
      MetaGraphDef meta,
      List<Signature> entries,
      List<NodeDef> added,
      Path scratch) {
    ImmutableSet<String> tags = ImmutableSet.copyOf(meta.getMetaInfoDef().getTagsList());
    if (added.isEmpty() && arePlain(meta, entries)) {
      return new LoadableBundle(folder.path(), tags);
    }
    MetaGraphDef.Builder plain = meta.toBuilder();
    plain.getGraphDefBuilder().addAllNode(added);
    entries.forEach(entry -> plain.putSignatureDef(entry.name(), plain(entry)));
    SavedModel copy =
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(plain).build();
    try {
      Files.createDirectories(scratch);
      Files.write(scratch.resolve("saved_model.pb"), copy.toByteArray());
      for (String part : List.of("variables", "assets")) {
        Path original = folder.path().resolve(part).toAbsolutePath();
        if (Files.isDirectory(original)) {
          Files.createSymbolicLink(scratch.resolve(part), original);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to " + scratch, e);
    }
    return new LoadableBundle(scratch, tags);
  }

  private static boolean arePlain(MetaGraphDef meta, List<Signature> entries) {
    return entries.stream()
        .allMatch(
            entry -> {
              SignatureDef def =
                  meta.getSignatureDefOrDefault(entry.name(), SignatureDef.getDefaultInstance());
              return def.getInputsMap().keySet().equals(entry.inputs().keySet())
                  && def.getOutputsMap().keySet().equals(entry.outputs().keySet());
            });
  }

  private static SignatureDef plain(Signature entry) {
    SignatureDef.Builder def = SignatureDef.newBuilder().setMethodName(entry.method());
    entry.inputs().forEach((name, spec) -> def.putInputs(name, info(spec)));
    entry.outputs().forEach((name, spec) -> def.putOutputs(name, info(spec)));
    return def.build();
  }

  private static TensorInfo info(TensorSpec spec) {
    return TensorInfo.newBuilder()
        .setName(spec.tensor().toString())
        .setDtype(spec.dtype())
        .setTensorShape(spec.shape().toProto())
        .build();
  }
}
