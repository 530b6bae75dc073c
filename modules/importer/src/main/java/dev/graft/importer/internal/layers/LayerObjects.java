package dev.graft.importer.internal.layers;

import dev.graft.error.BadModelException;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/** Which objects of an object graph are layers, and which layers lie in which. */
final class LayerObjects {

  private static final Set<String> NO_LAYERS =
      Set.of("signatures", "keras_api", "optimizer", "variables", "trainable_variables");
  private static final int MAX_DEPTH = 60; // models within models, far more than anybody writes

  /** A small file can hold layers that hold each other in more ways than fit in any memory. */
  static final int MAX_LAYERS = 20_000;

  private static final int MAX_STEPS = 5_000_000; // from object to object

  private final ObjectGraph objects;
  private final Map<Integer, List<Integer>> known = new HashMap<>();
  private int entered;
  private int steps;

  LayerObjects(ObjectGraph objects) {
    this.objects = objects;
  }

  /** Whether object {@code id} is a layer. */
  boolean isLayer(int id) {
    SavedObject object = objects.object(id);
    String identifier = object.getUserObject().getIdentifier();
    return object.getKindCase() == KindCase.USER_OBJECT
        && identifier.startsWith("_tf_keras_")
        && !identifier.equals("_tf_keras_metric");
  }

  /**
   * The layers directly inside layer {@code id}: no layer is inside itself.
   *
   * @param above the layers that it is inside of
   */
  List<Integer> within(int id, List<Integer> above) {
    if (++entered > MAX_LAYERS) {
      throw tooMany("layers", MAX_LAYERS);
    }
    List<Integer> inside = new ArrayList<>(above.size() < MAX_DEPTH ? of(id) : List.of());
    inside.removeAll(above);
    inside.removeIf(layer -> layer == id);
    return inside;
  }

  /** The layers directly inside layer {@code id}, in Keras' order. */
  List<Integer> of(int id) {
    List<Integer> inside = known.get(id);
    if (inside == null) {
      inside = find(id);
      known.put(id, inside);
    }
    return inside;
  }

  private List<Integer> find(int id) {
    Set<Integer> inside = new LinkedHashSet<>();
    objects
        .child(id, "keras_api")
        .ifPresent(
            api -> {
              for (int layer : objects.list(api, "layers")) {
                if (isLayer(layer) && layer != id) {
                  inside.add(layer);
                }
              }
            });
    return inside.isEmpty() ? outermost(id) : List.copyOf(inside);
  }

  /** The layers that object {@code id} holds itself or in lists and dictionaries. */
  List<Integer> outermost(int id) {
    Set<Integer> found = new LinkedHashSet<>();
    Set<Integer> seen = new HashSet<>(Set.of(id));
    List<Integer> open = new ArrayList<>(List.of(id));
    while (!open.isEmpty()) {
      int at = open.remove(open.size() - 1);
      for (ObjectReference child : objects.children(at)) {
        if (++steps > MAX_STEPS) {
          throw tooMany("ways from object to object", MAX_STEPS);
        }
        if (NO_LAYERS.contains(child.getLocalName()) || !seen.add(child.getNodeId())) {
          continue;
        }
        if (isLayer(child.getNodeId())) {
          found.add(child.getNodeId());
        } else if (objects.object(child.getNodeId()).getKindCase() == KindCase.USER_OBJECT) {
          open.add(child.getNodeId());
        }
      }
    }
    return List.copyOf(found);
  }

  private static BadModelException tooMany(String what, int most) {
    return new BadModelException(
        "the model has more than "
            + most
            + " "
            + what
            + "; it is damaged or made to exhaust memory.");
  }
}
