package dev.graft.importer.internal.layers;

import dev.graft.importer.internal.layers.KerasMetadata.Info;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the name scopes in which the nodes of a layer of Keras 2 stand. */
final class LayerScopes {

  private static final int MOST_CALLS = 50; // of one layer without weights

  private final LayerTensors tensors;

  LayerScopes(LayerTensors tensors) {
    this.tensors = tensors;
  }

  /**
   * The scopes of a layer's calls: {@code parent/name/}, and with a number for further calls.
   *
   * @param readers the nodes that read the layer's weights
   * @param parents the scopes of the network that holds it
   * @param siblings the names of all layers of that network
   */
  List<String> of(Info info, List<String> readers, List<String> parents, Set<String> siblings) {
    Set<String> scopes = new LinkedHashSet<>();
    String name = scopeName(info.name());
    for (String parent : parents) {
      String first = parent + name + "/";
      if (tensors.has(first)) {
        scopes.add(first);
      }
      for (String reader : readers) {
        String scope = callScope(parent, name, reader);
        if (scope != null) {
          scopes.add(scope);
        }
      }
      int missing = info.calls().size() - scopes.size();
      for (int i = 1; missing > 0 && readers.isEmpty() && i < MOST_CALLS; i++) {
        String further = parent + name + "_" + i + "/";
        if (!siblings.contains(info.name() + "_" + i) && tensors.has(further)) {
          scopes.add(further);
          missing--;
        }
      }
    }
    return List.copyOf(scopes);
  }

  private static @Nullable String callScope(String parent, String name, String reader) {
    if (!reader.startsWith(parent + name)) {
      return null;
    }
    int end = reader.indexOf('/', parent.length() + name.length());
    if (end < 0) {
      return null;
    }
    for (int i = parent.length() + name.length(); i < end; i++) {
      char c = reader.charAt(i);
      if (c != '_' && (c < '0' || c > '9')) {
        return null;
      }
    }
    return reader.substring(0, end + 1);
  }

  /**
   * Keras makes a scope's name from a layer's by putting underscores where TensorFlow wants them.
   */
  static String scopeName(String layer) {
    StringBuilder scope = new StringBuilder(layer);
    for (int i = 0; i < layer.length(); i++) {
      char c = layer.charAt(i);
      boolean legal =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || "_.-/".indexOf(c) >= 0;
      if (!legal) {
        scope.setCharAt(i, '_');
      }
    }
    return scope.toString();
  }
}
