package dev.graft.savedmodel.objects;

import dev.graft.error.Internal;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedUserObject;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;
import org.tensorflow.proto.VersionDef;

/**
 * The tree of Python objects that a SavedModel describes twice: in the SavedModel itself, with
 * functions and assets, and in its checkpoint, where it leads from the root to each variable's key.
 * Node 0 is the root.
 */
@Internal
public final class ObjectGraphWriter {

  public static final String LIST = "trackable_list_wrapper";
  public static final String SIGNATURES = "signature_map";

  private final List<SavedObject.Builder> saved = new ArrayList<>();
  private final List<TrackableObject.Builder> tracked = new ArrayList<>();
  private final SavedObjectGraph.Builder functions = SavedObjectGraph.newBuilder();

  public ObjectGraphWriter() {
    add(userObject("_generic_user_object"));
  }

  public static SavedObject.Builder userObject(String identifier) {
    return SavedObject.newBuilder()
        .setUserObject(
            SavedUserObject.newBuilder()
                .setIdentifier(identifier)
                .setVersion(VersionDef.newBuilder().setProducer(1).setMinConsumer(1)));
  }

  /** Adds a node, which nothing refers to yet. */
  public int add(SavedObject.Builder node) {
    saved.add(node);
    tracked.add(TrackableObject.newBuilder());
    return saved.size() - 1;
  }

  /** Adds a node under {@code parent}. */
  public int add(int parent, String name, SavedObject.Builder node) {
    int id = add(node);
    refer(parent, name, id);
    return id;
  }

  /** Makes {@code child} known to {@code parent} as {@code name}. */
  public void refer(int parent, String name, int child) {
    ObjectReference reference =
        ObjectReference.newBuilder().setNodeId(child).setLocalName(name).build();
    saved.get(parent).addChildren(reference);
    tracked.get(parent).addChildren(reference);
  }

  /** How many children {@code node} has. */
  public int children(int node) {
    return saved.get(node).getChildrenCount();
  }

  /** Says where in the checkpoint the value of {@code node}, a variable, is. */
  public void setKey(int node, String fullName, String key) {
    tracked
        .get(node)
        .addAttributes(
            TrackableObject.SerializedTensor.newBuilder()
                .setName("VARIABLE_VALUE")
                .setFullName(fullName)
                .setCheckpointKey(key));
  }

  public void putFunction(String name, SavedConcreteFunction function) {
    functions.putConcreteFunctions(name, function);
  }

  /** The form in the SavedModel. */
  public SavedObjectGraph toSavedObjectGraph() {
    SavedObjectGraph.Builder graph = functions.clone();
    saved.forEach(graph::addNodes);
    return graph.build();
  }

  /** The form in the checkpoint. */
  public TrackableObjectGraph toTrackableObjectGraph() {
    TrackableObjectGraph.Builder graph = TrackableObjectGraph.newBuilder();
    tracked.forEach(graph::addNodes);
    return graph.build();
  }
}
