package dev.graft.surgeon.internal.head;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.Head;
import dev.graft.model.Initializer;
import dev.graft.model.Labels;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadSpec;
import dev.graft.words.Words;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@link HeadSpec}s as the arguments of a provenance step: {@code 1.kind}, {@code 1.units}... */
public final class HeadText {

  private HeadText() {}

  static ImmutableMap<String, String> of(ImmutableList<HeadSpec> heads) {
    ImmutableMap.Builder<String, String> text = ImmutableMap.builder();
    for (int i = 0; i < heads.size(); i++) {
      HeadSpec spec = heads.get(i);
      String at = (i + 1) + ".";
      text.put(at + "kind", Words.identifier(spec.kind()));
      spec.name().ifPresent(name -> text.put(at + "name", name));
      spec.labels().ifPresent(labels -> text.put(at + "labels", lines(labels)));
      text.put(at + "units", Integer.toString(spec.units()));
      text.put(at + "pooling", Words.identifier(spec.pooling()));
      text.put(at + "hidden", Joiner.on(',').join(spec.hidden()));
      text.put(at + "dropout", Double.toString(spec.dropout()));
      text.put(at + "initializer", Words.identifier(spec.initializer()));
      text.put(at + "seed", Long.toString(spec.seed()));
      text.put(at + "carryOver", Boolean.toString(spec.carriesOver()));
      if (spec.kind() == Head.Kind.BOXES) {
        text.put(at + "maps", Joiner.on('\n').join(spec.boxes().maps()));
        text.put(at + "size", spec.boxes().height() + "x" + spec.boxes().width());
        text.put(at + "box", spec.boxes().boxHeight() + "x" + spec.boxes().boxWidth());
      }
    }
    return text.buildOrThrow();
  }

  public static ImmutableList<HeadSpec> parse(Map<String, String> text) {
    ImmutableList.Builder<HeadSpec> heads = ImmutableList.builder();
    for (int i = 1; text.containsKey(i + ".kind"); i++) {
      String at = i + ".";
      HeadSpec spec =
          HeadSpec.of(
                  Head.Kind.valueOf(upper(text, at + "kind")),
                  Optional.ofNullable(text.get(at + "labels")).map(HeadText::labels),
                  Integer.parseInt(text.getOrDefault(at + "units", "0")))
              .pooling(HeadSpec.Pooling.valueOf(upper(text, at + "pooling")))
              .hidden(
                  Splitter.on(',')
                      .omitEmptyStrings()
                      .splitToStream(text.getOrDefault(at + "hidden", ""))
                      .mapToInt(Integer::parseInt)
                      .toArray())
              .dropout(Double.parseDouble(text.getOrDefault(at + "dropout", "0")))
              .initializer(Initializer.valueOf(upper(text, at + "initializer")))
              .seed(Long.parseLong(text.getOrDefault(at + "seed", "0")));
      spec = text.containsKey(at + "maps") ? spec.boxes(boxes(text, at)) : spec;
      String name = text.get(at + "name");
      spec = name == null ? spec : spec.named(name);
      boolean carryOver = Boolean.parseBoolean(text.getOrDefault(at + "carryOver", "false"));
      heads.add(carryOver ? spec.carryOver() : spec);
    }
    return heads.build();
  }

  private static BoxForm boxes(Map<String, String> text, String at) {
    List<String> maps =
        Splitter.on('\n').omitEmptyStrings().splitToList(text.getOrDefault(at + "maps", ""));
    List<String> size = Splitter.on('x').splitToList(text.getOrDefault(at + "size", "0x0"));
    List<String> box = Splitter.on('x').splitToList(text.getOrDefault(at + "box", "0.2x0.2"));
    return BoxForm.standard()
        .maps(maps)
        .size(Integer.parseInt(size.get(0)), Integer.parseInt(size.get(1)))
        .usual(Double.parseDouble(box.get(0)), Double.parseDouble(box.get(1)));
  }

  /** One label a line: labels are free text, but for line ends. */
  static String lines(Labels labels) {
    return Joiner.on('\n').join(labels.names());
  }

  public static Labels labels(String lines) {
    return Labels.of(Splitter.on('\n').splitToList(lines));
  }

  public static String upper(Map<String, String> text, String key) {
    return text.getOrDefault(key, "").toUpperCase(Locale.ROOT);
  }
}
