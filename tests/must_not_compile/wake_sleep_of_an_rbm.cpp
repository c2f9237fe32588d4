// expect: WakeSleep trains an UpDownDbn
#include <harmonium/harmonium.hpp>

template class harmonium::WakeSleep<harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>>;
