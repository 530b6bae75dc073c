package dev.graft.answer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model with several answers says of one example.
 *
 * @param answers by the names of the model's outputs, in their order
 */
public record Several(Map<String, Answer> answers) implements Answer {

  public Several {
    answers = Collections.unmodifiableMap(new LinkedHashMap<>(answers));
  }
}
