package dev.graft.importer.internal.trust;

import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.TensorProto;

/**
 * Values of which TensorFlow makes objects of its own when it reads them: variants, whose decoders
 * believe what stands in the file, and handles of resources. No exported model holds any; variants
 * and resources come about while it runs.
 */
final class HiddenValues {

  private static final int MAX_DEPTH = 20; // functions' attributes within functions' attributes

  private HiddenValues() {}

  /** Whether {@code attr} holds one, or says that one is to be read. */
  static boolean in(AttrValue attr) {
    return in(attr, 0);
  }

  /**
   * Whether {@code function} holds one beside its nodes, or gives an attribute of its own a
   * default, which TensorFlow takes where it forgets what a caller gave.
   */
  static boolean in(FunctionDef function) {
    return function.getSignature().getAttrList().stream().anyMatch(attr -> attr.hasDefaultValue())
        || function.getAttrMap().values().stream().anyMatch(HiddenValues::in)
        || function.getArgAttrMap().values().stream()
            .anyMatch(each -> each.getAttrMap().values().stream().anyMatch(HiddenValues::in));
  }

  private static boolean in(AttrValue attr, int depth) {
    if (depth > MAX_DEPTH) {
      return true;
    }
    return attr.hasTensor() && in(attr.getTensor())
        || attr.getList().getTensorList().stream().anyMatch(HiddenValues::in)
        || attr.hasFunc() && in(attr.getFunc(), depth)
        || attr.getList().getFuncList().stream().anyMatch(each -> in(each, depth));
  }

  private static boolean in(NameAttrList function, int depth) {
    return function.getAttrMap().values().stream().anyMatch(attr -> in(attr, depth + 1));
  }

  private static boolean in(TensorProto tensor) {
    return tensor.getVariantValCount() > 0
        || tensor.getResourceHandleValCount() > 0
        || isHidden(tensor.getDtype());
  }

  /** Whether values of {@code type} are such objects. */
  static boolean isHidden(DataType type) {
    return type == DataType.DT_VARIANT
        || type == DataType.DT_RESOURCE
        || type == DataType.DT_VARIANT_REF
        || type == DataType.DT_RESOURCE_REF;
  }
}
