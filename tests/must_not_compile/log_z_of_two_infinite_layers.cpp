// expect: exact_log_z: one layer's units have finitely many states, or both layers are Gaussian
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/units/gaussian.hpp>

struct Normal {  // a Gaussian of precision 1
  static constexpr const char* name = "normal";
  template <class T>
  static constexpr T energy(T x) {
    return T(0.5) * x * x;
  }
  template <class T>
  static constexpr T log_partition(T field) {
    return T(0.5) * field * field + T(0.9189385332046727);
  }
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return field + random.template normal<T>();
  }
};

double wrong(const harmonium::Rbm<harmonium::Gaussian, Normal>& rbm) { return harmonium::exact_log_z(rbm); }
