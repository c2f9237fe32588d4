// How a deep belief network is pre-trained: for the files that compile it.
#pragma once

#include "backend.hpp"
#include "pre_trained.hpp"

namespace mnist {

template <class Units, class B, class Source>
Dbn<Units, B> pre_trained(Run& run, const PreTraining& options, const Source& train, const B& on) {
  Dbn<Units, B> dbn{{.sizes = sizes_of(run.settings), .seed = run.settings.seed}};
  for (const History& history :
       pre_train_on(on, dbn, train, options, ProgressBar{}, run.interrupt, run.checkpoint))
    run.seconds_pre_training += run.finish(history);
  save(run.settings.path("dbn.safetensors"), dbn);
  return dbn;
}

}  // namespace mnist
