"""The system of the case convection-N of the bench `preconditioner`, by SciPy: GMRES and BiCGSTAB, each
plain, with Jacobi and with an incomplete LU factorisation.

    pip install scipy
    python benches/peers/preconditioner.py 30 60
    cargo bench --bench preconditioner -- convection-30 convection-60

The same matrix, right-hand side and relative residual, on one thread; medians of 3 interleaved rounds,
wall-clock time and time of the processor. A step of GMRES takes one product with the matrix, one of
BiCGSTAB two.
"""

import os

# Before the libraries are loaded, which read them then.
for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import statistics
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, bicgstab, gmres, spilu

from large_maps import uniform

ROUNDS = 3
RESIDUAL = 1e-8
RESTART = 30
# As in preconditioner/matrices.rs and preconditioner/case.rs.
PECLET = 4.0
FIRST_OF_B = 1 << 40
# Drop tolerance and fill: SciPy's own, and one that is sparser.
FACTORISATIONS = {"ILU": {}, "ILU, fill 3": {"drop_tol": 1e-3, "fill_factor": 3}}


def convection(side):
    n = side**3
    cells = np.arange(n)
    place = lambda at: 2 * (at + 0.5) / side - 1
    x, y = place(cells % side), place(cells // side % side)
    velocities = [PECLET * -y, PECLET * x, np.full(n, PECLET * 0.5)]
    rows, columns, values = [], [], []
    diagonal = np.zeros(n)
    for velocity, stride in zip(velocities, (1, side, side**2)):
        at = cells // stride % side
        for inwards, has_neighbour, other in (
            (velocity, at > 0, cells - stride),
            (-velocity, at + 1 < side, cells + stride),
        ):
            flow = 1 + np.maximum(inwards, 0)
            diagonal += flow
            rows.append(cells[has_neighbour])
            columns.append(other[has_neighbour])
            values.append(-flow[has_neighbour])
    rows.append(cells)
    columns.append(cells)
    values.append(diagonal)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_matrix(entries, (n, n)).tocsr()


def set_up(name, a):
    if name == "none":
        return None
    if name == "Jacobi":
        reciprocals = 1 / a.diagonal()
        return LinearOperator(a.shape, lambda x: reciprocals * x.ravel(), dtype=a.dtype)
    factors = spilu(a.tocsc(), **FACTORISATIONS[name])
    operator = LinearOperator(a.shape, factors.solve, dtype=a.dtype)
    operator.entries = factors.L.nnz + factors.U.nnz
    return operator


def solve(method, a, b, preconditioner):
    """The solution, whether it ended, and the steps."""
    steps = []
    options = {"rtol": RESIDUAL, "atol": 0.0, "M": preconditioner, "callback": steps.append}
    if method is gmres:
        options |= {"restart": RESTART, "maxiter": 1000, "callback_type": "pr_norm"}
    else:
        options |= {"maxiter": 20_000}
    x, info = method(a, b, **options)
    return x, info == 0, len(steps)


def timed(work):
    started, worked = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - started, time.process_time() - worked), result


def compare(side):
    a = convection(side)
    n = side**3
    b = uniform(FIRST_OF_B + np.arange(n)) - 0.5
    runs = {}
    for _ in range(ROUNDS):
        for name in ("none", "Jacobi", *FACTORISATIONS):
            of_set_up, preconditioner = timed(lambda: set_up(name, a))
            for method in (gmres, bicgstab):
                of_solution, (x, is_met, steps) = timed(lambda: solve(method, a, b, preconditioner))
                residual = np.linalg.norm(a @ x - b) / np.linalg.norm(b)
                run = (*of_set_up, *of_solution, steps, is_met, residual, getattr(preconditioner, "entries", None))
                runs.setdefault((method.__name__, name), []).append(run)
    print(f"\n**grid {side}³** = {n:,} unknowns, ‖b‖ = {np.linalg.norm(b):.12g}, SciPy {scipy.__version__}\n")
    print("| | entries, 10⁶ | steps | set-up / one, s | the same, s of the processor | residual |")
    print("|---|---:|---:|---:|---:|---:|")
    for (method, name), of_way in runs.items():
        wall_set_up, own_set_up, wall, own = (statistics.median(run[i] for run in of_way) for i in range(4))
        steps, is_met, residual, entries = of_way[0][4:]
        entries = "–" if entries is None else f"{entries / 1e6:.2f}"
        outcome = f"{residual:.0e}" + ("" if is_met else ", not met")
        print(
            f"| {method}, {name} | {entries} | {steps} | {wall_set_up:.3f} / {wall:.3f} "
            f"| {own_set_up:.3f} / {own:.3f} | {outcome} |"
        )


if __name__ == "__main__":
    for side in map(int, sys.argv[1:] or ["30"]):
        compare(side)
