// Pieces of NPY files.
#pragma once

#include <string>
#include <vector>

namespace fuzz {

// These, and `more` of other formats that hold such files or stand beside them.
inline std::vector<std::string> npy_words(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"\x93NUMPY",
                                    "'descr': ",
                                    "'fortran_order': ",
                                    "'shape': ",
                                    "True",
                                    "False",
                                    "'<f4'",
                                    "'>f8'",
                                    "'|u1'",
                                    "(",
                                    ",)",
                                    "(3, 4)",
                                    "4294967296",
                                    "9223372036854775808",
                                    "\xff\xff\xff\xff"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace fuzz
