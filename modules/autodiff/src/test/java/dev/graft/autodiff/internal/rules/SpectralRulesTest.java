package dev.graft.autodiff.internal.rules;

import static dev.graft.autodiff.internal.rules.FunctionRulesTest.complex;
import static dev.graft.autodiff.internal.rules.FunctionRulesTest.parts;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;

class SpectralRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    String[] suffixes = {"", "2D", "3D"};
    for (int i = 0; i < 3; i++) {
      String suffix = suffixes[i];
      int rank = i + 1;
      for (String op : List.of("FFT", "IFFT")) {
        cases.add(
            RuleCase.ofMany(
                op + suffix, c -> parts(c, c.call(op + suffix, complex(c, dims(rank, 3))))));
      }
      for (int length : new int[] {3, 4, 5}) {
        int[] lengths = new int[rank];
        java.util.Arrays.fill(lengths, 3);
        lengths[rank - 1] = length;
        cases.add(
            RuleCase.ofMany(
                "RFFT" + suffix + " " + length,
                c ->
                    parts(
                        c,
                        c.op("RFFT" + suffix)
                            .input(c.x(dims(rank, 5)))
                            .input(c.ints(lengths))
                            .attr("Tcomplex", DataType.DT_COMPLEX128)
                            .output())));
        cases.add(
            RuleCase.of(
                "IRFFT" + suffix + " " + length,
                c ->
                    c.op("IRFFT" + suffix)
                        .input(complex(c, dims(rank, 3)))
                        .input(c.ints(lengths))
                        .attr("Treal", DataType.DT_DOUBLE)
                        .output()));
      }
    }
    return cases.stream();
  }

  /** A batch of two; the last dimension is {@code last}, those before it 3. */
  private static long[] dims(int rank, long last) {
    long[] dims = new long[rank + 1];
    java.util.Arrays.fill(dims, 3);
    dims[0] = 2;
    dims[rank] = last;
    return dims;
  }
}
