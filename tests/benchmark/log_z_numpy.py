"""log Z of a Bernoulli RBM by all hidden states in NumPy, factorised as the library does it: the fields of the
two halves of the hidden units are tables of exponentials, and products of eight factors share a logarithm."""
import argparse, json, os, time

p = argparse.ArgumentParser()
for name, value in (("visible", 112), ("hidden", 23), ("epochs", 3), ("threads", 1), ("seed", 1)):
    p.add_argument("--" + name, type=int, default=value)
p.add_argument("--data"), p.add_argument("--json", action="store_true")
args = p.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(args.threads)
import numpy as np
from concurrent.futures import ThreadPoolExecutor

rng = np.random.default_rng(args.seed)
V, H = args.visible, args.hidden
W = rng.normal(0, 0.3, (V, H))
a, b = np.zeros(V), np.zeros(H)
L = 10
bits = lambda n: ((np.arange(2 ** n)[:, None] >> np.arange(n)) & 1).astype(float)


def log_z():
    low, high = bits(L), bits(H - L)
    B, A = np.exp(low @ W[:, :L].T), np.exp(high @ W[:, L:].T + a)  # states x V
    Bt, bias = np.ascontiguousarray(B.T), low @ b[:L]

    def part(s):
        total, product, term = bias + high[s] @ b[L:], np.ones(2 ** L), np.empty(2 ** L)
        row = A[s]
        for v in range(V):
            np.multiply(Bt[v], row[v], out=term)
            term += 1
            product *= term
            if v % 8 == 7 or v == V - 1:
                total += np.log(product)
                product[:] = 1
        top = total.max()
        return top + np.log(np.exp(total - top).sum())

    if args.threads == 1:
        parts = np.array([part(s) for s in range(2 ** (H - L))])
    else:
        with ThreadPoolExecutor(args.threads) as pool:
            parts = np.array(list(pool.map(part, range(2 ** (H - L)), chunksize=64)))
    return parts.max() + np.log(np.exp(parts - parts.max()).sum())


seconds = []
for _ in range(args.epochs):
    start = time.perf_counter()
    z = log_z()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"peer": "numpy", "seconds": seconds, "median": sorted(seconds)[len(seconds) // 2], "log_z": z}))
