package dev.graft.job;

import com.google.common.collect.ImmutableList;
import dev.graft.model.Labels;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link Surgery} as {@code run.json} holds it: selections in their text form. */
record StoredSurgery(
    HeadChoice head,
    @Nullable String freeze,
    @Nullable String unfreeze,
    @Nullable String cut,
    @Nullable List<String> labels,
    boolean carriesOver,
    Surgery.@Nullable Size size,
    HeadSpec.@Nullable Pooling pooling,
    @Nullable List<Integer> hidden,
    double dropout) {

  static StoredSurgery of(Surgery surgery) {
    return new StoredSurgery(
        surgery.head(),
        surgery.freeze().map(Where::toString).orElse(null),
        surgery.unfreeze().map(Where::toString).orElse(null),
        surgery.cut().orElse(null),
        surgery.labels().<List<String>>map(Labels::names).orElse(null),
        surgery.carriesOver(),
        surgery.size().orElse(null),
        surgery.form().pooling(),
        surgery.form().hidden(),
        surgery.form().dropout());
  }

  Surgery surgery() {
    Surgery all =
        Surgery.standard()
            .form(
                new HeadForm(
                    pooling == null ? HeadSpec.Pooling.AUTO : pooling,
                    hidden == null ? ImmutableList.of() : ImmutableList.copyOf(hidden),
                    dropout))
            .head(head);
    all = freeze == null ? all : all.freeze(Where.parse(freeze));
    all = unfreeze == null ? all : all.unfreeze(Where.parse(unfreeze));
    all = cut == null ? all : all.cut(cut);
    all = labels == null ? all : all.labels(new Labels(ImmutableList.copyOf(labels)));
    all = size == null ? all : all.size(size.height(), size.width());
    return carriesOver ? all.carryOver() : all;
  }
}
