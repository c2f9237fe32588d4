// expect: a unit type without states gives its log-partition: T log_partition\(T field, T... shape\)
#include <harmonium/models/layer.hpp>

struct Laplace {
  static constexpr const char* name = "laplace";
  static constexpr const char* shape[] = {"log_rate"};
  template <class T>
  static constexpr T energy(T x, T log_rate) {
    return harmonium::exponential(log_rate) * (x < T(0) ? -x : x);
  }
  template <class T>
  static constexpr T log_partiton(T field, T log_rate) {  // misspelt
    return field + log_rate;
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_rate, R& random) {
    return field + log_rate + random.template uniform<T>();
  }
};

harmonium::Layer<Laplace> layer;
