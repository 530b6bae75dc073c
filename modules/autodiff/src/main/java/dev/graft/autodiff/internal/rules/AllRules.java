package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.autodiff.internal.loop.ControlFlowRules;

/** All rules: Graft's own, and TensorFlow's where they were checked. */
public final class AllRules {

  private static final RuleBook BOOK = book();

  private AllRules() {}

  public static RuleBook standard() {
    return BOOK;
  }

  private static RuleBook book() {
    RuleBook book = new RuleBook();
    MathRules.addTo(book);
    FunctionRules.addTo(book);
    ReductionRules.addTo(book);
    ActivationRules.addTo(book);
    ArrayRules.addTo(book);
    SlicingRules.addTo(book);
    IndexingRules.addTo(book);
    LinearAlgebraRules.addTo(book);
    ConvolutionRules.addTo(book);
    NormalizationRules.addTo(book);
    LossRules.addTo(book);
    SegmentRules.addTo(book);
    ScatterRules.addTo(book);
    ImageRules.addTo(book);
    QuantizationRules.addTo(book);
    SpectralRules.addTo(book);
    MatrixRules.addTo(book);
    DecompositionRules.addTo(book);
    EinsumRules.addTo(book);
    SparseRules.addTo(book);
    RaggedRules.addTo(book);
    RecurrentRules.addTo(book);
    TensorListRules.addTo(book);
    ControlFlowRules.addTo(book);
    HarvestedRule.addTo(book);
    return book;
  }
}
