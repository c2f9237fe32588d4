// expect: exact_log_z: one layer's units have finitely many states, or both layers are Gaussian
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/gaussian.hpp>

using namespace harmonium;

double wrong(const Rbm<Mixed<Bernoulli, Gaussian>, Mixed<Gaussian, Bernoulli>>& rbm) {
  return exact_log_z(rbm);
}
