#include <harmonium/io/formats/npy.hpp>
#include <harmonium/io/formats/npz.hpp>

#include <numeric>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

// A file byte by byte, as on the format's page.
std::string npy(const std::string& dictionary, const std::string& numbers, char version = 1) {
  std::string file =
      std::string("\x93NUMPY", 6) + version + '\0' + static_cast<char>(dictionary.size()) + '\0';
  if (version > 1) file += std::string(2, '\0');
  return file + dictionary + numbers;
}

std::string bytes_of(const auto&... numbers) {
  std::string bytes;
  (bytes.append(reinterpret_cast<const char*>(&numbers), sizeof(numbers)), ...);
  return bytes;
}

Tensor read(const std::string& file) {
  const TemporaryFolder folder;
  test::put(folder / "a.npy", file);
  return read_npy(folder / "a.npy");
}

// A ZIP archive with one change; everything after the change is unchanged.
std::string changed(std::string file, std::size_t at, char value) {
  REQUIRE(at < file.size());
  file[at] = value;
  return file;
}

}  // namespace

TEST_CASE("an array of shape (n, V) is n columns, in either order and byte order", "[io][npy]") {
  const std::string shape = "'shape': (2, 3)";
  const std::int16_t c[] = {1, 2, 3, 4, 5, -6}, f[] = {1, 4, 2, 5, 3, -6};
  std::string big = bytes_of(c);
  for (std::size_t i = 0; i < big.size(); i += 2) std::swap(big[i], big[i + 1]);
  Eigen::MatrixXf expected(3, 2);
  expected << 1, 4, 2, 5, 3, -6;
  CHECK(samples_from(read(npy("{'descr': '<i2', 'fortran_order': False, " + shape + ", }\n", bytes_of(c)))) ==
        expected);
  CHECK(samples_from(read(npy("{\"descr\":'<i2','fortran_order':True," + shape + "}", bytes_of(f)))) ==
        expected);
  CHECK(samples_from(read(npy("{" + shape + ",'fortran_order': False, 'descr': '>i2'}", big, 3))) ==
        expected);
  CHECK(samples_from(read(
            npy("{'shape': (2L, 3L), 'fortran_order': False, 'descr': '<i2'}", bytes_of(c), 2))) == expected);
}

TEST_CASE("arrays with more or fewer indices are samples along the first", "[io][npy]") {
  std::vector<std::uint8_t> numbers(24);
  std::iota(numbers.begin(), numbers.end(), std::uint8_t(0));
  const Eigen::MatrixXd cube =
      samples_from<double>(make_tensor("x", {4, 2, 3}, std::span<const std::uint8_t>(numbers)));
  REQUIRE(cube.rows() == 6);
  REQUIRE(cube.cols() == 4);
  CHECK(cube(5, 1) == 11);
  CHECK(samples_from(make_tensor("x", {24}, std::span<const std::uint8_t>(numbers))).rows() == 1);
  CHECK_THROWS_AS(samples_from(make_tensor("x", {0, 3}, std::span<const float>())), DataError);
  const float number = 3;
  CHECK_THROWS_AS(samples_from(make_tensor("x", {}, std::span(&number, 1))), DataError);
  // Three indices, the first fastest.
  std::string transposed;
  for (int k = 0; k < 3; ++k)
    for (int j = 0; j < 2; ++j)
      for (int i = 0; i < 4; ++i) transposed += static_cast<char>(i * 6 + j * 3 + k);
  CHECK(samples_from<double>(
            read(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (4, 2, 3)}", transposed))) == cube);
}

TEST_CASE("what is written is read back, with a header laid out like NumPy's", "[io][npy]") {
  const TemporaryFolder folder;
  const Eigen::MatrixXd samples = Eigen::MatrixXd::Random(5, 7);
  write_npy(folder / "x.npy", samples);
  CHECK(samples_from<double>(read_npy(folder / "x.npy")) == samples);
  const std::string file = test::get(folder / "x.npy");
  CHECK(file.substr(0, 8) == std::string("\x93NUMPY\x01\0", 8));
  CHECK(file.substr(10, 59) == "{'descr': '<f8', 'fortran_order': False, 'shape': (7, 5), }");
  CHECK(file.size() == 128 + 8 * 35);
  CHECK(file[127] == '\n');
  write_npy(folder / "f.npy", samples.cast<float>().transpose());  // an expression
  CHECK(samples_from(read_npy(folder / "f.npy")) == samples.cast<float>().transpose());
  CHECK_THROWS_AS(write_npy(folder / "b.npy", Tensor{"b", Dtype::bf16, {1}, std::vector<std::byte>(2)}),
                  ValueError);
  CHECK_THROWS_AS(write_npy(folder / "b.npy", Tensor{"b", Dtype::f32, {3}, std::vector<std::byte>(2)}),
                  ValueError);
  CHECK(folder.entries() == 2);
}

TEST_CASE("hostile NPY headers are refused in words, before memory is allocated", "[io][npy]") {
  const auto file = [](const std::string& descr, const std::string& shape, std::size_t numbers) {
    return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + "}",
               std::string(numbers, 'x'));
  };
  struct Case {
    std::string file, message;
  };
  const Case wrong = GENERATE_COPY(
      Case{"", "does not begin as an NPY file"}, Case{"a,b\n1,2\n3,4\n", "does not begin as an NPY file"},
      Case{npy("", "", 4), "version 4"}, Case{npy("", "").substr(0, 9), "does not begin"},
      Case{std::string("\x93NUMPY\2\0\xff\xff", 10), "it has 10 bytes, expected at least 12"},
      Case{std::string("\x93NUMPY\1\0\xff\xff", 10), "its header has 65535 bytes, expected at most 0"},
      Case{file("'<f4'", "(1000000000, 1000000000)", 8), "promises 4000000000000000000"},
      Case{file("'<f8'", "(4294967296, 4294967296, 4294967296)", 8), "promises more than 2^62"},
      Case{file("'<f4'", "(99999999999999999999,)", 8), "is not a dictionary"},
      Case{file("'<f4'", "(-1,)", 8), "is not a dictionary"},
      Case{file("'<f4'", "(2,", 8), "is not a dictionary"},
      Case{file("'<f4'", "(3,)", 8), "it has 8 bytes of numbers"},
      Case{file("'<f4'", "(1,)", 8), "promises 4"}, Case{file("'|O'", "(1,)", 8), "pickled Python objects"},
      Case{file("'<c8'", "(1,)", 8), "of type '<c8'"},
      Case{file("[('a', '<f4')]", "(1,)", 4), "records of several fields"},
      Case{npy("{'descr': '<f4', 'shape': (1,)}", "1234"), "is not a dictionary"},
      Case{npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "1234"),
           "is not a dictionary"},
      Case{npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + x", "1234"),
           "is not a dictionary"});
  CHECK_THROWS_AS(read(wrong.file), FileError);
  CHECK_THROWS_WITH(read(wrong.file), ContainsSubstring(wrong.message));
}

TEST_CASE("an NPZ archive keeps names, types and shapes, stored or deflated", "[io][npz]") {
  const TemporaryFolder folder;
  const bool deflated = GENERATE(false, true);
  const Eigen::MatrixXf codes = Eigen::MatrixXf::Zero(50, 2000);
  const std::vector<std::int64_t> labels = {1, 2, -3};
  const std::vector<Tensor> arrays = {samples_tensor("codes", codes),
                                      make_tensor("labels", {3}, std::span<const std::int64_t>(labels)),
                                      make_tensor("none", {0, 4}, std::span<const double>())};
  write_npz(folder / "x.npz", arrays, deflated);
  CHECK((test::get(folder / "x.npz").size() < 10000) == deflated);
  const std::vector<Tensor> back = read_npz(folder / "x.npz");
  REQUIRE(back.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[i].name == arrays[i].name);
    CHECK(back[i].shape == arrays[i].shape);
    CHECK(back[i].bytes == arrays[i].bytes);
  }
  CHECK(numbers_of<std::int64_t>(find_array(back, "labels")) == labels);
  CHECK_THROWS_WITH(find_array(back, "x"), ContainsSubstring("no array 'x', but 'codes', 'labels', 'none'"));
  const std::string first = test::get(folder / "x.npz");
  write_npz(folder / "x.npz", arrays, deflated);
  CHECK(test::get(folder / "x.npz") == first);
  CHECK_THROWS_AS(write_npz(folder / "y.npz", {arrays[0], arrays[0]}), ValueError);
  CHECK(folder.entries() == 1);
}

TEST_CASE("every cut and every changed byte of an archive is refused, or changes nothing", "[io][npz]") {
  const TemporaryFolder folder;
  const bool deflated = GENERATE(false, true);
  const std::vector<float> numbers = {1, 2, 3};
  const std::vector<Tensor> arrays = {make_tensor("a", {3}, std::span<const float>(numbers)),
                                      make_tensor("b", {3}, std::span<const float>(numbers))};
  write_npz(folder / "x.npz", arrays, deflated);
  const std::string whole = test::get(folder / "x.npz");
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::put(folder / "y.npz", whole.substr(0, size));
    CHECK_THROWS_AS(read_npz(folder / "y.npz"), FileError);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    test::put(folder / "y.npz", changed(whole, at, static_cast<char>(whole[at] ^ 0x55)));
    try {
      for (const Tensor& array : read_npz(folder / "y.npz")) CHECK(array.bytes == arrays[0].bytes);
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(refused > whole.size() / 2);
}

TEST_CASE("an archive that promises more than it holds allocates no memory for it", "[io][npz]") {
  const TemporaryFolder folder;
  write_npz(folder / "x.npz", {make_tensor("a", {0}, std::span<const float>())});
  std::string bytes = test::get(folder / "x.npz");
  const std::size_t directory = bytes.rfind("PK\1\2");
  for (std::size_t i = 0; i < 4; ++i) bytes[directory + 24 + i] = i == 3 ? '\x7f' : '\xff';  // 2 GiB
  test::put(folder / "y.npz", bytes);
  CHECK_THROWS_WITH(read_npz(folder / "y.npz"), ContainsSubstring("expected 2147483647"));
  test::put(folder / "z.npz", "a,b\n1,2\n");
  CHECK_THROWS_WITH(read_npz(folder / "z.npz"), ContainsSubstring("it is not a ZIP archive"));
  CHECK_THROWS_WITH(read_npz(folder / "none.npz"), ContainsSubstring("No such file"));
}
