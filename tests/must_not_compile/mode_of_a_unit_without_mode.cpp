// expect: mode: a unit type with infinitely many states must define it itself: T mode\(T field, T... shape\)
#include <harmonium/models/layer.hpp>

struct Exponential {
  static constexpr const char* name = "exponential";
  template <class T>
  static constexpr T energy(T x) {
    return x;
  }
  template <class T>
  static constexpr T log_partition(T field) {
    return -harmonium::logarithm(T(1) - field);
  }
  template <class T, class R>
  static constexpr T sample(T field, R& random) {
    return -harmonium::logarithm(T(1) - random.template uniform<T>()) / (T(1) - field);
  }
};

int main() {
  const harmonium::Layer<Exponential> layer(3);
  const Eigen::MatrixXf input(3, 5);
  Eigen::MatrixXf out(3, 5);
  mode(harmonium::Cpu<float>{}, layer, input, out);
}
