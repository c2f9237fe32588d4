// expect: a network's head is made of units, whose likelihood of the targets is learned
#include <harmonium/models/network.hpp>
#include <harmonium/units/relu.hpp>

using namespace harmonium;

Network<Stack<Bernoulli>, Cpu<float>, Relu> network{{.sizes = {4, 3}, .outputs = 2}};
