// expect: Mixed names unit types: a Mixed can't be part of another
#include <harmonium/models/mixed_layer.hpp>

using harmonium::Bernoulli, harmonium::Gaussian, harmonium::Mixed;

harmonium::Layer<Mixed<Bernoulli, Mixed<Gaussian, Bernoulli>>> wrong;
