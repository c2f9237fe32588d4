// Pre-training of a deep belief network, for the files that instantiate it.
#pragma once

#include "backend.hpp"
#include "pre_trained.hpp"

namespace mnist {

template <class Model, class Source, class B>
void pre_train_and_save(Run& run, Model& model, const PreTraining& options, const Source& train,
                        const B& on) {
  for (const History& history :
       pre_train_on(on, model, train, options, ProgressBar{}, run.interrupt, run.checkpoint))
    run.seconds_pre_training += run.finish(history);
  if (run.writes()) save(run.settings.path("dbn.safetensors"), model);
}

template <class Units, class B, class Source>
Dbn<Units, B> generator(Run& run, Dbn<Units, B> dbn, const LayerTraining& options, const Source& train,
                        const B& on) {
  const auto learn = [&](const auto& samples) {
    std::visit(
        [&](auto& top) {
          ContrastiveDivergence trainer{top, options, on};
          run.seconds_pre_training +=
              run.finish(trainer.fit(samples, ProgressBar{}, run.interrupt, run.checkpoint));
        },
        dbn.rbms.back());
  };
  if (dbn.depth() == 1) {
    learn(train);
  } else {
    learn(EncodedSource<Dbn<Units, B>, Source>(dbn, train, dbn.depth() - 1, false, options.seed));
  }
  if (run.writes()) save(run.settings.path("dbn.safetensors"), dbn);
  return dbn;
}

template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTraining& options, const Source& train, const B& on) {
  Dbn<Units, B> dbn{{.sizes = sizes_of(run.settings), .seed = run.settings.seed}};
  pre_train_and_save(run, dbn, options, train, on);
  return dbn;
}

}  // namespace mnist
