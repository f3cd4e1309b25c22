"""The square root of a definite matrix and its inverse in SciPy, NumPy and PyTorch, and the polar
decomposition in SciPy, on one thread: medians of CPU time, and the residuals ‖X² − A‖/‖A‖ of the roots.

`python benches/peers/roots.py`; the figures of this crate come from `cargo bench --bench roots`.
"""

import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import time

import numpy as np
import scipy
import scipy.linalg

try:
    import torch
except ImportError:
    torch = None

# `--test` takes a second.
IS_TEST = "--test" in sys.argv
ORDERS = (8, 32) if IS_TEST else (8, 16, 32, 64, 128, 256, 512)
CONDITIONS = (1e4,) if IS_TEST else (1e2, 1e4, 1e6, 1e8)
ROUNDS = 1 if IS_TEST else 11


def definite(n, condition):
    """Q·diag(λ)·Qᵀ with λ from 1 to 1/κ in equal ratios."""
    generator = np.random.default_rng(1)
    q = np.linalg.qr(generator.standard_normal((n, n)))[0]
    values = condition ** (-np.arange(n) / (n - 1))
    a = (q * values) @ q.T
    return (a + a.T) / 2


def by_eigh(a):
    values, vectors = np.linalg.eigh(a)
    root = np.sqrt(values)
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T


def by_sqrtm(a):
    root = scipy.linalg.sqrtm(a)
    return root, np.linalg.inv(root)


def by_torch(a):
    values, vectors = torch.linalg.eigh(a)
    root = torch.sqrt(values)
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T


def median_seconds(run):
    seconds = []
    for _ in range(ROUNDS):
        repeats, begin = 0, time.process_time()
        while repeats == 0 or time.process_time() - begin < 0.01:
            run()
            repeats += 1
        seconds.append((time.process_time() - begin) / repeats)
    return sorted(seconds)[ROUNDS // 2]


def main():
    print(f"NumPy {np.__version__}, SciPy {scipy.__version__}", end="")
    if torch is not None:
        torch.set_num_threads(1)
        print(f", PyTorch {torch.__version__}", end="")
    print("\n| order | condition | eigh, µs | sqrtm and inv, µs | torch eigh, µs | residual of eigh, of sqrtm |")
    print("|---|---|---|---|---|---|")
    for n in ORDERS:
        for condition in CONDITIONS:
            a = definite(n, condition)
            times = [median_seconds(lambda: by_eigh(a)), median_seconds(lambda: by_sqrtm(a))]
            if torch is not None:
                tensor = torch.from_numpy(a)
                times.append(median_seconds(lambda: by_torch(tensor)))
            cells = [f"{1e6 * seconds:.1f}" for seconds in times] + ["–"] * (3 - len(times))
            norm = np.linalg.norm(a)
            residuals = [np.linalg.norm(way(a)[0] @ way(a)[0] - a) / norm for way in (by_eigh, by_sqrtm)]
            shown = ", ".join(f"{residual:.1e}" for residual in residuals)
            print(f"| {n} | {condition:.0e} | {' | '.join(cells)} | {shown} |", flush=True)
    print("\n| order | polar, µs |\n|---|---|")
    for n in ORDERS:
        a = np.random.default_rng(2).standard_normal((n, n))
        print(f"| {n} | {1e6 * median_seconds(lambda: scipy.linalg.polar(a)):.1f} |", flush=True)


if __name__ == "__main__":
    main()
