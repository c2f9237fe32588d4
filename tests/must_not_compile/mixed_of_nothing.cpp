// expect: Mixed names at least one unit type
#include <harmonium/models/mixed_layer.hpp>

harmonium::Layer<harmonium::Mixed<>> wrong;
