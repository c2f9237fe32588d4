"""Sparse matrices of all types and layouts for the program `sparse`, and a check of its output."""
import sys

import numpy as np
import scipy.sparse as sp

matrices = {}
for dtype in ["float32", "float64", "int64", "uint8", "bool"]:
    matrix = sp.random(50, 30, 0.1, format="csr", random_state=1)
    matrix.data[:] = np.random.default_rng(1).integers(1, 5, matrix.nnz)
    matrices[dtype] = matrix.astype(dtype)
matrices["none"] = sp.csr_matrix((5, 7), dtype="float32")
unsorted = matrices["float32"] @ sp.random(30, 30, 0.2, format="csr", dtype="float32", random_state=3)
assert not unsorted.has_sorted_indices
matrices["unsorted"] = unsorted

if sys.argv[1] == "write":
    for name, matrix in matrices.items():
        for layout in ["csr", "csc"]:
            kept = matrix if layout == "csr" else matrix.tocsc()
            sp.save_npz(f"{name}_{layout}_1.npz", kept, compressed=True)
            sp.save_npz(f"{name}_{layout}_0.npz", kept, compressed=False)
else:
    for name, matrix in matrices.items():
        for layout in ["csr", "csc"]:
            for compressed in [0, 1]:
                back = sp.load_npz(f"{name}_{layout}_{compressed}_back.npz")
                assert back.format == layout and back.shape == matrix.shape and back.dtype == np.float32
                np.testing.assert_array_equal(back.toarray(), matrix.astype("float32").toarray())
