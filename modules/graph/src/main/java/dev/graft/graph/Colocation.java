package dev.graft.graph;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * The {@code _class} attribute, which asks TensorFlow to put a node where another one is ({@code
 * loc:@name}). When nodes get new names it has to follow, and what points nowhere has to go, or
 * TensorFlow refuses the graph.
 */
@Internal
public final class Colocation {

  private static final String ATTR = "_class";
  private static final String PREFIX = "loc:@";

  private Colocation() {}

  /** {@code node} to be where others are only as far as these {@code are} there. */
  public static NodeDef among(NodeDef node, Predicate<String> are) {
    return rename(node, name -> are.test(name) ? name : null);
  }

  /**
   * {@code node} with its colocation following {@code renamed}; parts for which it gives null are
   * dropped.
   */
  public static NodeDef rename(NodeDef node, Function<String, @Nullable String> renamed) {
    AttrValue attr = node.getAttrOrDefault(ATTR, null);
    if (attr == null) {
      return node;
    }
    AttrValue.ListValue.Builder kept = AttrValue.ListValue.newBuilder();
    for (ByteString entry : attr.getList().getSList()) {
      String text = entry.toStringUtf8();
      String target =
          text.startsWith(PREFIX) ? renamed.apply(text.substring(PREFIX.length())) : null;
      if (target != null) {
        kept.addS(ByteString.copyFromUtf8(PREFIX + target));
      }
    }
    NodeDef.Builder copy = node.toBuilder();
    return kept.getSCount() == 0
        ? copy.removeAttr(ATTR).build()
        : copy.putAttr(ATTR, AttrValue.newBuilder().setList(kept).build()).build();
  }
}
