package dev.graft.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.CompiledLibrary;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * NVML by its own names and types, as a driver's library has them (nvml.h): two cards, and a third
 * that is lost.
 */
@EnabledOnOs(OS.LINUX)
class NvmlTest {

  private static final String LIBRARY = "libnvidia-ml.so.1";

  private static final String NVML =
      """
      #include <stdio.h>
      #include <string.h>

      typedef int nvmlReturn_t;
      typedef struct nvmlDevice_st { const char *name; int major, minor; double giga; } *nvmlDevice_t;
      typedef struct { unsigned long long total, free, used; } nvmlMemory_t;

      static struct nvmlDevice_st cards[] = {
        { "NVIDIA H100 80GB HBM3", 9, 0, 80 }, { "Tesla T4", 7, 5, 16 } };
      static int inits = 0;

      nvmlReturn_t nvmlInit_v2(void) { inits++; return 0; }
      nvmlReturn_t nvmlShutdown(void) { inits--; printf("open %d; ", inits); fflush(stdout); return 0; }
      const char *nvmlErrorString(nvmlReturn_t error) {
        return error == 15 ? "GPU is lost" : "Unknown Error"; }
      nvmlReturn_t nvmlSystemGetDriverVersion(char *text, unsigned int length) {
        if (length < 12 || !inits) return 7;
        strcpy(text, "550.54.15"); return 0; }
      nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12040; return 0; }
      nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) { *count = 3; return 0; }
      nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *card) {
        if (index > 1) return 15;
        *card = &cards[index]; return 0; }
      nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t card, char *text, unsigned int length) {
        if (strlen(card->name) >= length) return 7;
        strcpy(text, card->name); return 0; }
      nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t card, nvmlMemory_t *memory) {
        memory->total = card->giga * (1ull << 30);
        memory->used = 1ull << 30;
        memory->free = memory->total - memory->used; return 0; }
      nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t card, int *major, int *minor) {
        *major = card->major; *minor = card->minor; return 0; }
      """;

  @TempDir private Path folder;

  @Test
  void driverAndCardsAreReadThroughTheRealBinding() throws Exception {
    CompiledLibrary.compile(folder, LIBRARY, NVML);
    assertThat(CompiledLibrary.said(folder, NvmlTest.class))
        .isEqualTo(
            "open 0; 550.54.15 for 12.4\n"
                + "NVIDIA H100 80GB HBM3, 9.0, 79 of 80 GB\n"
                + "Tesla T4, 7.5, 15 of 16 GB\n"
                + "error 0\n");
  }

  @Test
  void anErrorIsReadInWords() throws Exception {
    CompiledLibrary.compile(
        folder,
        LIBRARY,
        """
        int nvmlInit_v2(void) { return 18; }
        const char *nvmlErrorString(int error) {
          return error == 18 ? "Driver/library version mismatch" : ""; }
        """);
    assertThat(CompiledLibrary.said(folder, NvmlTest.class))
        .isEqualTo(" for \nerror 18 Driver/library version mismatch\n");
  }

  /** As of a driver from before them. */
  @Test
  void aFunctionThatIsNotThereIsNamed() throws Exception {
    CompiledLibrary.compile(folder, LIBRARY, "int nvmlInit(void) { return 0; }\n");
    assertThat(CompiledLibrary.said(folder, NvmlTest.class))
        .startsWith(" for \nerror 13 ")
        .contains("nvmlInit_v2");
  }

  /** The process. */
  public static void main(String[] arguments) {
    Nvidia here = Nvidia.here();
    System.out.println(here.driver() + " for " + here.newestCuda());
    for (Nvidia.Card card : here.cards()) {
      System.out.printf(
          "%s, %s, %d of %d GB%n",
          card.name(), card.capability(), card.free() >> 30, card.memory() >> 30);
    }
    System.out.println(("error " + here.error() + " " + here.problem()).strip());
  }
}
