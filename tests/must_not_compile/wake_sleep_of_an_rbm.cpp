// expect: WakeSleep trains an UpDownDbn
#include <harmonium/training/wake_sleep.hpp>
#include <harmonium/units/bernoulli.hpp>

template class harmonium::WakeSleep<harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>>;
