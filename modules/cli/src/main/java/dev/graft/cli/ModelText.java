package dev.graft.cli;

import com.google.common.collect.ImmutableSet;
import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A model as {@code graft inspect} prints it. */
final class ModelText {

  private static final int WIDEST = 44;

  private final Inspection inspection;
  private final Model model;

  ModelText(Inspection inspection) {
    this.inspection = inspection;
    this.model = inspection.model();
  }

  List<String> lines(int depth) {
    List<String> lines = new ArrayList<>();
    lines.add(title());
    inspection.saved().ifPresent(saved -> tags(saved, lines));
    lines.addAll(signatures());
    for (String head : inspection.heads()) {
      lines.add("head     " + head + "; 'graft finetune' replaces it");
    }
    if (inspection.heads().isEmpty()) {
      inspection.whyNoHead().ifPresent(why -> lines.add("head     none found: " + Flags.of(why)));
    }
    for (MachineAccess access : inspection.accesses()) {
      lines.add("unusual  " + access.kind().words() + ": " + access + "; " + withoutTrust());
    }
    lines.add("");
    TextTable table = new TextTable(WIDEST, false, false, false, true, false);
    table.row("layer", "type", "output", "params", "trains");
    for (LayerRows.Row row : rows(depth)) {
      table.row(
          "  ".repeat(row.depth()) + row.name(),
          row.type(),
          row.output(),
          LayerRows.grouped(row.parameters()),
          row.trains());
    }
    lines.addAll(table.lines());
    lines.add("");
    lines.add(totals());
    return lines;
  }

  private String withoutTrust() {
    var leftOut = inspection.saved().map(Inspection.Saved::leftOut).orElse(ImmutableSet.of());
    return leftOut.isEmpty() ? "refused without --trust" : leftOut(leftOut);
  }

  /** Says that signatures are no part of a model. */
  static String leftOut(Collection<String> signatures) {
    return (signatures.size() == 1 ? "signature " : "signatures ")
        + String.join(", ", signatures.stream().map(name -> "'" + name + "'").toList())
        + " left out without --trust";
  }

  private String title() {
    var origin = model.provenance().origin();
    String size =
        origin.bytes() < 1_000_000
            ? origin.bytes() / 1_000 + " KB"
            : String.format(Locale.ROOT, "%.1f MB", origin.bytes() / 1e6);
    boolean told = origin.tensorflow().isEmpty() || origin.writer().contains(origin.tensorflow());
    String version = told ? "" : " · TensorFlow " + origin.tensorflow();
    return model.name() + " · " + origin.writer() + version + " · " + size;
  }

  private static void tags(Inspection.Saved saved, List<String> lines) {
    if (saved.tagSets().size() > 1) {
      List<String> others =
          saved.tagSets().stream()
              .filter(tags -> !tags.equals(saved.tags()))
              .map(tags -> "--tags " + String.join(",", tags))
              .toList();
      lines.add(
          "tags     "
              + String.join(", ", saved.tags())
              + " (others: "
              + String.join("; ", others)
              + ")");
    }
  }

  /**
   * Inputs and outputs; where there are several signatures, those that are alike under one name.
   */
  private List<String> signatures() {
    Map<String, List<String>> names = new LinkedHashMap<>(); // by what is written below them
    Map<String, Signature> alike = new LinkedHashMap<>();
    model.signatures().values().stream()
        .sorted(Comparator.comparing(s -> !s.name().equals(Signature.SERVING_DEFAULT)))
        .forEach(
            signature -> {
              String key = shapes(signature.inputs()) + "→ " + shapes(signature.outputs());
              alike.putIfAbsent(key, signature);
              names.computeIfAbsent(key, k -> new ArrayList<>()).add(signature.name());
            });
    List<String> lines = new ArrayList<>();
    alike.forEach(
        (key, signature) -> {
          if (model.signatures().size() > 1) {
            lines.add("call     " + String.join(", ", names.getOrDefault(key, List.of())));
          }
          TextTable table = new TextTable(WIDEST, false, false, false, false);
          signature
              .inputs()
              .forEach((name, spec) -> table.row("input  ", name, type(spec), about(name)));
          signature.outputs().forEach((name, spec) -> table.row("output ", name, type(spec), ""));
          lines.addAll(table.lines());
        });
    return lines;
  }

  private static String shapes(Map<String, TensorSpec> tensors) {
    StringBuilder text = new StringBuilder();
    tensors.forEach((name, spec) -> text.append(name).append(' ').append(type(spec)).append(' '));
    return text.toString();
  }

  private static String type(TensorSpec spec) {
    return spec.dtype() + " " + spec.shape();
  }

  private String about(String input) {
    for (InputSpec spec : model.inputs()) {
      if (spec.name().equals(input) && spec.range().isPresent()) {
        String channels =
            spec.channels() == InputSpec.Channels.UNKNOWN ? "" : spec.channels() + " ";
        return channels + words(spec.range().get());
      }
      if (spec.name().equals(input) && spec.isImage()) {
        return "which pixel values is not known: 'graft finetune --input-range' takes it";
      }
    }
    return "";
  }

  /** {@code 0..255 (why)}. */
  static String words(InputSpec.Range range) {
    return number(range.low())
        + ".."
        + number(range.high())
        + " ("
        + range.reason()
        + (range.guessed() ? "; --input-range of finetune and evaluate says otherwise" : "")
        + ")";
  }

  private static String number(float value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  /** At depth 1 the layers of a block share a row; deeper every layer has its own. */
  private List<LayerRows.Row> rows(int depth) {
    LayerRows rows = new LayerRows(model);
    List<Layer> top = model.layers();
    while (top.size() == 1 && !top.get(0).children().isEmpty()) {
      top = top.get(0).children();
    }
    if (depth > 1 || inspection.blocks().size() < 2) {
      return rows.of(top, Math.max(1, depth - 1));
    }
    Map<String, String> blockOf = new HashMap<>();
    Set<String> names = new HashSet<>();
    for (Inspection.BlockOfLayers block : inspection.blocks()) {
      names.add(block.name());
      block
          .layers()
          .forEach(layer -> blockOf.put(layer.substring(layer.lastIndexOf('/') + 1), block.name()));
    }
    Map<String, List<Layer>> groups = new LinkedHashMap<>();
    String current = "";
    for (Layer layer : top) {
      String block = blockOf.get(layer.name());
      if (block == null && !current.isEmpty() && layer.name().startsWith(current + "_")) {
        block = current; // an activation or a sum of the block, without variables
      }
      current = block == null ? "" : block;
      groups
          .computeIfAbsent(block == null ? "\n" + layer.name() : block, k -> new ArrayList<>())
          .add(layer);
    }
    List<LayerRows.Row> result = new ArrayList<>();
    groups.forEach(
        (name, layers) -> {
          Layer last = layers.get(layers.size() - 1);
          Shape output = last.outputShape();
          if (layers.size() == 1) {
            result.add(rows.row(0, last.name(), last.className(), output, layers));
          } else {
            result.add(rows.row(0, name, layers.size() + " layers", output, layers));
          }
        });
    return result;
  }

  private String totals() {
    long all = model.variables().stream().mapToLong(LayerRows::count).sum();
    long trainable =
        model.variables().stream().filter(Variable::trainable).mapToLong(LayerRows::count).sum();
    String files =
        inspection
            .saved()
            .filter(saved -> saved.shards() > 0)
            .map(
                saved ->
                    " · checkpoint of "
                        + counted(saved.tensors(), "tensor")
                        + " in "
                        + counted(saved.shards(), "file"))
            .orElse("");
    return LayerRows.grouped(all)
        + " parameters, "
        + LayerRows.grouped(trainable)
        + " trainable"
        + gradients()
        + files;
  }

  /** How many of the trainable variables a gradient gets to, as far as the graph alone tells. */
  private String gradients() {
    if (model.signatures().isEmpty() || model.trainableVariables().isEmpty()) {
      return "";
    }
    Preflight preflight = Graft.preflight(model);
    int without = preflight.blocked().size() + preflight.unreached().size();
    int all = model.trainableVariables().size();
    if (without == 0) {
      return " · every trainable variable has a gradient";
    }
    return " · "
        + without
        + " of "
        + counted(all, "trainable variable")
        + (without == 1 ? " gets" : " get")
        + " no gradient, see 'graft check'";
  }

  private static String counted(int count, String what) {
    return LayerRows.grouped(count) + " " + what + (count == 1 ? "" : "s");
  }
}
