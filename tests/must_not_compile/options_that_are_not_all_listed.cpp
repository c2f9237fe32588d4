// expect: (only 1 name provided|decomposes into 2 elements, but only 1 name)
#include <harmonium/training/run/option_words.hpp>

using namespace harmonium;

struct Mine {
  double rate = 1;
  double forgotten = 2;
};
template <class F>
void for_each_option(F&& f, const Mine& options) {
  const auto& [rate] = options;
  f("rate", rate);
}

int main() { return settings(Mine{}).empty() ? 1 : 0; }
