// Training of a deep belief network of digits and labels, for the files that instantiate it.
#pragma once

#include "pre_training.hpp"
#include "wake_sleep.hpp"

namespace mnist {

PreTraining joint_pre_training(const Settings& settings);
WakeSleepOptions<PreTrainingChains, Momentum> wake_sleep_options(const Settings& settings);

template <class B, class Source>
Awoken wake_sleep(Run& run, const Mnist& mnist, const Source& train_set, const B& on) {
  const Settings& settings = run.settings;
  UpDownDbn<ClassifierUnits, B> model{{.sizes = sizes_of(settings), .classes = 10, .seed = settings.seed}};
  if (!settings.no_pre_training) pre_train_and_save(run, model, joint_pre_training(settings), train_set, on);
  const Evaluation before = evaluate(model, mnist.test, on);

  WakeSleep trainer{model, wake_sleep_options(settings), on};
  run.seconds_fine_tuning = run.finish(trainer.fit(train_set, ProgressBar{}, run.interrupt, run.checkpoint));
  save(settings.path("model.safetensors"), model);
  return {convert<Cpu<float>>(model), before, evaluate(model, mnist.test, on),
          evaluate(model, train_set, on)};
}

}  // namespace mnist
