// A second translation unit with the same headers: anything not inline fails to link.
#include <harmonium/harmonium.hpp>

double from_elsewhere(const harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>& rbm);
double from_elsewhere(const harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>& rbm) {
  return harmonium::exact_log_z(rbm);
}
