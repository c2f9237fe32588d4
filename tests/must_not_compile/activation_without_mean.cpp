// expect: an activation defines the output of a row: T mean\(T field\)
#include <harmonium/models/network.hpp>

struct Swish {
  static constexpr const char* name = "swish";
  static constexpr bool activation = true;
  template <class T>
  static constexpr T men(T field) {  // misspelt
    return field * harmonium::sigmoid(field);
  }
};

harmonium::Network<harmonium::Stack<harmonium::Bernoulli, Swish>> network{{.sizes = {4, 3}}};
