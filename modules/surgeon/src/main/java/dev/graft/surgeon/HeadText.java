package dev.graft.surgeon;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;

/** A {@link HeadSpec} as the arguments of a provenance step. */
final class HeadText {

  private HeadText() {}

  static ImmutableMap<String, String> of(HeadSpec spec) {
    ImmutableMap.Builder<String, String> text = ImmutableMap.builder();
    text.put("kind", spec.kind().name().toLowerCase(Locale.ROOT));
    spec.name().ifPresent(name -> text.put("name", name));
    // one label a line: labels are free text
    spec.labels().ifPresent(labels -> text.put("labels", Joiner.on('\n').join(labels.names())));
    text.put("units", Integer.toString(spec.units()));
    text.put("pooling", spec.pooling().name().toLowerCase(Locale.ROOT));
    text.put("hidden", Joiner.on(',').join(spec.hidden()));
    text.put("dropout", Double.toString(spec.dropout()));
    text.put("initializer", spec.initializer().name().toLowerCase(Locale.ROOT));
    text.put("seed", Long.toString(spec.seed()));
    return text.buildOrThrow();
  }
}
