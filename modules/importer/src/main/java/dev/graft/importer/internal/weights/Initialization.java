package dev.graft.importer.internal.weights;

import com.google.common.collect.ImmutableList;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.model.Asset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** What has to run once before the model can be used, and the files that it reads then. */
public final class Initialization {

  /** The collection in which older files list their assets. */
  static final String ASSETS = "saved_model_assets";

  private static final String OP = "__saved_model_init_op";
  private static final String MAIN = "saved_model_main_op";
  private static final String LEGACY = "legacy_init_op";

  private Initialization() {}

  /**
   * The op that TensorFlow's loader runs after it has restored the variables, found as it finds it
   * (GetInitOp in loader_util.cc): named by a signature, else by the one collection, else by the
   * other. Empty if there is none.
   */
  public static List<String> nodes(MetaGraphDef meta, Graph raw) {
    List<String> named =
        meta.containsSignatureDef(OP)
            ? List.of(
                meta.getSignatureDefOrThrow(OP)
                    .getOutputsOrDefault(OP, TensorInfo.getDefaultInstance())
                    .getName())
            : meta.getCollectionDefOrDefault(collection(meta), CollectionDef.getDefaultInstance())
                .getNodeList()
                .getValueList();
    return named.stream()
        .filter(name -> !name.isEmpty())
        .map(name -> TensorRef.parse(name).node())
        .filter(raw::contains)
        .distinct()
        .toList();
  }

  private static String collection(MetaGraphDef meta) {
    return meta.containsCollectionDef(MAIN) ? MAIN : LEGACY;
  }

  /** Copies what TensorFlow finds the op by, and only that. */
  public static void copy(MetaGraphDef from, MetaGraphDef.Builder to) {
    String collection = collection(from);
    if (from.containsSignatureDef(OP)) {
      SignatureDef def = from.getSignatureDefOrThrow(OP);
      SignatureDef.Builder only = def.toBuilder().clearInputs().clearOutputs();
      if (def.containsOutputs(OP)) {
        only.putOutputs(OP, def.getOutputsOrThrow(OP));
      }
      to.putSignatureDef(OP, only.build());
    } else if (from.containsCollectionDef(collection)) {
      to.putCollectionDef(collection, from.getCollectionDefOrThrow(collection));
    }
  }

  /** The asset files as the MetaGraph lists them, whichever of two ways it uses. */
  public static List<AssetFileDef> assetDefs(MetaGraphDef meta) {
    if (meta.getAssetFileDefCount() > 0) {
      return meta.getAssetFileDefList();
    }
    List<AssetFileDef> assets = new ArrayList<>();
    for (Any any :
        meta.getCollectionDefMap()
            .getOrDefault(ASSETS, CollectionDef.getDefaultInstance())
            .getAnyList()
            .getValueList()) {
      try {
        assets.add(AssetFileDef.parseFrom(any.getValue()));
      } catch (InvalidProtocolBufferException e) {
        throw new BadModelException("the list of assets in saved_model.pb is damaged.", e);
      }
    }
    return assets;
  }

  /** Lists {@code assets} in {@code to} in the way in which {@code from} lists its own. */
  public static void copyAssets(
      MetaGraphDef from, List<AssetFileDef> assets, MetaGraphDef.Builder to) {
    if (from.getAssetFileDefCount() > 0) {
      to.addAllAssetFileDef(assets);
    } else if (!assets.isEmpty()) {
      CollectionDef.Builder listed = CollectionDef.newBuilder();
      assets.forEach(asset -> listed.getAnyListBuilder().addValue(Any.pack(asset)));
      to.putCollectionDef(ASSETS, listed.build());
    }
  }

  /** The assets whose path {@code graph} reads; fails if the file of one is missing. */
  public static ImmutableList<Asset> assets(
      List<AssetFileDef> defs, Graph graph, SavedModelFolder folder) {
    Map<String, Asset> assets = new LinkedHashMap<>();
    for (AssetFileDef def : defs) {
      TensorRef tensor = TensorRef.parse(def.getTensorInfo().getName());
      if (!graph.contains(tensor.node())) {
        continue;
      }
      Path file = folder.requireAsset(def.getFilename());
      assets.put(tensor.toString(), new Asset(def.getFilename(), file, tensor));
    }
    return ImmutableList.copyOf(assets.values());
  }
}
