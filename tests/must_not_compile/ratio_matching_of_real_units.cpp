// expect: RatioMatching goes through the states of each visible unit
#include <harmonium/training/ratio_matching.hpp>

int main() {
  harmonium::Rbm<harmonium::Gaussian, harmonium::Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  harmonium::RatioMatching trainer{rbm, {.epochs = 3}};
}
