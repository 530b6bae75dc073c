package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Einsum. The gradient of an operand is an einsum of the gradient and the other operand; labels
 * that only this operand has were summed over and are repeated, labels that it has twice stood for
 * its diagonal and fill it.
 */
final class EinsumRules {

  private static final String ELLIPSIS = "...";

  private EinsumRules() {}

  static void addTo(RuleBook rules) {
    rules.add("Einsum", EinsumRules::einsum);
  }

  private static void einsum(Backprop op, Ops t) {
    String[] sides = op.text("equation").replace(" ", "").split("->", -1);
    String[] operands = sides[0].split(",", -1);
    for (int i = 0; i < operands.length; i++) {
      int at = i;
      op.give(i, () -> operand(op, t, operands, sides[1], at));
    }
  }

  /**
   * One operand.
   *
   * @param tensor the operand
   * @param subscripts its labels as the equation has them
   * @param own its labels, with an ellipsis if the result has one
   */
  private record Operand(TensorRef tensor, String subscripts, String own) {}

  private static TensorRef operand(Backprop op, Ops t, String[] operands, String output, int at) {
    boolean broadcast = output.contains(ELLIPSIS);
    String own = operands[at];
    if (broadcast && !own.contains(ELLIPSIS)) {
      own = ELLIPSIS + own;
    }
    String other = operands.length == 2 ? operands[1 - at] : null;
    Set<Character> elsewhere = labels(output + (other == null ? "" : other));
    Set<Character> repeated = new LinkedHashSet<>(labels(own));
    repeated.removeAll(elsewhere);
    StringBuilder distinct = new StringBuilder(broadcast ? ELLIPSIS : "");
    for (char label : labels(own)) {
      if (!repeated.contains(label)) {
        distinct.append(label);
      }
    }
    String direct = repeated.isEmpty() && labels(own).size() == lettersOf(own) ? own : null;
    String target = direct != null ? direct : distinct.toString();
    TensorRef gradient =
        other == null
            ? call(t, output + "->" + target, op.dy())
            : call(t, output + "," + other + "->" + target, op.dy(), t.conj(op.in(1 - at)));
    Operand operand = new Operand(op.in(at), operands[at], own);
    if (direct == null) {
      gradient = spread(operand, t, repeated, target, gradient);
    }
    return broadcast ? unbroadcast(operand, t, gradient) : gradient;
  }

  private static TensorRef call(Ops t, String equation, TensorRef... operands) {
    return t.op("Einsum").inputs(List.of(operands)).attr("equation", equation).output();
  }

  private static Set<Character> labels(String subscripts) {
    Set<Character> found = new LinkedHashSet<>();
    for (char c : subscripts.toCharArray()) {
      if (c != '.') {
        found.add(c);
      }
    }
    return found;
  }

  private static int lettersOf(String subscripts) {
    return subscripts.replace(".", "").length();
  }

  /** Puts repeated labels in front, and lets an einsum move them and fill diagonals. */
  private static TensorRef spread(
      Operand operand, Ops t, Set<Character> repeated, String from, TensorRef gradient) {
    TensorRef whole = gradient;
    StringBuilder front = new StringBuilder();
    if (!repeated.isEmpty()) {
      TensorRef shape = t.shape(operand.tensor);
      List<TensorRef> sizes = new ArrayList<>();
      int[] ones = new int[repeated.size()];
      for (char label : repeated) {
        front.append(label);
        ones[sizes.size()] = 1;
        sizes.add(t.element(shape, axis(operand.subscripts, label)));
      }
      TensorRef tail = t.call("Shape", gradient);
      TensorRef sized = t.concat(0, List.of(t.pack(sizes.toArray(TensorRef[]::new)), tail));
      TensorRef single = t.reshape(gradient, t.concat(0, List.of(t.ints(ones), tail)));
      whole = t.broadcastTo(single, sized);
    }
    return call(t, front + from + "->" + operand.own, whole);
  }

  /** Where a label stands; from the end (negative) if behind an ellipsis. */
  private static int axis(String subscripts, char label) {
    int ellipsis = subscripts.indexOf(ELLIPSIS);
    int index = subscripts.indexOf(label);
    return ellipsis < 0 || index < ellipsis ? index : index - subscripts.length();
  }

  /** Sums over the dimensions of the ellipsis along which the operand was repeated. */
  private static TensorRef unbroadcast(Operand operand, Ops t, TensorRef gradient) {
    int start = operand.own.indexOf(ELLIPSIS);
    int behind = operand.own.length() - start - ELLIPSIS.length();
    TensorRef shape = t.shape(operand.tensor);
    TensorRef inner = // of an operand without an ellipsis all its dimensions were added
        operand.subscripts.contains(ELLIPSIS) ? t.elements(shape, start, -behind) : t.ints();
    TensorRef reduce =
        t.op("BroadcastGradientArgs")
            .input(inner)
            .input(t.elements(t.call("Shape", gradient), start, -behind))
            .outputs()
            .get(0);
    return t.reshape(t.sum(gradient, t.add(reduce, t.integer(start)), false), shape);
  }
}
