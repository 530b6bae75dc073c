package dev.graft.autodiff.internal.rules;

import static dev.graft.autodiff.internal.rules.FunctionRulesTest.complex;
import static dev.graft.autodiff.internal.rules.FunctionRulesTest.parts;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class EinsumRulesTest extends RuleContract {

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    cases.add(einsum("ij,jk->ik", new long[] {2, 3}, new long[] {3, 4}));
    cases.add(einsum("abc,cde->abde", new long[] {2, 2, 3}, new long[] {3, 2, 2}));
    cases.add(einsum("aecd,abcd->acbe", new long[] {2, 3, 2, 2}, new long[] {2, 2, 2, 2}));
    cases.add(einsum("abc,cd->ad", new long[] {2, 3, 2}, new long[] {2, 2})); // b is summed
    cases.add(einsum("i,j->ij", new long[] {2}, new long[] {3}));
    cases.add(einsum("ij,ij->", new long[] {2, 3}, new long[] {2, 3}));
    cases.add(einsum("ij->ji", new long[] {2, 3}));
    cases.add(einsum("ij->", new long[] {2, 3}));
    cases.add(einsum("abc->ca", new long[] {2, 3, 2}));
    cases.add(einsum("ii->i", new long[] {3, 3}));
    cases.add(einsum("aabbcd->ca", new long[] {2, 2, 3, 3, 2, 2}));
    cases.add(einsum("i->ii", new long[] {3}));
    cases.add(einsum("iij,jk->ik", new long[] {2, 2, 3}, new long[] {3, 2}));
    cases.add(einsum("...ij,...jk->...ik", new long[] {2, 2, 3}, new long[] {2, 3, 2}));
    cases.add(einsum("...ij,...jk->...ik", new long[] {3, 1, 2, 3}, new long[] {2, 3, 2}));
    cases.add(einsum("...ij,jk->...ik", new long[] {3, 2, 2, 3}, new long[] {3, 2}));
    cases.add(einsum("ij,j...->i...", new long[] {2, 3}, new long[] {3, 2, 2}));
    cases.add(einsum("a...bc,...cd->b...a", new long[] {2, 2, 3, 2}, new long[] {1, 2, 2}));
    cases.add(einsum("a...->...", new long[] {2, 3, 2}));
    cases.add(einsum("ij,jk->ik", new long[] {0, 3}, new long[] {3, 4}));
    cases.add(
        RuleCase.ofMany(
            "Einsum complex",
            c ->
                parts(
                    c,
                    c.op("Einsum")
                        .inputs(List.of(complex(c, 2, 3), complex(c, 3, 2)))
                        .attr("equation", "ij,jk->ik")
                        .output())));
    return cases.stream();
  }

  private static RuleCase einsum(String equation, long[]... dims) {
    return RuleCase.of(
        "Einsum " + equation,
        c ->
            c.op("Einsum")
                .inputs(Stream.of(dims).map(c::x).toList())
                .attr("equation", equation)
                .output());
  }
}
