// expect: an Rbm is made of units, which have an energy; an activation is for layers of a Network
#include <harmonium/harmonium.hpp>

harmonium::Rbm<harmonium::Bernoulli, harmonium::Relu> rbm{{.visible = 4, .hidden = 3}};
