package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.MultimapBuilder;
import dev.graft.graph.Functions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.OpDef;

/**
 * Functions that a file holds twice, for CPUs and for GPUs: Keras 2 saves each LSTM and GRU as a
 * loop, which is what the graph calls, and beside it by cuDNN's kernel. Both say what they
 * implement ({@code api_implements}) and where ({@code api_preferred_device}), by which
 * TensorFlow's optimiser would put one in the place of the other.
 *
 * @param names the twin for GPUs, by the name of the function that is called
 */
public record GpuTwins(ImmutableMap<String, String> names) {

  private static final String IMPLEMENTS = "api_implements";
  private static final String DEVICE = "api_preferred_device";

  /** Those of {@code library}, as the file has it. */
  public static GpuTwins in(FunctionDefLibrary library) {
    ListMultimap<String, FunctionDef> ofCpus = MultimapBuilder.hashKeys().arrayListValues().build();
    ListMultimap<String, FunctionDef> ofGpus = MultimapBuilder.hashKeys().arrayListValues().build();
    for (FunctionDef function : library.getFunctionList()) {
      String what = text(function, IMPLEMENTS);
      if (!what.isEmpty()) {
        switch (text(function, DEVICE)) {
          case "CPU" -> ofCpus.put(what, function);
          case "GPU" -> ofGpus.put(what, function);
          default -> {} // of another device
        }
      }
    }
    ImmutableMap.Builder<String, String> names = ImmutableMap.builder();
    ofCpus.forEach(
        (what, function) -> {
          // the gradient of either is among them, too, and what keeps more for that
          List<String> alike =
              ofGpus.get(what).stream()
                  .map(FunctionDef::getSignature)
                  .filter(each -> isCalledAlike(function.getSignature(), each))
                  .map(OpDef::getName)
                  .toList();
          if (alike.size() == 1) {
            names.put(function.getSignature().getName(), alike.get(0));
          }
        });
    return new GpuTwins(names.buildKeepingLast());
  }

  private static String text(FunctionDef function, String attr) {
    return function.getAttrOrDefault(attr, AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }

  private static boolean isCalledAlike(OpDef one, OpDef other) {
    return types(one.getInputArgList()).equals(types(other.getInputArgList()))
        && types(one.getOutputArgList()).equals(types(other.getOutputArgList()));
  }

  private static List<Integer> types(List<OpDef.ArgDef> arguments) {
    return arguments.stream().map(OpDef.ArgDef::getTypeValue).toList();
  }

  /** Whether {@code function} of {@code library} is or calls one of these, through others too. */
  public boolean areCalledBy(String function, Map<String, FunctionDef> library) {
    return !names.isEmpty()
        && Functions.reachable(function, library).keySet().stream().anyMatch(names::containsKey);
  }

  /** {@code library} with the twins for GPUs in the place of the functions that are called. */
  Map<String, FunctionDef> in(Map<String, FunctionDef> library) {
    if (names.isEmpty()) {
      return library;
    }
    Map<String, FunctionDef> swapped = new LinkedHashMap<>(library);
    names.forEach(
        (called, name) -> {
          FunctionDef twin = library.get(name);
          if (twin != null) {
            OpDef signature = twin.getSignature().toBuilder().setName(called).build();
            swapped.put(called, twin.toBuilder().setSignature(signature).build());
          }
        });
    return swapped;
  }
}
