package dev.graft.runtime.machine;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Answers in the form of NVML's: of a driver and its cards, or an error at one of the functions.
 *
 * @param driver its version
 * @param cuda the newest CUDA that it is for
 * @param cards what it has
 * @param failing the function that fails, behind it the number of a card; empty for none
 * @param error with which error; below 0 for a function that the driver does not have
 */
record Recorded(String driver, int cuda, List<Nvidia.Card> cards, String failing, int error)
    implements Nvml {

  static Recorded of(String driver, int cuda, Nvidia.Card... cards) {
    return new Recorded(driver, cuda, List.of(cards), "", 0);
  }

  static Recorded failing(String function, int error) {
    return new Recorded("550.54.15", 12_040, List.of(), function, error);
  }

  private int result(String function) {
    if (function.equals(failing) && error < 0) {
      throw new UnsatisfiedLinkError("Error looking up function '" + function + "'");
    }
    return function.equals(failing) ? error : 0;
  }

  private static void put(String text, byte[] into) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, into, 0, bytes.length);
  }

  private static int index(Pointer card) {
    return (int) Pointer.nativeValue(card) - 1;
  }

  private Nvidia.Card card(Pointer card) {
    return cards.get(index(card));
  }

  @Override
  public int nvmlInit_v2() {
    return result("init");
  }

  @Override
  public int nvmlShutdown() {
    return 0;
  }

  @Override
  public int nvmlSystemGetDriverVersion(byte[] text, int length) {
    put(driver, text);
    return result("driver");
  }

  @Override
  public int nvmlSystemGetCudaDriverVersion_v2(int[] version) {
    version[0] = cuda;
    return result("cuda");
  }

  @Override
  public int nvmlDeviceGetCount_v2(int[] count) {
    count[0] = cards.size();
    return result("count");
  }

  @Override
  public int nvmlDeviceGetHandleByIndex_v2(int index, PointerByReference card) {
    card.setValue(new Pointer(index + 1));
    return result("card" + index);
  }

  @Override
  public int nvmlDeviceGetName(Pointer card, byte[] text, int length) {
    put(card(card).name(), text);
    return 0;
  }

  @Override
  public int nvmlDeviceGetMemoryInfo(Pointer card, long[] memory) {
    memory[0] = card(card).memory();
    memory[1] = card(card).free();
    return result("memory" + index(card));
  }

  @Override
  public int nvmlDeviceGetCudaComputeCapability(Pointer card, int[] major, int[] minor) {
    major[0] = card(card).major();
    minor[0] = card(card).minor();
    return 0;
  }

  @Override
  public String nvmlErrorString(int code) {
    return "error " + code;
  }
}
