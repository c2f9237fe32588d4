// Files and pictures that are not valid, and places where nothing can be written.
#include <harmonium/io.hpp>

#include "bad_input/refusals.hpp"
#include "temporary_folder.hpp"

using namespace harmonium;
using namespace test;
using std::string;

namespace test::io_bad_files {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
using Known = std::variant<Bits, Rbm<Gaussian, Bernoulli>>;

const Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}};

// A number's 8 bytes, lowest first.
string little(std::uint64_t number) {
  string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> 8 * i & 0xff);
  return bytes;
}
string safetensors(const string& header, const string& numbers = "") {
  return little(header.size()) + header + numbers;
}
// An IDX header with these sizes, highest byte first.
string idx(int kind, const std::vector<std::uint32_t>& sizes) {
  string bytes{'\0', '\0', static_cast<char>(kind), static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes)
    for (int i = 3; i >= 0; --i) bytes += static_cast<char>(size >> 8 * i & 0xff);
  return bytes;
}

}  // namespace

TEST_CASE("hostile model files are refused in words, and take no more memory than their size",
          "[bad_input][files]") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  save(path, rbm);
  const string good = get(path);
  const string one = R"({"weight":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}})";
  const auto reading = [=](const string& bytes) {
    return [=] {
      put(path, bytes);
      return load<Bits>(path);
    };
  };
  const auto describing = [=](const string& tensor, const string& numbers = "") {
    return reading(safetensors(R"({"w":)" + tensor + "}", numbers));
  };
  string infinite = good;
  infinite.replace(infinite.size() - 4, 4, string("\x00\x00\x80\x7f", 4));
  std::vector<Refusal> table = {
      refused<FileError>("no file", "cannot read '.*nowhere.*': No such file or directory",
                         [&] { return load<Bits>(folder / "nowhere"); }),
      refused<FileError>("a folder", "cannot read '.*': it is not a regular file",
                         [&] { return load<Bits>(folder.path()); }),
      refused<FileError>("a name that is too long", "cannot read '.*': File name too long",
                         [&] { return load<Bits>(folder / string(5000, 'x')); }),
      refused<FileError>("nothing", ".*model.safetensors': it has 0 bytes, expected at least 8", reading("")),
      refused<FileError>("half a length", ".*: it has 7 bytes, expected at least 8", reading("1234567")),
      refused<FileError>("a header of 2^64 - 1 bytes",
                         ".*: its header has 18446744073709551615 bytes, expected .*",
                         reading(string(8, '\xff') + one)),
      refused<FileError>("a header longer than the file", ".*: its header has 1000 bytes, expected at most 2",
                         reading(little(1000) + "{}")),
      refused<FileError>("text", ".*: it is text, such as CSV, expected a model",
                         reading("this is not a model, but a letter")),
      refused<FileError>("a header that is not JSON", ".*: its header is not JSON: .*",
                         reading(safetensors("{oh"))),
      refused<FileError>("a list", ".*: its header is not a JSON object", reading(safetensors("[1]"))),
      refused<FileError>("a header of a million brackets", ".*: its header .*",
                         reading(safetensors("{\"a\":" + string(1'000'000, '[')))),
      refused<FileError>("a name twice", ".*: its header names 'a' twice",
                         reading(safetensors(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                                             R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"))),
      refused<FileError>("numbers of an unknown kind", ".*: tensor 'w': dtype 'F7' is unknown",
                         describing(R"({"dtype":"F7","shape":[1],"data_offsets":[0,4]})", "1234")),
      refused<FileError>("a negative size", ".*: tensor 'w': shape has -1, expected a whole number",
                         describing(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", "1234")),
      refused<FileError>("a size that is not a whole number",
                         ".*: tensor 'w': shape has 1.5, expected a whole number",
                         describing(R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,4]})", "1234")),
      refused<FileError>(
          "a million million numbers", ".*: its tensors take 4000000000000 bytes, it has 4 for them",
          describing(R"({"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]})",
                     "1234")),
      refused<FileError>(
          "sizes whose product overflows", ".*: tensor 'w': its shape and dtype do not make 4 bytes",
          describing(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})", "1234")),
      refused<FileError>("a tensor beyond the file", ".*: its tensors take 48 bytes, it has 4 for them",
                         reading(safetensors(one, "1234"))),
      refused<FileError>("surplus numbers", ".*: its tensors take 48 bytes, it has 52 for them",
                         reading(safetensors(one, string(52, '\0')))),
      refused<FileError>("no model", "load: .*: it does not say what model it holds, .*",
                         reading(safetensors(one, string(48, '\0')))),
      refused<FileError>("infinite parameters", "load: .*: tensor 'hidden.bias' has an infinity or a NaN, .*",
                         reading(infinite)),
      refused<FileError>("another model",
                         "load: .*: metadata: 'visible.unit' is 'bernoulli', the model has spin units",
                         [=] {
                           put(path, good);
                           return load<Rbm<Spin, Spin>>(path);
                         }),
      refused<FileError>(
          "none of the models known",
          "load_any: .* holds none of the models that are known here, but .*hidden.unit spin.*",
          [=] {
            save(path, Rbm<Spin, Spin>{{.visible = 4, .hidden = 3}});
            return load_any<Known>(path);
          }),
  };
  for (std::size_t length : {good.size() - 1, good.size() / 2, std::size_t{100}})
    table.push_back(refused<FileError>("a file cut short", "safetensors file '.*': it.*",
                                       reading(good.substr(0, length))));
  const double before = peak_memory_mb();
  check_refusals(table);
  CHECK(peak_memory_mb() - before < 100);  // the million brackets are a megabyte of JSON
  put(path, good);
  CHECK(load<Bits>(path) == rbm);
}

TEST_CASE("hostile IDX files are refused in words, and take no more memory than their size",
          "[bad_input][files]") {
  const TemporaryFolder folder;
  const auto images = folder / "images", labels = folder / "labels";
  const auto pictures = [=](const string& bytes) {
    return [=] {
      put(images, bytes);
      return read_idx_images(images);
    };
  };
  const double before = peak_memory_mb();
  check_refusals({
      refused<FileError>("no folder",
                         "read_mnist: in '.*' there is no train-images-idx3-ubyte, .*t10k-labels.*",
                         [&] { return read_mnist(folder / "nowhere"); }),
      refused<FileError>("nothing", "IDX file '.*': it has 0 bytes, its header needs 16", pictures("")),
      refused<FileError>("half a header", "IDX file '.*': it has 8 bytes, its header needs 16",
                         pictures(idx(8, {1}))),
      refused<FileError>("labels for pictures",
                         "IDX file '.*': it begins with 0x00000801, expected 0x00000803 .*",
                         pictures(idx(8, {12}) + string(12, '\0'))),
      refused<FileError>("real numbers", "IDX file '.*': it begins with 0x00000d03, expected 0x00000803 .*",
                         pictures(idx(13, {1, 2, 2}) + string(16, '\0'))),
      refused<FileError>("no pictures", "IDX file '.*': size 0 is 0, expected at least 1",
                         pictures(idx(8, {0, 28, 28}))),
      refused<FileError>("pictures without pixels", "IDX file '.*': size 2 is 0, expected at least 1",
                         pictures(idx(8, {10, 28, 0}))),
      refused<FileError>("pictures without end", "IDX file '.*': the product of its sizes is above 2\\^62",
                         pictures(idx(8, {0xffffffff, 0xffffffff, 0xffffffff}))),
      refused<FileError>("a terabyte that is not there",
                         "IDX file '.*': it has 3 numbers, its header promises 1000000000000",
                         pictures(idx(8, {1000000, 1000, 1000}) + "123")),
      refused<FileError>("more than promised",
                         "IDX file '.*': it has more than the 4 numbers that its header promises",
                         pictures(idx(8, {1, 2, 2}) + "12345")),
      refused<FileError>("damaged packing", "cannot read '.*': .*",
                         pictures("\x1f\x8b\x08" + string(30, '\7'))),
      refused<FileError>("other labels", "read_idx: '.*images' has 2 pictures, '.*labels' has 3 labels",
                         [=] {
                           put(images, idx(8, {2, 1, 1}) + "12");
                           put(labels, idx(8, {3}) + "123");
                           return read_idx(images, labels);
                         }),
  });
  CHECK(peak_memory_mb() - before < 100);
}

TEST_CASE("what cannot be written leaves nothing behind", "[bad_input][files]") {
  const TemporaryFolder folder;
  put(folder / "file", "old");
  Bits broken = rbm;
  broken.weights(0, 0) = NAN;
  const Tensor tensor = make_tensor<float>("a", {2}, std::vector<float>{1, 2}), twice = tensor;
  Tensor wrong = tensor, words = tensor;
  wrong.shape = {3};
  words.name = "\xff\xfe";
  check_refusals({
      refused<FileError>("below a file", "cannot write '.*/file/model': Not a directory",
                         [&] { save(folder / "file/model", rbm); }),
      refused<FileError>("in no folder", "cannot write '.*/nowhere/model': No such file or directory",
                         [&] { save(folder / "nowhere/model", rbm); }),
      refused<FileError>("on a folder", "cannot write '.*': it exists and is not a regular file",
                         [&] { save(folder.path(), rbm); }),
      refused<FileError>("without a name", "cannot write '.*/': it names no file",
                         [&] { write_file(folder.path().string() + "/", std::string_view("text")); }),
      refused<FileError>("a folder below a file", "cannot make the folder '.*/file/results': Not a directory",
                         [&] { require_writable_folder(folder / "file/results"); }),
      refused<FileError>("a folder that is a file", "cannot .*file'.*: .*",
                         [&] { require_writable_folder(folder / "file"); }),
      refused<DataError>("NaN", "save: the model for '.*' has an infinity or a NaN among its parameters",
                         [&] { save(folder / "model", broken); }),
      refused<ValueError>("two tensors of one name", "write_safetensors: there are two tensors 'a'",
                          [&] {
                            write_safetensors(folder / "model", {{}, {tensor, twice}});
                          }),
      refused<ValueError>("bytes of another shape",
                          "write_safetensors: tensor 'a' has 8 bytes, which do not match its shape .*",
                          [&] {
                            write_safetensors(folder / "model", {{}, {wrong}});
                          }),
      refused<ValueError>("a name that is not text", "write_safetensors: a name or metadata is not UTF-8: .*",
                          [&] {
                            write_safetensors(folder / "model", {{}, {words}});
                          }),
      refused<ValueError>("a picture of nothing",
                          "encode_png: a picture of 0 x 0 pixels with 1 channels has 0 numbers",
                          [&] { write_png(folder / "picture", Image()); }),
  });
  CHECK(folder.entries() == 1);
  CHECK(get(folder / "file") == "old");
}

TEST_CASE("invalid pictures are refused", "[bad_input][files]") {
  const Eigen::MatrixXf filters = Eigen::MatrixXf::Zero(6, 4);
  const Image image(2, 3, 1);
  Image broken = image;
  broken.pixels.pop_back();
  const auto asked = [&](const TileOptions& options) {
    return [&filters, options] { return tiles(filters, options); };
  };
  check_refusals({
      refused<ValueError>("no channels", "Image: 0 channels, expected 1 or 3", [] { return Image(2, 3, 0); }),
      refused<ValueError>("no pixels", "Image: 0 x 3 pixels, expected at least 1 x 1 .*",
                          [] { return Image(0, 3, 1); }),
      refused<ValueError>("a huge picture",
                          "Image: 1000000000 x 1000000000 pixels, expected at least 1 x 1 and at most .*",
                          [] { return Image(1'000'000'000, 1'000'000'000, 3); }),
      refused<ShapeError>("tiles of other numbers", "tiles: columns have 6 rows, tiles 2 x 2 pixels",
                          asked({.width = 2, .height = 2})),
      refused<ShapeError>("tiles of no numbers", "tiles: columns have 6 rows, tiles 0 x 0 pixels", asked({})),
      refused<ValueError>("no tiles", "tiles: there are no columns",
                          [] { return tiles(Eigen::MatrixXf(6, 0), {.width = 2, .height = 3}); }),
      refused<ValueError>("no tiles in a row", "tiles: per_row is 0, expected at least 1",
                          asked({.width = 2, .height = 3, .per_row = 0})),
      refused<ValueError>("a negative gap", "tiles: gap is -1, expected 0 to 1000",
                          asked({.width = 2, .height = 3, .gap = -1})),
      refused<ValueError>("too large a scale", "tiles: scale is 1000000, expected 1 to 1000",
                          asked({.width = 2, .height = 3, .scale = 1'000'000})),
      refused<ValueError>("a stack of nothing", "stack: there are no pictures", [] { return stack({}); }),
      refused<ValueError>("a stack of no picture",
                          "stack: a picture of 2 x 3 pixels with 1 channels has 5 numbers",
                          [=] {
                            return stack({image, broken});
                          }),
  });
}

}  // namespace test::io_bad_files
