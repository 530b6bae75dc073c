"""What every peer says and waits for on its standard streams. It needs none of the peers' packages."""

import json
import resource
import statistics
import sys
import time


def say(**values):
    print(json.dumps(values), flush=True)


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Turns:
    """Lets steps happen when the other end asks for some, and tells how long they took."""

    def __init__(self, finish=lambda: None):
        self.finish = finish  # waits for what was only sent off, as to a GPU
        self.left = 0
        self.asked = 0
        self.marks = []  # when steps began

    def before_step(self):
        if self.left == 0:
            self.finish()
        self.marks.append(time.perf_counter())
        if self.left == 0:
            if self.asked:
                seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
                each = [later - mark for mark, later in zip([self.began, *self.marks], self.marks)]
                say(seconds=seconds / self.asked, median=statistics.median(each), cpu=cpu / self.asked,
                    megabytes=peak_megabytes())
            line = sys.stdin.readline()
            if not line.strip():
                sys.exit(0)
            self.asked = self.left = int(line)
            self.cpu, self.began, self.marks = time.process_time(), time.perf_counter(), []
        self.left -= 1
