package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.internal.engine.RuleBook;

/** Functional control flow: loops and choices whose bodies are functions. */
public final class ControlFlowRules {

  private ControlFlowRules() {}

  public static void addTo(RuleBook rules) {
    rules.add(LoopGradient::differentiate, "While", "StatelessWhile");
    rules.add(BranchGradient::differentiate, "If", "StatelessIf", "Case", "StatelessCase");
  }
}
