package dev.graft.runtime.machine;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * The few functions of NVIDIA's management library that this takes, by their names there. Each
 * returns 0 or the number of an error.
 */
interface Nvml extends Library {

  /** Nobody may open the cards. */
  int NO_PERMISSION = 4;

  /** The library is there, the kernel's part of the driver is not. */
  int DRIVER_NOT_LOADED = 9;

  /** The driver is older than what is asked of it. */
  int NO_SUCH_FUNCTION = 13;

  /** The kernel runs another version of the driver than the library is of. */
  int OTHER_VERSION = 18;

  /**
   * Loads it.
   *
   * @throws UnsatisfiedLinkError if it is not there
   */
  static Nvml load() {
    return Native.load("libnvidia-ml.so.1", Nvml.class);
  }

  int nvmlInit_v2();

  int nvmlShutdown();

  int nvmlSystemGetDriverVersion(byte[] text, int length);

  int nvmlSystemGetCudaDriverVersion_v2(int[] version);

  int nvmlDeviceGetCount_v2(int[] count);

  int nvmlDeviceGetHandleByIndex_v2(int index, PointerByReference card);

  int nvmlDeviceGetName(Pointer card, byte[] text, int length);

  /** Total, free and used, in bytes. */
  int nvmlDeviceGetMemoryInfo(Pointer card, long[] memory);

  int nvmlDeviceGetCudaComputeCapability(Pointer card, int[] major, int[] minor);

  String nvmlErrorString(int error);
}
