// Unit types as a user would write them.
#pragma once

#include <harmonium/units/family.hpp>
#include <harmonium/units/poisson.hpp>
#include <harmonium/units/rectified.hpp>

namespace test {

using harmonium::Index;

/// States -2 ... 2, with an energy that has two parameters.
struct Quintic {
  static constexpr const char* name = "quintic";
  static constexpr const char* shape[] = {"log_cost", "skew"};
  static constexpr int states = 5;
  template <class T>
  static constexpr T state(int k) {
    return T(k - 2);
  }
  template <class T>
  static constexpr T energy(T x, T log_cost, T skew) {
    return harmonium::exponential(log_cost) * x * x + skew * x * x * x;
  }
};

/// The bundled units again, with only what is required and no overrides.
struct PlainBernoulli {
  static constexpr const char* name = "plain bernoulli";
  static constexpr int states = 2;
  template <class T>
  static constexpr T state(int k) {
    return T(k);
  }
};
struct PlainSpin {
  static constexpr const char* name = "plain spin";
  static constexpr int states = 2;
  template <class T>
  static constexpr T state(int k) {
    return T(2 * k - 1);
  }
};
struct PlainGaussian {
  static constexpr const char* name = "plain gaussian";
  static constexpr const char* shape[] = {"log_precision"};
  template <class T>
  static constexpr T energy(T x, T log_precision) {
    return T(0.5) * harmonium::exponential(log_precision) * x * x;
  }
  template <class T>
  static constexpr T log_partition(T field, T log_precision) {
    return T(0.5) * (field * field * harmonium::exponential(-log_precision) + T(1.8378770664093454836) -
                     log_precision);
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    return (field * harmonium::exponential(T(-0.5) * log_precision) + random.template normal<T>()) *
           harmonium::exponential(T(-0.5) * log_precision);
  }
};
struct PlainRectified {
  static constexpr const char* name = "plain rectified";
  static constexpr const char* shape[] = {"log_precision"};
  template <class T>
  static constexpr T energy(T x, T log_precision) {
    return PlainGaussian::energy(x, log_precision);
  }
  template <class T>
  static constexpr T log_partition(T field, T log_precision) {
    return harmonium::truncated_normal_log_partition(field *
                                                     harmonium::exponential(T(-0.5) * log_precision)) -
           T(0.5) * log_precision;
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, R& random) {
    return harmonium::Rectified::sample(field, log_precision, random);
  }
};
struct PlainPoisson {
  static constexpr const char* name = "plain poisson";
  template <class T>
  static constexpr T energy(T x) {
    return harmonium::log_factorial(x);
  }
  template <class T>
  static constexpr T log_partition(T field) {
    return harmonium::exponential(field);
  }
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return harmonium::Poisson::sample(field, random);
  }
};
struct PlainCategorical {
  static constexpr const char* name = "plain categorical";
  static constexpr bool grouped = true;
  static constexpr Index states(Index size) { return size; }
  template <class T>
  static constexpr T state(Index k, Index row) {
    return k == row ? T(1) : T(0);
  }
};

/// A group of which at most one row is 1.
struct AtMostOne {
  static constexpr const char* name = "at most one";
  static constexpr bool grouped = true;
  static constexpr Index states(Index size) { return size + 1; }
  template <class T>
  static constexpr T state(Index k, Index row) {
    return k == row + 1 ? T(1) : T(0);
  }
};

/// x >= 0 with energy e^log_rate x, for fields below the rate.
struct Exponential {
  static constexpr const char* name = "exponential";
  static constexpr const char* shape[] = {"log_rate"};
  template <class T>
  static constexpr T energy(T x, T log_rate) {
    return harmonium::exponential(log_rate) * x;
  }
  template <class T>
  static constexpr T log_partition(T field, T log_rate) {
    return -harmonium::logarithm(harmonium::exponential(log_rate) - field);
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_rate, R& random) {
    return -harmonium::logarithm(T(1) - random.template uniform<T>()) /
           (harmonium::exponential(log_rate) - field);
  }
};

}  // namespace test
