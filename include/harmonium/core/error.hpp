/// \file
/// What can go wrong. Every message says which function and argument, what was expected and what came:
/// `fit: data has 783 rows, the model has 784 visible rows`. Checks come before anything is changed.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace harmonium {

/// Base of all errors that the library throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Matrices, layers or files whose sizes do not fit together.
struct ShapeError : Error {
  using Error::Error;
};

/// An option or argument outside its range.
struct ValueError : Error {
  using Error::Error;
};

/// Data that a model cannot take: not a number, outside a unit's range, wrong labels, empty.
struct DataError : Error {
  using Error::Error;
};

/// A file that is missing, cut short, garbled, or that cannot be written.
struct FileError : Error {
  using Error::Error;
};

/// Throws `E` with the words put together if `condition` does not hold.
/// \throws E
template <class E, class... Words>
void check(bool condition, const Words&... words) {
  if (condition) return;
  std::ostringstream text;
  (text << ... << words);
  throw E(text.str());
}

}  // namespace harmonium
