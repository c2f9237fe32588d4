// expect: an Rbm is made of units, which have an energy; an activation is for layers of a Network
#include <harmonium/models/rbm.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/relu.hpp>

harmonium::Rbm<harmonium::Bernoulli, harmonium::Relu> rbm{{.visible = 4, .hidden = 3}};
