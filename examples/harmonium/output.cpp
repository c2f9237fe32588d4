#include "output.hpp"

#include <cstdio>
#include <harmonium/io/formats/atomic_file.hpp>
#include <harmonium/io/formats/npz.hpp>

using namespace harmonium;

namespace program {

void write_numbers(const std::string& output, const std::string& name, const Eigen::MatrixXf& values,
                   const std::function<std::string()>& csv) {
  const std::filesystem::path path = output;
  if (path.extension() == ".npy") {
    write_npy(path, values);
  } else if (path.extension() == ".npz") {
    write_npz(path, {samples_tensor(name, values)});
  } else if (output == "-") {
    const std::string text = csv();
    check<FileError>(
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0,
        "cannot write to the terminal");
  } else {
    check<ValueError>(path.extension() == ".csv", "--output is '", output,
                      "', expected a name in .csv, .npy or .npz");
    write_file(path, csv());
  }
  if (output != "-")
    std::fprintf(stderr, "%ld rows written to %s\n", static_cast<long>(values.cols()), output.c_str());
}

void check_output(const std::string& output) {
  const std::string ending = std::filesystem::path(output).extension();
  check<ValueError>(output == "-" || ending == ".csv" || ending == ".npy" || ending == ".npz",
                    "--output is '", output, "', expected a name in .csv, .npy or .npz");
  if (output != "-")
    const AtomicFile probe(output);  // can it be written? Better to know before an hour of chains
}

}  // namespace program
