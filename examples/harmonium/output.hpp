// Tables and arrays that commands write.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>

namespace program {

// Throws before hours of work, not after, if the file could not be written.
void check_output(const std::string& output);
// Writes a table with a header or an array, depending on the file's extension.
void write_numbers(const std::string& output, const std::string& name, const Eigen::MatrixXf& values,
                   const std::function<std::string()>& csv);

}  // namespace program
