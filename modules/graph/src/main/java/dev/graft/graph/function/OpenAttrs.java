package dev.graft.graph.function;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * The attributes that a function leaves open for its caller: a node of it says {@code placeholder:
 * "T"}, and TensorFlow puts there what the call gives as {@code T}, also where that stands inside
 * the attributes of a function that is handed on.
 *
 * @param names what they are called
 */
@Internal
public record OpenAttrs(ImmutableSet<String> names) {

  private static final int MAX_DEPTH = 20; // functions within functions' attributes

  /** What is put in many times over grows beyond all bounds; a dtype takes two bytes. */
  private static final int MAX_BOUND = 1 << 16;

  /** The attributes that {@code function} leaves open. */
  public static OpenAttrs of(FunctionDef function) {
    ImmutableSet.Builder<String> names = ImmutableSet.builder();
    for (OpDef.ArgDef arg : function.getSignature().getInputArgList()) {
      for (String name : List.of(arg.getTypeAttr(), arg.getNumberAttr(), arg.getTypeListAttr())) {
        if (!name.isEmpty()) {
          names.add(name);
        }
      }
    }
    for (NodeDef node : function.getNodeDefList()) {
      node.getAttrMap().values().forEach(attr -> note(attr, 0, names));
    }
    return new OpenAttrs(names.build());
  }

  private static void note(AttrValue attr, int depth, ImmutableSet.Builder<String> names) {
    if (depth > MAX_DEPTH) {
      throw new BadModelException("attributes are nested too deeply; the file is damaged.");
    }
    if (attr.hasPlaceholder()) { // the name may be empty
      names.add(attr.getPlaceholder());
    }
    if (attr.hasFunc()) {
      attr.getFunc().getAttrMap().values().forEach(inner -> note(inner, depth + 1, names));
    }
    for (NameAttrList function : attr.getList().getFuncList()) {
      function.getAttrMap().values().forEach(inner -> note(inner, depth + 1, names));
    }
  }

  /** Those of {@code given} that are open here: all that a call can change. */
  public ImmutableMap<String, AttrValue> among(Map<String, AttrValue> given) {
    ImmutableMap.Builder<String, AttrValue> bound = ImmutableMap.builder();
    for (String name : names) {
      AttrValue value = given.get(name);
      if (value != null) {
        bound.put(name, value);
      }
    }
    return bound.buildOrThrow();
  }

  /**
   * {@code attr} with what {@code given} holds in the places that are left open.
   *
   * @return empty if one stays open
   */
  public static Optional<AttrValue> bind(AttrValue attr, Map<String, AttrValue> given) {
    AttrValue bound = bind(attr, given, 0);
    if (bound != null && bound != attr && bound.getSerializedSize() > MAX_BOUND) {
      throw new BadModelException(
          "an attribute that a function leaves open gets more than "
              + MAX_BOUND
              + " bytes; it is damaged or made to exhaust memory.");
    }
    return Optional.ofNullable(bound);
  }

  private static @Nullable AttrValue bind(AttrValue attr, Map<String, AttrValue> given, int depth) {
    if (depth > MAX_DEPTH) {
      throw new BadModelException("attributes are nested too deeply; the file is damaged.");
    }
    if (attr.hasPlaceholder()) {
      return given.get(attr.getPlaceholder());
    }
    if (attr.hasFunc()) {
      NameAttrList function = bind(attr.getFunc(), given, depth);
      return function == null ? null : attr.toBuilder().setFunc(function).build();
    }
    if (attr.getList().getFuncCount() > 0) {
      AttrValue.Builder bound = attr.toBuilder();
      for (int i = 0; i < attr.getList().getFuncCount(); i++) {
        NameAttrList function = bind(attr.getList().getFunc(i), given, depth);
        if (function == null) {
          return null;
        }
        bound.getListBuilder().setFunc(i, function);
      }
      return bound.build();
    }
    return attr;
  }

  private static @Nullable NameAttrList bind(
      NameAttrList function, Map<String, AttrValue> given, int depth) {
    NameAttrList.Builder bound = function.toBuilder();
    for (Map.Entry<String, AttrValue> attr : function.getAttrMap().entrySet()) {
      AttrValue value = bind(attr.getValue(), given, depth + 1);
      if (value == null) {
        return null;
      }
      bound.putAttr(attr.getKey(), value);
    }
    return bound.build();
  }
}
