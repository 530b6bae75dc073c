package dev.graft.savedmodel.objects;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * The Python objects of which the saved model consisted: layers, variables, functions, tables.
 * Objects are known by number; the root is 0. A TF1 SavedModel has none.
 */
@Internal
public final class ObjectGraph {

  public static final int ROOT = 0;

  private final SavedObjectGraph proto;

  public ObjectGraph(SavedObjectGraph proto) {
    this.proto = proto;
  }

  /** Whether there are no objects. */
  public boolean isEmpty() {
    return proto.getNodesCount() == 0;
  }

  /** How many objects there are. */
  public int size() {
    return proto.getNodesCount();
  }

  /** Object number {@code id}. */
  public SavedObject object(int id) {
    if (id < 0 || id >= proto.getNodesCount()) {
      throw new BadModelException(
          "the object graph refers to object "
              + id
              + " of "
              + proto.getNodesCount()
              + "; saved_model.pb is damaged.");
    }
    return proto.getNodes(id);
  }

  /** What object {@code id} refers to, by name, in the file's order. */
  public List<ObjectReference> children(int id) {
    return object(id).getChildrenList();
  }

  /** The object that {@code id} refers to as {@code name}, if it does. */
  public OptionalInt child(int id, String name) {
    for (ObjectReference child : children(id)) {
      if (child.getLocalName().equals(name)) {
        return OptionalInt.of(child.getNodeId());
      }
    }
    return OptionalInt.empty();
  }

  /** The members of the list object that {@code id} refers to as {@code name}; empty if none. */
  public List<Integer> list(int id, String name) {
    OptionalInt list = child(id, name);
    if (list.isEmpty()) {
      return List.of();
    }
    List<Integer> members = new ArrayList<>();
    for (ObjectReference child : children(list.getAsInt())) {
      if (!child.getLocalName().isEmpty() && Character.isDigit(child.getLocalName().charAt(0))) {
        members.add(child.getNodeId());
      }
    }
    return members;
  }

  /** The objects that can be reached from the root, nearest first, not through these names. */
  public List<Integer> reachable(Set<String> closed) {
    Set<Integer> seen = new LinkedHashSet<>();
    Deque<Integer> open = new ArrayDeque<>();
    if (!isEmpty()) {
      seen.add(ROOT);
      open.add(ROOT);
    }
    while (!open.isEmpty()) {
      for (ObjectReference child : children(open.remove())) {
        if (!closed.contains(child.getLocalName()) && seen.add(child.getNodeId())) {
          open.add(child.getNodeId());
        }
      }
    }
    return List.copyOf(seen);
  }

  /** The concrete functions by name, with what they capture. */
  public Map<String, SavedConcreteFunction> functions() {
    return proto.getConcreteFunctionsMap();
  }

  /** What concrete function {@code name} says of itself, if it is one. */
  public Optional<SavedConcreteFunction> function(String name) {
    return Optional.ofNullable(proto.getConcreteFunctionsMap().get(name));
  }

  /**
   * The checkpoint keys of the variables among the objects. The checkpoint has its own object graph
   * with the same names on the edges; both are walked side by side.
   */
  public Map<Integer, String> checkpointKeys(TensorBundle checkpoint) {
    String key = "_CHECKPOINTABLE_OBJECT_GRAPH";
    if (isEmpty() || checkpoint.entry(key).isEmpty()) {
      return Map.of();
    }
    TrackableObjectGraph saved;
    try {
      saved = TrackableObjectGraph.parseFrom(checkpoint.read(key).strings().get(0));
    } catch (InvalidProtocolBufferException | IllegalStateException | IndexOutOfBoundsException e) {
      throw BadModelException.inFile(
          checkpoint.prefix() + ".index",
          "the object graph in the checkpoint '" + checkpoint.prefix() + "' is damaged.",
          e);
    }
    Map<Integer, Integer> trackable = new HashMap<>(Map.of(ROOT, ROOT));
    Deque<Integer> open = new ArrayDeque<>(List.of(ROOT));
    Map<Integer, String> keys = new HashMap<>();
    while (!open.isEmpty()) {
      int id = open.remove();
      int at = trackable.getOrDefault(id, ROOT);
      if (at < 0 || at >= saved.getNodesCount()) {
        continue;
      }
      TrackableObject twin = saved.getNodes(at);
      for (TrackableObject.SerializedTensor attribute : twin.getAttributesList()) {
        if (attribute.getName().equals("VARIABLE_VALUE")) {
          keys.put(id, attribute.getCheckpointKey());
        }
      }
      Map<String, Integer> byName = new HashMap<>();
      twin.getChildrenList().forEach(c -> byName.put(c.getLocalName(), c.getNodeId()));
      for (ObjectReference child : children(id)) {
        Integer there = byName.get(child.getLocalName());
        if (there != null && trackable.putIfAbsent(child.getNodeId(), there) == null) {
          open.add(child.getNodeId());
        }
      }
    }
    return keys;
  }
}
