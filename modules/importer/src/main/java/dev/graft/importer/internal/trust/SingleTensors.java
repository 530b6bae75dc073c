package dev.graft.importer.internal.trust;

import dev.graft.error.BadModelException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Refuses functions in which one input may stand for several tensors, or for none: {@code
 * node:output} without an index is the whole of a list, and so is the name of an argument that is
 * one. TensorFlow then counts what follows otherwise than whoever takes each input for a tensor.
 * TensorFlow itself writes {@code node:output:index} or the name of an argument.
 */
public final class SingleTensors {

  private static final Pattern OUTPUT = Pattern.compile("[^^:]+:[^:]+:\\d+");
  private static final Pattern OF_LIST = Pattern.compile(":\\d+");

  private static final String ANY = ", which may stand for any number of tensors";

  private SingleTensors() {}

  /**
   * Fails unless each input and each result of each function is one tensor.
   *
   * @throws BadModelException if one is not
   */
  public static void require(FunctionDefLibrary library) {
    library.getFunctionList().forEach(SingleTensors::require);
  }

  private static void require(FunctionDef function) {
    String name = function.getSignature().getName();
    Set<String> single = new HashSet<>();
    Set<String> lists = new HashSet<>();
    for (OpDef.ArgDef arg : function.getSignature().getInputArgList()) {
      requirePlainName(arg.getName(), name);
      boolean list = !arg.getNumberAttr().isEmpty() || !arg.getTypeListAttr().isEmpty();
      (list ? lists : single).add(arg.getName());
    }
    single.removeAll(lists);
    for (NodeDef node : function.getNodeDefList()) {
      requirePlainName(node.getName(), name);
      for (String input : node.getInputList()) {
        boolean waits = input.startsWith("^");
        if (waits ? input.indexOf(':') >= 0 : !isSingle(input, single, lists)) {
          throw damaged(node.getName(), name, "reads '" + input + "'" + ANY);
        }
      }
    }
    function
        .getRetMap()
        .forEach(
            (result, tensor) -> {
              if (!isSingle(tensor, single, lists)) {
                throw damaged(result, name, "is '" + tensor + "'" + ANY);
              }
            });
    function.getControlRetMap().values().forEach(node -> requirePlainName(node, name));
  }

  private static boolean isSingle(String tensor, Set<String> single, Set<String> lists) {
    if (single.contains(tensor) || OUTPUT.matcher(tensor).matches()) {
      return true;
    }
    int colon = tensor.indexOf(':');
    return colon > 0
        && lists.contains(tensor.substring(0, colon))
        && OF_LIST.matcher(tensor.substring(colon)).matches();
  }

  /** With a colon in it a name could be taken for an output of something else. */
  private static void requirePlainName(String name, String function) {
    if (name.indexOf(':') >= 0) {
      throw damaged(name, function, "has a colon in its name");
    }
  }

  private static BadModelException damaged(String at, String function, String what) {
    return BadModelException.atNode(
        at, "'" + at + "' in function '" + function + "' " + what + "; the model is damaged.");
  }
}
