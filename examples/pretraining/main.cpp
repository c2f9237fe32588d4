// Does pre-training help? Repeats five published tables of networks that classify digits, from random starts
// and pre-trained as RBMs, with several seeds; or, with --labels, asks what pre-training is worth when only
// few digits have labels. Complete results of an earlier run in the output folder are reused.
#include <cstdio>

#include "studies.hpp"

using namespace pretraining;

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Does pre-training help? Networks that classify digits, from random starts and pre-trained as RBMs."};
  try {
    parse(app, settings, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return options::run("pretraining", [&] {
    const Timer timer;
    require_writable_folder(settings.output);  // before all the training, not after
    const Mnist mnist = read_mnist(settings.data);
    settings.labels ? run_labels(settings, mnist) : run_tables(settings, mnist);
    std::printf("%s in all; results are in %s\n", duration_text(timer.seconds()).c_str(),
                settings.output.c_str());
  });
}
