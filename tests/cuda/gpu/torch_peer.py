# Seconds per epoch of CD-k in PyTorch on a GPU, tuned: one product for both phases' statistics, momentum as
# its beta, the step captured in a CUDA graph where that works, TF32 or exact. Uses the keys of
# cuda_benchmark.
import json
import os
import sys
import time

import torch

VISIBLE, SAMPLES = 784, 60000
device = torch.device("cuda")


def epoch_seconds(steps, hidden, batch, tf32):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    data = (torch.rand(SAMPLES, VISIBLE, device=device) < 0.2).to(torch.uint8)
    w = 0.01 * torch.randn(VISIBLE, hidden, device=device)
    b, c = torch.zeros(VISIBLE, device=device), torch.zeros(hidden, device=device)
    dw, db, dc = torch.zeros_like(w), torch.zeros_like(b), torch.zeros_like(c)
    v = torch.empty(2 * batch, VISIBLE, device=device)
    h = torch.empty(2 * batch, hidden, device=device)
    columns = torch.empty(batch, dtype=torch.long, device=device)
    rate, momentum = 0.01, 0.5

    def step():
        v[:batch] = data[columns].float()
        torch.sigmoid(torch.addmm(c, v[:batch], w), out=h[:batch])
        p = h[:batch]
        for _ in range(steps):
            v[batch:] = torch.bernoulli(torch.sigmoid(torch.addmm(b, torch.bernoulli(p), w.t())))
            p = torch.sigmoid(torch.addmm(c, v[batch:], w))
        torch.neg(p, out=h[batch:])
        dw.addmm_(v.t(), h, beta=momentum, alpha=rate / batch)
        db.mul_(momentum).add_(v[:batch].sum(0) - v[batch:].sum(0), alpha=rate / batch)
        dc.mul_(momentum).add_(h.sum(0), alpha=rate / batch)
        w.add_(dw)
        b.add_(db)
        c.add_(dc)

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    columns.copy_(torch.arange(batch, device=device))
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    order = torch.randperm(SAMPLES, device=device)
    count = min(SAMPLES // batch, 150)
    best = 1e30
    for _ in range(3):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for i in range(count):
            columns.copy_(order[i * batch : (i + 1) * batch])
            graph.replay()
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begin)
    return best * SAMPLES / (count * batch)


results = {"torch": torch.__version__, "torch_device": torch.cuda.get_device_name()}
for name, tf32 in (("exact", False), ("tf32", True)):
    for steps in (1, 10):
        for hidden in (500, 2500, 4096, 16384):
            for batch in (100, 1024, 8192):
                key = f"cd{steps}_h{hidden}_b{batch}_{name}"
                try:
                    results[key] = epoch_seconds(steps, hidden, batch, tf32)
                except torch.cuda.OutOfMemoryError:
                    print(f"{key}: too large")
                whole = sys.argv[1] + ".new"  # so that the file stays complete if this is cut short
                with open(whole, "w") as file:
                    json.dump(results, file, indent=2)
                os.replace(whole, sys.argv[1])
