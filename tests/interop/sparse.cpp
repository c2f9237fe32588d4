// Reads every sparse matrix in the folder and writes it again in the same layout; see sparse.py.
#include <harmonium/io/formats/sparse_npz.hpp>

using namespace harmonium;

int main() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("."))
    if (entry.path().extension() == ".npz") files.push_back(entry.path());
  for (const auto& path : files) {
    const std::string name = path.stem().string();
    const bool by_sample = name.find("_csr_") != std::string::npos;
    write_sparse_npz(name + "_back.npz", read_sparse_npz(path),
                     by_sample ? SparseLayout::csr : SparseLayout::csc, name.ends_with('1'));
  }
}
