// expect: ScoreMatching is for an Rbm whose visible units are real, such as Gaussian
#include <harmonium/training/score_matching.hpp>

int main() {
  harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  harmonium::ScoreMatching trainer{rbm, {.epochs = 3}};
}
