/// \file
/// A reference to anything that can be called. Where a function takes one in place of a template parameter,
/// it is compiled once, not once per caller; the indirect call must be rare.
#pragma once

#include <memory>
#include <type_traits>

namespace harmonium {

template <class Signature>
class FunctionRef;

/// Refers to a callable, which it does not own and must not outlive.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  /// Refers to `f`. A temporary lives until the end of the full expression, thus throughout a call that takes
  /// the reference as an argument.
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
           requires(F & f, Arguments... arguments) {
             static_cast<Result>(f(static_cast<Arguments&&>(arguments)...));
           }) FunctionRef(F&& f)  // NOLINT(google-explicit-constructor): stands for the callable
      : f_(const_cast<void*>(static_cast<const volatile void*>(std::addressof(f)))),
        call_([](void* of, Arguments... arguments) -> Result {
          return (*static_cast<std::add_pointer_t<F>>(of))(static_cast<Arguments&&>(arguments)...);
        }) {}

  /// Calls what it refers to.
  Result operator()(Arguments... arguments) const {
    return call_(f_, static_cast<Arguments&&>(arguments)...);
  }

 private:
  void* f_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace harmonium
