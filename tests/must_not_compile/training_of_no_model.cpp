// expect: ContrastiveDivergence trains an EnergyModel: see models/energy_model.hpp
#include <harmonium/training/contrastive_divergence.hpp>

struct NoModel {
  using Backend = harmonium::Cpu<float>;
  using Scalar = float;
};

template class harmonium::ContrastiveDivergence<NoModel>;
