// expect: write_states: the layer's unit type has infinitely many states
#include <harmonium/models/layer_states.hpp>

int main() {
  const harmonium::Layer<harmonium::Gaussian> layer(3);
  Eigen::MatrixXf out(3, 5);
  write_states(layer, 0, harmonium::View<float>(out));
}
