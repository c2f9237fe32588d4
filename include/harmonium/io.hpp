/// \file
/// Everything of Harmonium: the core, and files and pictures, which also need zlib, nlohmann-json and
/// stb_image_write.
#pragma once

#include "harmonium.hpp"
#include "io/any_model.hpp"
#include "io/atomic_file.hpp"
#include "io/chart_axis.hpp"
#include "io/curves.hpp"
#include "io/heat_map.hpp"
#include "io/html_report.hpp"
#include "io/idx.hpp"
#include "io/image.hpp"
#include "io/input_file.hpp"
#include "io/learning_curves.hpp"
#include "io/markup.hpp"
#include "io/model_file.hpp"
#include "io/peak_memory.hpp"
#include "io/safetensors.hpp"
#include "io/snapshots.hpp"
#include "io/tensor.hpp"
#include "io/tiles.hpp"
