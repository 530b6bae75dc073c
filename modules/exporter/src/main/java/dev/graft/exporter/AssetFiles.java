package dev.graft.exporter;

import dev.graft.graph.Attrs;
import dev.graft.model.Asset;
import dev.graft.model.Model;
import dev.graft.savedmodel.file.Durable;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * A model's files under the names that they have in an export: plain ones, whatever folders the
 * original had them in, and each once.
 *
 * @param names the name of each file, by where it is now
 */
record AssetFiles(Map<Path, String> names) {

  private static final String FOLDER = "assets";
  private static final String EXTRA = "assets.extra";

  /** Files in {@code assets.extra} that an export, or who publishes it, makes anew. */
  private static final Set<String> OWN =
      Set.of("graft.json", "labels.txt", "scores.json", WarmUp.FILE);

  static AssetFiles of(List<Asset> assets) {
    Map<Path, String> names = new LinkedHashMap<>();
    Set<String> taken = new HashSet<>();
    for (Asset asset : assets) {
      if (!names.containsKey(asset.path())) {
        String plain = asset.name().substring(asset.name().lastIndexOf('/') + 1);
        String name = plain;
        for (int i = 1; name.isEmpty() || name.startsWith(".") || !taken.add(name); i++) {
          name = i + "_" + plain.replaceFirst("^\\.+", "");
        }
        names.put(asset.path(), name);
      }
    }
    return new AssetFiles(names);
  }

  /**
   * Lets the constants that held the places of the assets hold their names: TensorFlow puts the
   * places there while it initializes, and at no other time shall they lead to another file.
   */
  void nameIn(GraphDef.Builder graph, List<Asset> assets) {
    Map<String, String> byNode = new HashMap<>();
    assets.forEach(asset -> byNode.put(asset.tensor().node(), name(asset)));
    for (NodeDef.Builder node : graph.getNodeBuilderList()) {
      String name = byNode.get(node.getName());
      if (name != null && node.getOp().equals("Const")) {
        node.putAttr("value", Attrs.of(TensorValue.scalar(name).toProto()));
      }
    }
  }

  /** What {@code asset} is called. */
  String name(Asset asset) {
    return Optional.ofNullable(names.get(asset.path())).orElseThrow();
  }

  void write(Path dir) throws IOException {
    if (!names.isEmpty()) {
      Path assets = Files.createDirectory(dir.resolve(FOLDER));
      for (Map.Entry<Path, String> file : names.entrySet()) {
        Durable.write(assets.resolve(file.getValue()), Files.readAllBytes(file.getKey()));
      }
    }
  }

  /** A sentence for each file that lies beside the model as it was read and is not taken along. */
  List<String> leftOut(Model model) {
    List<String> sentences = new ArrayList<>();
    model
        .source()
        .map(Model.Source::folder)
        .ifPresent(
            folder -> {
              Map<Path, Path> taken = new HashMap<>();
              names.keySet().forEach(path -> taken.put(path.toAbsolutePath().normalize(), path));
              for (Path file : files(folder.resolve(FOLDER))) {
                if (!taken.containsKey(file.toAbsolutePath().normalize())) {
                  sentences.add(
                      "the file "
                          + folder.relativize(file)
                          + " of the original is left out: nothing in the graph reads it");
                }
              }
              for (Path file : files(folder.resolve(EXTRA))) {
                if (!OWN.contains(String.valueOf(file.getFileName()))) {
                  sentences.add(
                      "the file " + folder.relativize(file) + " of the original is left out");
                }
              }
            });
    return sentences;
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      return List.of(); // it is only for a remark
    }
  }
}
