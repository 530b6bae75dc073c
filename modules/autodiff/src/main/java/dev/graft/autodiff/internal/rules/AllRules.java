package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.autodiff.internal.loop.ControlFlowRules;
import java.util.List;

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
    for (String op : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      book.onlyTo(op, 0, 1, 2); // not to the statistics
    }
    for (String op : List.of("ReluGrad", "Relu6Grad", "LeakyReluGrad")) {
      book.onlyTo(op, 0); // flat in the features
    }
    for (String version : List.of("V2", "V3")) { // not to what fills the rest
      book.onlyTo("MatrixDiag" + version, 0);
      book.onlyTo("MatrixDiagPart" + version, 0);
      book.onlyTo("ImageProjectiveTransform" + version, 0);
    }
    book.onlyTo("ScaleAndTranslate", 0);
    book.onlyTo("SparseAdd", 1, 4); // not to the threshold
    book.onlyTo("Zeta", 1);
    book.onlyTo("Polygamma", 1);
    book.onlyTo("Betainc", 2);
    return book;
  }
}
