package dev.graft.autodiff;

/** Functional control flow: loops and choices whose bodies are functions. */
final class ControlFlowRules {

  private ControlFlowRules() {}

  static void addTo(RuleBook rules) {
    rules.add(LoopGradient::differentiate, "While", "StatelessWhile");
    rules.add(BranchGradient::differentiate, "If", "StatelessIf", "Case", "StatelessCase");
  }
}
