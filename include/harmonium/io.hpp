/// \file
/// Everything of Harmonium: the core, and files and pictures, which also need zlib, nlohmann-json and
/// stb_image_write.
#pragma once

#include "harmonium.hpp"
#include "io/any_model.hpp"
#include "io/atomic_file.hpp"
#include "io/csv.hpp"
#include "io/csv_table.hpp"
#include "io/idx.hpp"
#include "io/image.hpp"
#include "io/input_file.hpp"
#include "io/model_file.hpp"
#include "io/npy.hpp"
#include "io/npy_header.hpp"
#include "io/npz.hpp"
#include "io/peak_memory.hpp"
#include "io/safetensors.hpp"
#include "io/tensor.hpp"
#include "io/tiles.hpp"
#include "io/zip.hpp"
#include "io/zip_writer.hpp"
