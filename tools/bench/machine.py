"""The machine that a benchmark runs on: what its processor and its cards are called, and how busy a card is."""

import ctypes
import os
import platform
import subprocess
import sys


def cards(ask="cuDeviceGetName"):
    """What NVIDIA's driver tells of each card that a process started from here sees, in the order in which it does."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return []
    count, said = ctypes.c_int(), ctypes.create_string_buffer(256)
    if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)):
        return []
    return [said.value.decode() for i in range(count.value) if not getattr(cuda, ask)(said, 256, i)]


def slot():
    """Where the first card sits: nvidia-smi's own numbers heed neither CUDA_VISIBLE_DEVICES nor CUDA's order."""
    return next(iter(cards("cuDeviceGetPCIBusId")), "0")


class Busy:
    """How busy the card is that work goes to, as its driver samples it: the share of time in which any kernel runs."""

    def __enter__(self):
        asked = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--id={slot()}", "-lms", "200"]
        try:
            self.process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
        except OSError:
            sys.exit("run: how busy a GPU is, 'nvidia-smi' tells, and there is none on the PATH")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        said = [line.strip() for line in self.process.communicate()[0].splitlines()]
        self.shares = [int(line) / 100 for line in said if line.isdigit()]


def multiplies_bfloat16():
    return "bf16" in machine()


def machine(gpu=False):
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            lines = file.read().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
        flags = next(line for line in lines if line.startswith("flags")).split()
        model += "".join(f", {name}" for name in ("avx512_bf16", "amx_bf16") if name in flags)
    except (OSError, StopIteration):
        pass
    on = "".join(f"{name}, " for name in cards()[:1]) if gpu else ""
    return f"{on}{os.cpu_count()} cores of {model}, {platform.system()}"
