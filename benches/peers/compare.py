"""One gradient step of the inverse in PyTorch, NumPy, JAX and this crate, on one thread each.

    pip install -r benches/peers/requirements.txt
    python benches/peers/compare.py           # prints the table, in two or three minutes
    python benches/peers/compare.py --write   # and writes it to docs/peers.md

The work: Y = X·M, the loss mean((Y - I)²), its gradient 2/n²·(Y - I)·Mᵀ, and the heavy ball with
learning rate 0.9 and momentum 0.9, in float64. All contenders take the same steps from X = 0, in
turns; their losses and iterates must agree. Times are medians of CPU time, which other programs on
the machine hardly change.
"""

import os

# Before the libraries are loaded, which read them then.
for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import datetime
import math
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEARNING_RATE = 0.9
MOMENTUM = 0.9
ROUNDS = 9
# n, and the steps of one visit.
SIZES = {4: 10_000, 16: 5_000, 64: 1_000, 256: 50, 1024: 2}

# One core for this process and the crate's: whatever threads a library starts, they take turns.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def matrix(n):
    """The same entries as in main.rs: the identity, and small numbers without pattern."""
    i, j = np.indices((n, n))
    noise = (7 * i * i + 13 * j + i * j) % 17 - 8.0
    return noise / (17 * n) + (i == j)


# Each contender takes M and a number of steps and returns a function that takes those steps from
# X = 0 and returns the seconds they took, and X.


def torch_notebook(m, steps):
    """The notebook's own loop."""
    m = torch.tensor(m)
    identity = torch.eye(len(m))

    def run():
        x = torch.zeros_like(m, requires_grad=True)
        optimizer = torch.optim.SGD([x], lr=LEARNING_RATE, momentum=MOMENTUM)
        started = time.process_time()
        for _ in range(steps):
            optimizer.zero_grad()
            loss = ((x @ m - identity) ** 2).mean()
            loss.backward()
            optimizer.step()
        return time.process_time() - started, x.detach().numpy()

    return run


@torch.no_grad()
def torch_by_hand(m, steps):
    """The gradient by hand, everything in place."""
    m = torch.tensor(m)
    transpose = m.T.contiguous()
    scale = 2.0 / m.numel()
    error, gradient = torch.empty_like(m), torch.empty_like(m)
    diagonal = error.diagonal()

    @torch.no_grad()
    def run():
        x, velocity = torch.zeros_like(m), torch.zeros_like(m)
        started = time.process_time()
        for _ in range(steps):
            torch.mm(x, m, out=error)
            diagonal.sub_(1.0)
            torch.mm(error, transpose, out=gradient)
            velocity.mul_(MOMENTUM).add_(gradient, alpha=scale)
            x.sub_(velocity, alpha=LEARNING_RATE)
        return time.process_time() - started, x.numpy()

    return run


def numpy_by_hand(m, steps):
    """The gradient by hand, everything in place."""
    transpose = np.ascontiguousarray(m.T)
    # The learning rate goes into the velocity, which saves a pass.
    scale = LEARNING_RATE * 2.0 / m.size
    error, gradient = np.empty_like(m), np.empty_like(m)
    diagonal = np.einsum("ii->i", error)

    def run():
        x, velocity = np.zeros_like(m), np.zeros_like(m)
        started = time.process_time()
        for _ in range(steps):
            np.matmul(x, m, out=error)
            np.subtract(diagonal, 1.0, out=diagonal)
            np.matmul(error, transpose, out=gradient)
            np.multiply(gradient, scale, out=gradient)
            np.multiply(velocity, MOMENTUM, out=velocity)
            np.add(velocity, gradient, out=velocity)
            np.subtract(x, velocity, out=x)
        return time.process_time() - started, x

    return run


def jax_scan(m, steps):
    """All steps in one compiled scan."""
    n = len(m)
    m = jnp.array(m)
    transpose = jnp.array(m.T)
    identity = jnp.eye(n)

    def step(state, _):
        x, velocity = state
        gradient = 2.0 / n**2 * ((x @ m - identity) @ transpose)
        velocity = MOMENTUM * velocity + gradient
        return (x - LEARNING_RATE * velocity, velocity), None

    zeros = jnp.zeros((n, n))
    descend = jax.jit(lambda state: jax.lax.scan(step, state, length=steps)[0])
    jax.block_until_ready(descend((zeros, zeros)))  # compiles

    def run():
        started = time.process_time()
        x, _ = jax.block_until_ready(descend((zeros, zeros)))
        return time.process_time() - started, np.asarray(x)

    return run


PEERS = {
    "PyTorch, the notebook's loop": torch_notebook,
    "PyTorch, in place": torch_by_hand,
    "NumPy, in place": numpy_by_hand,
    "JAX, scan": jax_scan,
}


class Crate:
    """The program main.rs, which takes steps when asked to."""

    def __init__(self):
        command = ["cargo", "bench", "--quiet", "--bench", "peers", "--", "--serve"]
        self.program = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.names = self.program.stdout.readline().strip().split("\t")

    def run(self, place, n, steps):
        """Seconds, the loss and the norm of X."""
        self.program.stdin.write(f"{place} {n} {steps}\n")
        self.program.stdin.flush()
        return [float(word) for word in self.program.stdout.readline().split()]

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def measure(crate, n, steps):
    """The median seconds of a step of each contender, the crate's first."""
    m = matrix(n)
    peers = {name: prepare(m, steps) for name, prepare in PEERS.items()}
    seconds = {name: [] for name in [*crate.names, *peers]}
    for _ in range(ROUNDS):
        for place, name in enumerate(crate.names):
            elapsed, loss, norm = crate.run(place, n, steps)
            seconds[name].append(elapsed / steps)
        for name, run in peers.items():
            elapsed, x = run()
            seconds[name].append(elapsed / steps)
            check(name, m, x, loss, norm)
    return {name: statistics.median(values) for name, values in seconds.items()}


def check(name, m, x, loss, norm):
    """The same loss and iterate as the crate's, which says that the work was the same."""
    found = np.mean((x @ m - np.eye(len(m))) ** 2)
    # A loss of rounding errors alone is as good as none.
    assert math.isclose(found, loss, rel_tol=1e-8, abs_tol=1e-26), f"{name}: {found}, not {loss}"
    assert math.isclose(np.linalg.norm(x), norm, rel_tol=1e-10), f"{name}: another X"


def cell(seconds, reference):
    """The time, and in brackets its ratio to the crate's."""
    size, unit = next(
        (s, u) for s, u in [(1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")] if seconds >= s
    )
    ratio = seconds / reference
    return f"{seconds / size:.3g} {unit} ({ratio:.{0 if ratio >= 100 else 2}f})"


def cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(l.split(": ")[1] for l in lines if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "an unknown CPU"


def page(names, medians):
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout
    environment = [
        datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        f"one thread of {cpu()}",
        " ".join(rustc.split()[:2]),
        f"Python {platform.python_version()}",
        *(f"{library.__name__} {library.__version__}" for library in (torch, np, jax)),
    ]
    lines = [
        "# Beside PyTorch, NumPy and JAX",
        "",
        "Made by `python benches/peers/compare.py --write`.",
        f"{', '.join(environment)}.",
        "",
        "The CPU time of one gradient step of the inverse with momentum, `float64`, all in turns on the same",
        f"work, answers checked: medians of {ROUNDS}; in brackets as a multiple of the first row's.",
        "",
        "| | " + " | ".join(f"n = {n}" for n in medians) + " |",
        "|---" + "|---:" * len(medians) + "|",
    ]
    for name in names:
        cells = (cell(m[name], m[names[0]]) for m in medians.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main():
    crate = Crate()
    medians = {n: measure(crate, n, steps) for n, steps in SIZES.items()}
    crate.close()
    text = page([*crate.names, *PEERS], medians)
    print(text, end="")
    if "--write" in sys.argv[1:]:
        (ROOT / "docs" / "peers.md").write_text(text)


if __name__ == "__main__":
    main()
