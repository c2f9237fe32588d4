"""Arrays of all types and layouts for the program `arrays`, and a check of its output."""
import sys
import zipfile

import numpy as np

types = ["?", "u1", "i1", "<u2", "<i2", ">i2", "<u4", "<i4", ">i4", "<u8", "<i8", "<f2", "<f4", ">f4", "<f8", ">f8"]
arrays = {f"a{i}": (np.arange(24).reshape(2, 3, 4) % 7).astype(t) for i, t in enumerate(types)}
arrays["fortran"] = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
arrays["transposed"] = np.arange(6, dtype=np.float32).reshape(2, 3).T
arrays["number"] = np.array(3.5)
arrays["empty"] = np.zeros((0, 4))
arrays["large"] = np.random.default_rng(1).normal(size=(300, 100))

if sys.argv[1] == "write":
    np.savez("stored.npz", **arrays)
    np.savez_compressed("deflated.npz", **arrays)
    zipfile.ZIP64_LIMIT = 10                       # makes archives like those above 4 GiB
    zipfile.ZIP_FILECOUNT_LIMIT = 2
    np.savez("zip64.npz", **arrays)
    for name, array in arrays.items():
        np.save(name + ".npy", array)
else:
    for name in ["stored", "deflated", "zip64"]:
        for kind in ["stored", "deflated"]:
            back = np.load(f"{name}_{kind}.npz")
            assert sorted(back.files) == sorted(arrays), back.files
            for key, array in arrays.items():
                assert back[key].dtype == array.dtype.newbyteorder("<"), (key, back[key].dtype)
                np.testing.assert_array_equal(back[key], array)
            assert zipfile.ZipFile(f"{name}_{kind}.npz").testzip() is None
    for name, array in arrays.items():
        back = np.load(name + "_back.npy")
        assert back.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(back, array)
