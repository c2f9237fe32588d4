/// \file
/// Errors. Every message names the function and the argument, and says what was expected and what was found:
/// `fit: data has 783 rows, the model has 784 visible rows`. Arguments are checked before anything is
/// changed.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>

namespace harmonium {

/// Base class of all errors thrown by the library.
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

/// Data that a model does not accept: NaN, outside a unit's range, wrong labels, empty.
struct DataError : Error {
  using Error::Error;
};

/// A file that is missing, truncated or corrupt, or that cannot be written.
struct FileError : Error {
  using Error::Error;
};

namespace detail {
/// One word of a message, by reference, so that the code that writes it is compiled once per type.
class Word {
 public:
  template <class T>
  explicit Word(const T& word)
      : word_(&word), write_([](std::ostream& out, const void* w) { out << *static_cast<const T*>(w); }) {}
  explicit Word(const char* const& word)
      : word_(word), write_([](std::ostream& out, const void* w) { out << static_cast<const char*>(w); }) {}
  template <std::size_t n>
  explicit Word(const char (&word)[n]) : Word(static_cast<const char*>(word)) {}

  friend std::ostream& operator<<(std::ostream& out, const Word& word) {
    word.write_(out, word.word_);
    return out;
  }

 private:
  const void* word_;
  void (*write_)(std::ostream&, const void*);
};

/// Concatenates the words.
inline std::string in_words(std::initializer_list<Word> words) {
  std::ostringstream text;
  for (const Word& word : words) text << word;
  return text.str();
}
}  // namespace detail

/// Throws `E`, with the words concatenated as its message, if `condition` does not hold.
/// \throws E
template <class E, class... Words>
void check(bool condition, const Words&... words) {
  if (!condition) throw E(detail::in_words({detail::Word(words)...}));
}

}  // namespace harmonium
