"""Least squares within bounds by this crate and by SciPy, on one thread each.

    pip install scipy
    python benches/peers/bounded.py           # NNLS and a box, dense, ill-conditioned and sparse

The numbers are drawn with NumPy's seed 0. The dense matrices have normal entries, or singular values
from 1 to 10⁻⁴ and b = A·max(x, 0) with noise of a thousandth; the sparse one has ten entries, uniform in
[0, 1), in each row. All are judged by the same KKT residual, max vⱼ/(‖aⱼ‖·‖A·x − b‖), computed here, where
entries within 10⁻¹² of a bound are at it. Times are those of the processor, in turns, and medians.
"""

import os

for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import scipy
from scipy.optimize import lsq_linear, nnls
from scipy.sparse import csr_array

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BOUNDED_ROUNDS", "3"))
DENSE = tuple(map(int, os.environ.get("BOUNDED_DENSE", "2000,500").split(",")))
SPARSE = tuple(map(int, os.environ.get("BOUNDED_SPARSE", "100000,20000").split(",")))


def drawn(kind):
    random = np.random.default_rng(0)
    if kind == "sparse":
        m, n = SPARSE
        indices = random.integers(0, n, 10 * m)
        a = csr_array((random.random(10 * m), indices, np.arange(0, 10 * m + 1, 10)), (m, n))
        a.sum_duplicates()
        return a, random.standard_normal(m)
    m, n = DENSE
    a = random.standard_normal((m, n))
    if kind == "dense":
        return a, random.standard_normal(m)
    u, _ = np.linalg.qr(a)
    v, _ = np.linalg.qr(random.standard_normal((n, n)))
    a = (u * np.logspace(0, -4, n)) @ v.T
    b = a @ np.maximum(random.standard_normal(n), 0)
    return a, b + 1e-3 * np.linalg.norm(b) / np.sqrt(m) * random.standard_normal(m)


def kkt(a, b, x, lower, upper):
    residual = a @ x - b
    gradient = a.T @ residual
    lengths = np.sqrt((a * a).sum(axis=0))
    violation = np.abs(gradient)
    at_lower, at_upper = x <= lower + 1e-12, x >= upper - 1e-12
    violation[at_lower] = np.maximum(0, -gradient[at_lower])
    violation[at_upper] = np.maximum(0, gradient[at_upper])
    return (violation / lengths).max() / np.linalg.norm(residual)


def write(path, a, b):
    with open(path, "wb") as file:
        if isinstance(a, np.ndarray):
            parts = [a.T.ravel(), b]
        else:
            parts = [a.indptr.astype("<u8"), a.indices.astype("<u8"), a.data, b]
        for part in parts:
            file.write(np.ascontiguousarray(part).tobytes())


def ways(kind, a, b, lower, upper):
    """SciPy's, with tolerances near the best that they reach."""
    bounds = (lower, upper)
    if kind == "sparse":
        trf = lambda: lsq_linear(a, b, bounds, "trf", 1e-12, "lsmr", lsmr_tol="auto", max_iter=500).x
        return {"SciPy, lsq_linear, trf with lsmr": trf}
    found = {
        "SciPy, lsq_linear, trf": lambda: lsq_linear(a, b, bounds, "trf", 1e-14, max_iter=500).x,
        "SciPy, lsq_linear, bvls": lambda: lsq_linear(a, b, bounds, "bvls", 1e-14, max_iter=2000).x,
    }
    if np.isinf(upper):
        found["SciPy, nnls"] = lambda: nnls(a, b, maxiter=20_000)[0]
    return found


def compare(kind, lower, upper, program, folder):
    a, b = drawn(kind)
    path, answer = os.path.join(folder, "problem"), os.path.join(folder, "solution")
    write(path, a, b)
    seconds, residuals, losses, steps = {}, {}, {}, ""
    for _ in range(ROUNDS):
        stored = a.nnz if kind == "sparse" else 0
        question = [kind if kind == "sparse" else "dense", path, *a.shape, stored, lower, upper, answer]
        program.stdin.write(" ".join(map(str, question)) + "\n")
        program.stdin.flush()
        elapsed, count, is_accepted = program.stdout.readline().split()
        steps = f"{count} steps" + ("" if is_accepted == "1" else ", an error")
        found = {"this crate": (float(elapsed), np.fromfile(answer))}
        for name, work in ways(kind, a, b, lower, upper).items():
            started = time.process_time()
            x = work()
            found[name] = (time.process_time() - started, np.clip(x, lower, upper))
        for name, (elapsed, x) in found.items():
            seconds.setdefault(name, []).append(elapsed)
            residuals[name] = kkt(a, b, x, lower, upper)
            losses[name] = np.linalg.norm(a @ x - b)
    least = min(losses.values())
    reference = statistics.median(seconds["this crate"])
    print(f"\n{kind}, {a.shape[0]:,}×{a.shape[1]:,}, [{lower:g}, {upper:g}]: {steps}\n")
    print("| | seconds | ratio | KKT residual | ‖A·x − b‖ above the least |")
    print("|---|---:|---:|---:|---:|")
    for name, times in seconds.items():
        median = statistics.median(times)
        excess = losses[name] / least - 1
        print(f"| {name} | {median:.3g} | {median / reference:.2f} | {residuals[name]:.0e} | {excess:.0e} |", flush=True)


def main():
    command = os.environ.get("BOUNDED_BENCH", "cargo bench --quiet --bench bounded --").split()
    program = subprocess.Popen(
        [*command, "--serve"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    print(f"SciPy {scipy.__version__}, NumPy {np.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in os.environ.get("BOUNDED_KINDS", "dense,graded,sparse").split(","):
            compare(kind, 0.0, np.inf, program, folder)
            compare(kind, -0.01, 0.01, program, folder)
    program.stdin.close()
    program.wait()


if __name__ == "__main__":
    main()
