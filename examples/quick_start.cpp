// The shortest example: an RBM learns the 16 bars and stripes of 3 x 3 pixels, and its exact likelihood says
// how well.
#include <cstdio>
#include <harmonium/harmonium.hpp>

using namespace harmonium;

int main() {
  const Dataset data = bars_and_stripes(3);
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 9, .hidden = 12, .seed = 1}};

  ContrastiveDivergence trainer{rbm, {.seed = 1}, Cpu<float>{}};  // one thread: the model is tiny
  trainer.fit(data, [](const EpochReport& report) {
    if (report.epoch % 2000 == 0)
      std::printf("epoch %d: reconstruction error %.4f\n", report.epoch,
                  report.metric("reconstruction_error"));
  });

  const double learned = exact_log_likelihood(rbm, data.to_matrix<float>()).mean();
  std::printf("log likelihood per pattern: %.3f nats (best possible -2.599)\n", learned);

  const Eigen::MatrixXf dreams = generate(rbm, {.samples = 6, .steps = 1000, .seed = 2, .means = true});
  for (int row = 0; row < 3; ++row, std::puts(""))
    for (int picture = 0; picture < 6; ++picture, std::printf("  "))
      for (int column = 0; column < 3; ++column)
        std::putchar(dreams(3 * row + column, picture) > 0.5f ? '#' : '.');
}
