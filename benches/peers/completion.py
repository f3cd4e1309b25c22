"""Ratings completed by this crate and by cmfrec (David Cortes; alternating least squares in C, the same
objective), on one thread each.

    pip install numpy cmfrec
    python benches/peers/completion.py           # 6,040 × 3,700 with a million known
    python benches/peers/completion.py --long    # and 70,000 × 10,700 with ten million

The data are drawn from a model, with NumPy's seed 0: rating = 3.5 + a + b + ⟨p, q⟩ + noise, rounded to
1, 2, 3, 4 or 5, with a and b of standard deviation 0.4 and 0.5, ten components p and q such that their
products have 0.6, and noise of 0.8. Users have shares of the ratings proportional to exp(1.2·normal),
items to exp(1.5·normal). Of the distinct ones a tenth is held out. All fit mean, biases and rank 10 with
the same ridge, this crate to a tolerance of 10⁻⁶. Both are compared at the loss that cmfrec reaches after
so many passes, with rows by Cholesky's method or by three steps of conjugate gradients (its default):
Σ(y − m)² + λ·(all squares), computed here from its factors. The implicit package has another objective:
it counts unknown entries as zeros. Times are those of the processor, without making the observations.
"""

import os

for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
RANK, RIDGE = 10, 5.0
CASES = [(6_040, 3_700, 1_000_000)]
LONG = [(70_000, 10_700, 10_000_000)]
PASSES = [*(("Cholesky", passes) for passes in (5, 10, 20, 40)), ("CG", 10)]
ROUNDS = int(os.environ.get("COMPLETION_ROUNDS", "3"))

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def drawn(rows, columns, known):
    random = np.random.default_rng(0)
    shares = lambda count, spread: np.exp(spread * random.standard_normal(count))
    of_rows, of_columns = shares(rows, 1.2), shares(columns, 1.5)
    pairs = np.empty(0, np.int64)
    wanted = known * 10 // 9
    while len(pairs) < wanted:
        count = 2 * (wanted - len(pairs))
        i = random.choice(rows, count, p=of_rows / of_rows.sum())
        j = random.choice(columns, count, p=of_columns / of_columns.sum())
        pairs = np.unique(np.concatenate([pairs, i * columns + j]))
    pairs = random.permutation(pairs)[:wanted]
    i, j = pairs // columns, pairs % columns
    a, b = 0.4 * random.standard_normal(rows), 0.5 * random.standard_normal(columns)
    p = random.standard_normal((rows, RANK))
    q = random.standard_normal((columns, RANK)) * 0.6 / np.sqrt(RANK)
    values = 3.5 + a[i] + b[j] + 0.8 * random.standard_normal(wanted)
    for component in range(RANK):
        values += p[i, component] * q[j, component]
    values = np.clip(np.rint(values), 1, 5)
    return i.astype(np.uint32), j.astype(np.uint32), values


def write(path, i, j, values):
    table = np.empty(len(i), [("i", "<u4"), ("j", "<u4"), ("value", "<f8")])
    table["i"], table["j"], table["value"] = i, j, values
    table.tofile(path)


def predicted(model, i, j):
    mean, a, b, l, r = model
    found = mean + a[i] + b[j]
    for component in range(RANK):
        found += l[i, component] * r[j, component]
    return found


def by_cmfrec(path, case, solver, passes, bits):
    """Run in a process of its own, whose peak memory is asked for."""
    from cmfrec import CMF
    from scipy.sparse import coo_matrix

    rows, columns, known = case
    table = np.fromfile(path, [("i", "<u4"), ("j", "<u4"), ("value", "<f8")])
    seen, held_out = table[:known], table[known:]
    indices = (seen["i"].astype(np.int32), seen["j"].astype(np.int32))
    dtype = np.float32 if bits == 32 else np.float64
    matrix = coo_matrix((seen["value"].astype(dtype), indices), (rows, columns))
    memory_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    model = CMF(
        k=RANK, lambda_=RIDGE, method="als", use_cg=solver == "CG", finalize_chol=False, niter=passes,
        nthreads=1, use_float=bits == 32, precompute_for_predictions=False, include_all_X=False,
        verbose=False, handle_interrupt=False,
    )
    started = time.process_time()
    model.fit(matrix)
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    parts = [model.glob_mean_, model.user_bias_, model.item_bias_, model.A_, model.B_]
    model = [np.asarray(part, np.float64) for part in parts]
    residual = predicted(model, seen["i"], seen["j"]) - seen["value"]
    loss = residual @ residual + RIDGE * sum((part**2).sum() for part in model[1:])
    missed = predicted(model, held_out["i"], held_out["j"]) - held_out["value"]
    return seconds, loss, np.sqrt((missed**2).mean()), memory_before, memory


def asked_cmfrec(path, case, solver, passes, bits):
    numbers = map(str, [*case, passes, bits])
    command = [sys.executable, __file__, "--cmfrec", path, solver, *numbers]
    return [float(word) for word in subprocess.check_output(command, text=True).split()]


def asked_crate(path, case, bits, held_out):
    command = os.environ.get("COMPLETION_BENCH", "cargo bench --quiet --bench completion --").split()
    program = subprocess.Popen(
        [*command, "--serve"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    program.stdout.readline()
    question = [path, *case, held_out, RANK, RIDGE, 1e-6, bits]
    answer, _ = program.communicate(" ".join(map(str, question)) + "\n")
    return [float(word) for word in answer.split()]


def compare(case, bits):
    i, j, values = drawn(*case)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ratings")
        write(path, i, j, values)
        held_out = len(i) - case[2]
        del i, j, values
        judged = asked_crate(path, case, bits, held_out)
        ours, theirs = [], {way: [] for way in PASSES}
        for _ in range(ROUNDS):
            ours.append(asked_crate(path, case, bits, 0))
            for way in PASSES:
                theirs[way].append(asked_cmfrec(path, case, *way, bits))
    rows, columns, known = case
    print(f"\n{rows:,} × {columns:,}, {known:,} known, f{bits}, rank {RANK}, λ = {RIDGE}, one thread")
    made, _, loss, before, memory = ours[0][:5]
    seconds = statistics.median(run[1] for run in ours)
    errors = judged[7::3]
    print(
        f"this crate to its end: {seconds:.2f} s, {len(errors)} passes, loss {loss:.6e}, held out "
        f"{errors[-1]:.4f} (least {min(errors):.4f}), peak {memory:.0f} MB ({before:.0f} with the "
        f"observations alone, which took {made:.2f} s)"
    )
    empty = next(iter(theirs.values()))[0][3]
    print(f"cmfrec before the fit, with the data, Python and SciPy: {empty:.0f} MB")
    print("| cmfrec: passes | loss | held out | s | peak MB | this crate to that loss: passes | held out | s | ratio |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (solver, passes), runs in theirs.items():
        loss, error, _, memory = runs[0][1:]
        named = f"{passes}, {solver}"
        seconds = statistics.median(run[0] for run in runs)
        reached = [at for at, value in enumerate(judged[6::3]) if value <= loss * (1 + 1e-9)]
        if not reached:
            print(f"| {named} | {loss:.6e} | {error:.4f} | {seconds:.2f} | {memory:.0f} | – | – | – | – |")
            continue
        at = reached[0]
        mine = statistics.median(run[5::3][at] for run in ours)
        print(
            f"| {named} | {loss:.6e} | {error:.4f} | {seconds:.2f} | {memory:.0f} | {at + 1} "
            f"| {errors[at]:.4f} | {mine:.2f} | {seconds / mine:.1f} |",
            flush=True,
        )


def main():
    if "--cmfrec" in sys.argv:
        path, solver, *numbers = sys.argv[sys.argv.index("--cmfrec") + 1 :]
        rows, columns, known, passes, bits = map(int, numbers)
        print(*by_cmfrec(path, (rows, columns, known), solver, passes, bits))
        return
    import cmfrec

    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, cmfrec", end=" ")
    print(getattr(cmfrec, "__version__", "3.5.1"))
    for case in CASES + (LONG if "--long" in sys.argv else []):
        for bits in (64, 32):
            compare(case, bits)


if __name__ == "__main__":
    main()
