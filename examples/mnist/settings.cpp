#include "settings.hpp"

#include "modes.hpp"

namespace mnist {

void parse(CLI::App& app, Settings& settings, int argc, char** argv) {
  settings.mode = &modes().front();
  const Amount usual = settings.mode->usual;
  settings.layers = usual.layers;
  settings.pre_training_epochs = usual.pre_training_epochs;
  settings.epochs = usual.epochs;

  std::vector<CLI::Option*> flags;
  for (const Mode& mode : modes().subspan(1)) {
    CLI::Option* flag = app.add_flag(mode.flag, mode.what);
    for (CLI::Option* other : flags) flag->excludes(other);
    flags.push_back(flag);
  }
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for pictures, tables and models; created if necessary")
      ->capture_default_str();
  auto* layers = app.add_option("--layers", settings.layers, "units of each hidden layer from the bottom up")
                     ->delimiter(',')
                     ->check(CLI::Range(1, 100000))
                     ->capture_default_str();
  auto* pre_training_epochs =
      app.add_option("--pre-training-epochs", settings.pre_training_epochs, "epochs of each RBM")
          ->check(CLI::Range(0, 1000000))
          ->capture_default_str();
  auto* epochs = app.add_option("--epochs", settings.epochs, "epochs of fine-tuning")
                     ->check(CLI::Range(0, 1000000))
                     ->capture_default_str();
  options::add_seed(app, settings.seed);
  app.add_option("--seeds", settings.seeds,
                 "repeat everything with this many seeds from --seed on, each in its own folder below the "
                 "output, and report their spread")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  options::add_threads(app, settings.threads);
  app.add_option("--backend", settings.backend,
                 "cpu, cuda (if the program was built with it), or auto: cuda if there is a device")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--products", settings.products,
                 "products in training: exact; bf16, on devices and on processors that have it; or tf32, on "
                 "devices")
      ->check(CLI::IsMember({"exact", "tf32", "bf16"}))
      ->capture_default_str();
  app.add_option("--hold-out", settings.hold_out,
                 "test on this many held-out training digits instead of the test set, to choose settings")
      ->check(CLI::Range(0, 59999))
      ->capture_default_str();
  app.add_option("--shards", settings.shards,
                 "parts of each update, for the processes of mpirun to share; the result depends on it")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--quick", settings.quick, "fewer epochs: a minute instead of several");
  app.add_flag("--no-pre-training", settings.no_pre_training, "the same network from a random start");
  app.add_flag(
      "--resume", settings.resume,
      "continue where the last run with the same options and output folder was interrupted or killed");
  app.parse(argc, argv);

  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i]->count() > 0) settings.mode = &modes()[i + 1];
  const Amount& amount = settings.quick ? settings.mode->quick : settings.mode->usual;
  if (layers->empty()) settings.layers = amount.layers;
  if (pre_training_epochs->empty()) settings.pre_training_epochs = amount.pre_training_epochs;
  if (epochs->empty()) settings.epochs = amount.epochs;
}

Json described(const Settings& settings) {
  Json all = {{"seed", settings.seed},         {"layers", settings.layers},
              {"hold_out", settings.hold_out}, {"pre_training", !settings.no_pre_training},
              {"mode", settings.mode->name},   {"pre_training_epochs", settings.pre_training_epochs},
              {"epochs", settings.epochs},     {"backend", settings.backend},
              {"products", settings.products}};
  if (settings.shards > 1) all["shards"] = settings.shards;
  return all;
}

}  // namespace mnist
