package dev.graft.error;

import dev.graft.words.Figure;
import java.util.List;
import java.util.stream.Collectors;

/** A model is not as good as was asked for, so it was not published. */
public final class RefusedException extends FailedCheckException {

  private static final long serialVersionUID = 1L;

  private final List<Figure> figures;

  /** A refusal by those of {@code figures} that do not hold. */
  public RefusedException(List<Figure> figures) {
    super(message(figures));
    this.figures = List.copyOf(figures);
  }

  private static String message(List<Figure> figures) {
    return figures.stream()
            .filter(figure -> !figure.holds())
            .map(Figure::words)
            .collect(Collectors.joining("; "))
        + "; nothing was published. Train on more or better examples, or ask for less.";
  }

  /** All that was asked for, what holds among it. */
  public List<Figure> figures() {
    return figures;
  }
}
