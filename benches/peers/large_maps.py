"""Leading singular values and smallest eigenpairs of large maps by this crate, faer and SciPy, on
one thread each, with the products counted.

    pip install scipy
    python benches/peers/large_maps.py           # prints the tables, in a minute or two
    python benches/peers/large_maps.py --long    # with larger ones, in about half an hour
    python benches/peers/large_maps.py --write   # and writes them to docs/large_maps.md

All contenders work in turns on the same matrices, in float64, and their answers are checked: times
are medians of wall-clock time, and no time includes making a matrix. SciPy multiplies its own CSR
matrices by vectors that a counting operator passes on.
"""

import os

# Before the libraries are loaded, which read them then.
for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import datetime
import functools
import multiprocessing
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, eigsh, lobpcg, svds

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 5
SINGULAR = [("sparse", 100_000, 20_000, 5), ("sparse", 100_000, 20_000, 10), ("sparse", 100_000, 20_000, 50)]
LONG_SINGULAR = [("dense", 200_000, 500, 10)]
SIDES = [12, 24, 40]
LONG_SIDES = [100]
K = 10
# As in eigen/ways.rs: the largest residual relative to the norm, and a bound of the norm.
RESIDUAL, NORM = 1e-8, 12.0

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def uniform(places):
    """The numbers of numbered.rs: SplitMix64."""
    with np.errstate(over="ignore"):
        z = (places.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53


@functools.lru_cache(maxsize=1)
def matrix(kind, rows, columns):
    if kind == "sparse":
        places = np.arange(10 * rows)
        u = uniform(2 * places)
        at = (columns * (u * u * u)).astype(np.int64)
        values = uniform(2 * places + 1)
        return sparse.coo_matrix((values, (places // 10, at)), (rows, columns)).tocsr()
    dense = np.empty((rows, columns), order="F")
    for j in range(columns):
        dense[:, j] = (uniform(np.arange(j * rows, (j + 1) * rows)) - 0.5) / np.sqrt(1 + j)
    return dense


@functools.lru_cache(maxsize=1)
def laplacian(side):
    ones = np.ones(side)
    line = sparse.diags([-ones[1:], 2 * ones, -ones[1:]], [-1, 0, 1])
    identity = sparse.identity(side)
    plane = sparse.kron(line, identity) + sparse.kron(identity, line)
    return (sparse.kron(plane, identity) + sparse.kron(sparse.identity(side**2), line)).tocsr()


def smallest_of_grid(side, k):
    along = 4 * np.sin(np.pi * np.arange(1, side + 1) / (2 * (side + 1))) ** 2
    along = along[:k]
    sums = along[:, None, None] + along[None, :, None] + along[None, None, :]
    return np.sort(sums.ravel())[:k]


class Counting(LinearOperator):
    """A matrix whose products are counted; a block counts as one for each of its columns."""

    def __init__(self, matrix):
        super().__init__(matrix.dtype, matrix.shape)
        self.matrix, self.transposed, self.products = matrix, matrix.T, 0

    def _matvec(self, x):
        self.products += 1
        return self.matrix @ x

    def _rmatvec(self, y):
        self.products += 1
        return self.transposed @ y

    def _matmat(self, x):
        self.products += x.shape[1]
        return self.matrix @ x

    def _rmatmat(self, y):
        self.products += y.shape[1]
        return self.transposed @ y


def timed(work, counting):
    started = time.perf_counter()
    found = work(counting)
    return time.perf_counter() - started, counting.products, found


def by_svds(solver, case):
    kind, rows, columns, k = case
    start = np.random.default_rng(0).standard_normal(min(rows, columns))
    if solver == "propack":
        # Its vectors to begin with are of the image.
        start = np.random.default_rng(0).standard_normal(rows)
    work = lambda a: svds(a, k, solver=solver, v0=start, tol=0)
    seconds, products, (u, s, vt) = timed(work, Counting(matrix(kind, rows, columns)))
    return seconds, products, np.sort(s)[::-1]


def eigen_ways(side):
    n = side**3
    start = np.random.default_rng(0).standard_normal(n)
    block = np.random.default_rng(0).standard_normal((n, K))
    # ARPACK's tolerance is relative to the eigenvalue; so its residuals end near the demanded ones.
    tolerance = RESIDUAL * NORM / smallest_of_grid(side, K)[-1]
    arpack = lambda basis: lambda a: eigsh(
        a, K, which="SA", ncv=basis, v0=start, tol=tolerance, maxiter=100_000
    )
    return {
        "SciPy, eigsh, ncv = 40": arpack(40),
        "SciPy, eigsh": arpack(None),
        "SciPy, lobpcg": lambda a: lobpcg(
            a, block, tol=RESIDUAL * NORM, maxiter=5000, largest=False
        ),
    }


def by_scipy(side, name):
    """Seconds, products, the largest residual and error relative to the norm."""
    a = laplacian(side)
    seconds, products, (values, vectors) = timed(eigen_ways(side)[name], Counting(a))
    order = np.argsort(values)
    values, vectors = values[order], vectors[:, order]
    residuals = np.linalg.norm(a @ vectors - vectors * values, axis=0)
    residual = max(residuals / np.linalg.norm(vectors, axis=0)) / NORM
    return seconds, products, residual, max(abs(values - smallest_of_grid(side, K))) / NORM


def alone(work, *arguments):
    """What the work returns in a process of its own, and the most memory, in kB, that it needs."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_peak, (work, arguments))


def _with_peak(work, arguments):
    found = work(*arguments)
    return *found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Crate:
    """A bench of this crate and faer, which answers a line with numbers."""

    def __init__(self, bench):
        command = ["cargo", "bench", "--quiet", "--bench", bench, "--", "--serve"]
        self.program = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.names = self.program.stdout.readline().strip().split("\t")

    def ask(self, *words):
        self.program.stdin.write(" ".join(map(str, words)) + "\n")
        self.program.stdin.flush()
        return [float(word) for word in self.program.stdout.readline().split()]

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def ask_alone(bench, *words):
    crate = Crate(bench)
    answer = crate.ask(*words)
    crate.close()
    return answer


def singular_values(case, crate):
    """Rows of the table for one matrix: name, median seconds, products, remark."""
    kind, rows, columns, k = case
    seconds, products, remarks, values = {}, {}, {}, {}
    rounds = ROUNDS if kind == "sparse" else 3
    for _ in range(rounds):
        for place, name in enumerate(crate.names):
            answer = crate.ask(kind, place, rows, columns, k)
            seconds.setdefault(name, []).append(answer[0])
            products[name], values[name] = int(answer[1]), np.array(answer[5:])
            remarks[name] = f"{answer[0] / answer[2]:.2f} of its products alone"
        for solver in ("propack", "arpack"):
            name = f"SciPy, {solver.upper()}"
            elapsed, products[name], values[name] = by_svds(solver, case)
            seconds.setdefault(name, []).append(elapsed)
    reference = values["SciPy, PROPACK"]
    for name, found in values.items():
        error = max(abs(found / reference - 1))
        assert error < 1e-10, f"{name}: {error}"
    if kind == "dense":
        remarks[crate.names[0]] += f", peak {ask_alone('top_k', kind, 0, rows, columns, k)[4] / 1e6:.2f} GB"
        for solver in ("propack", "arpack"):
            peak = alone(by_svds, solver, case)[-1] / 1e6
            remarks[f"SciPy, {solver.upper()}"] = f"peak {peak:.2f} GB"
    return [(name, statistics.median(seconds[name]), products[name], remarks.get(name, "")) for name in seconds]


def eigenpairs(side, crate):
    """Rows of the table for one grid."""
    if side in LONG_SIDES:
        return large_eigenpairs(side, crate.names[0])
    seconds, products, remarks = {}, {}, {}
    for _ in range(3):
        answers = {name: crate.ask(place, side, K)[:4] for place, name in enumerate(crate.names)}
        answers |= {name: by_scipy(side, name) for name in eigen_ways(side)}
        for name, (elapsed, count, residual, error) in answers.items():
            seconds.setdefault(name, []).append(elapsed)
            products[name], remarks[name] = int(count), shortcoming(residual, error)
    return [(name, statistics.median(seconds[name]), products[name], remarks[name]) for name in seconds]


def large_eigenpairs(side, ours):
    """One run each of the best two, in a process of its own, with the memory."""
    peer = next(iter(eigen_ways(side)))
    answers = {ours: ask_alone("eigen", 0, side, K), peer: alone(by_scipy, side, peer)}
    rows = []
    for name, (elapsed, count, residual, error, peak) in answers.items():
        remark = ", ".join(filter(None, [shortcoming(residual, error), f"peak {peak / 1e6:.2f} GB"]))
        rows.append((name, elapsed, int(count), remark))
    return rows


def shortcoming(residual, error):
    if residual > 1.1 * RESIDUAL:
        return f"residual {residual:.0e}"
    return "copies of eigenvalues missed" if error > RESIDUAL else ""


def table(title, rows):
    reference = rows[0][1]
    lines = ["", f"**{title}**", "", "| | seconds | ratio | products | |", "|---|---:|---:|---:|---|"]
    for name, seconds, products, remark in rows:
        lines.append(f"| {name} | {seconds:.3g} | {seconds / reference:.2f} | {products} | {remark} |")
    return lines


def cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(l.split(": ")[1] for l in lines if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "an unknown CPU"


def page(is_long):
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout
    environment = [
        datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        f"one thread of {cpu()}",
        " ".join(rustc.split()[:2]),
        "faer 0.24",
        f"SciPy {scipy.__version__}",
        f"numpy {np.__version__}",
    ]
    lines = [
        "# Large maps beside faer and SciPy",
        "",
        f"Made by `python benches/peers/large_maps.py{' --long' if is_long else ''} --write`.",
        f"{', '.join(environment)}.",
        "",
        "Wall-clock time, all in turns on the same work, answers checked: medians, and their ratios to the",
        "first row's. A product is one of the matrix or its transpose with a vector.",
        "",
        "## Leading singular values",
        "",
        "To full accuracy, with both vectors. The sparse matrix has rows of ten entries, uniform in [0, 1), in",
        "columns ⌊n·u³⌋. The products of this crate include those of the second look, which finds values that",
        "the others may miss.",
    ]
    crate = Crate("top_k")
    for case in SINGULAR + (LONG_SINGULAR if is_long else []):
        kind, rows, columns, k = case
        lines += table(f"{kind}, {rows:,}×{columns:,}, k = {k}", singular_values(case, crate))
    crate.close()
    lines += [
        "",
        "## Smallest eigenpairs",
        "",
        f"The Laplacian of a cubic grid, many of whose eigenvalues are threefold: the {K} smallest, until the",
        f"residuals are {RESIDUAL:.0e}·‖A‖, without a preconditioner. faer finds those of largest magnitude, so it",
        "works on 12·I − A.",
    ]
    crate = Crate("eigen")
    for side in SIDES + (LONG_SIDES if is_long else []):
        lines += table(f"{side}³ = {side**3:,} unknowns", eigenpairs(side, crate))
    crate.close()
    return "\n".join(lines) + "\n"


def main():
    text = page("--long" in sys.argv[1:])
    print(text, end="")
    if "--write" in sys.argv[1:]:
        (ROOT / "docs" / "large_maps.md").write_text(text)


if __name__ == "__main__":
    main()
