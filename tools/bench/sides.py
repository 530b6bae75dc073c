"""The sides of a benchmark: the peers' environments, and processes that work in turns."""

import dataclasses
import json
import os
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, "build", "bench")


def log(words):
    print(words, file=sys.stderr, flush=True)


@dataclasses.dataclass(frozen=True)
class Environment:
    """Of a peer; made if it is not there."""

    given: str  # the variable that stands in for it
    folder: str
    requirements: str
    bases: tuple  # the interpreters that its packages are for, the best first
    needs: str

    def python(self):
        given = os.environ.get(self.given)
        if given:
            return given
        folder, wanted = os.path.join(WORK, self.folder), os.path.join(HERE, self.requirements)
        mark, found = os.path.join(folder, os.path.basename(self.requirements)), os.path.join(folder, "bin", "python")
        if not os.path.exists(mark) or open(mark).read() != open(wanted).read():
            log(f"making the environment of {os.path.basename(self.requirements)}, some minutes")
            base = next((p for p in self.bases if runs(p)), None)
            if base is None:
                sys.exit(f"run: {self.needs}, and there is none on the PATH; install one.")
            subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([found, "-m", "pip", "install", "-q", "-r", wanted], check=True)
            with open(mark, "w") as file:
                file.write(open(wanted).read())
        return found


KERAS = Environment("GRAFT_BENCH_PYTHON", "venv", "requirements.txt", ("python3.11", "python3.10", "python3.9"),
                    "TensorFlow 2.15 needs Python 3.9 to 3.11")
TORCH = Environment("GRAFT_BENCH_TORCH", "venv-torch", "requirements-torch.txt", ("python3.11", "python3.12"),
                    "PyTorch's side needs Python 3.11 or 3.12")
OPENVINO = Environment("GRAFT_BENCH_OPENVINO", "venv-openvino", os.path.join("..", "interop", "requirements-openvino.txt"),
                       ("python3.11", "python3.12"), "OpenVINO's side needs Python 3.11 or 3.12")


def runs(command):
    try:
        return subprocess.run([command, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


class Side:
    """A process that works in turns. What it says beside that goes to a file."""

    def __init__(self, name, command, **environment):
        self.name = name
        self.errors = os.path.join(WORK, f"{name}.log")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(self.errors, "w"), text=True, cwd=HERE, env={**os.environ, **environment})
        self.started = None

    @property
    def first(self):
        """What it says when it is ready."""
        if self.started is None:
            self.started = self.answer()
        return self.started

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        sys.exit(f"run: a side ended early; what it said is in {self.errors}")

    def turn(self, steps, kind=""):
        assert self.first, "it answers in order"
        self.process.stdin.write(f"{kind}{steps}\n")
        self.process.stdin.flush()
        return self.answer()

    def turn_within(self, seconds, steps):
        """None, and the end of the process, where it takes longer."""
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), self.process.kill()))
        timer.start()
        try:
            return self.turn(steps)
        except (SystemExit, OSError):
            if late.is_set():
                return None
            raise
        finally:
            timer.cancel()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
