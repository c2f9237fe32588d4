#include <harmonium/io/formats/safetensors.hpp>

#include <cstring>

#include "io/damage.hpp"
#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

// A file assembled by hand: the header's length, the header, the numbers.
std::string file_of(const std::string& header, const std::string& numbers) {
  std::string length(8, '\0');
  const std::uint64_t size = header.size();
  for (int i = 0; i < 8; ++i) length[static_cast<std::size_t>(i)] = static_cast<char>(size >> (8 * i));
  return length + header + numbers;
}

template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

TensorFile example() {
  const std::vector<float> weight{1, 2, 3, 4, 5, 6};
  const std::vector<double> bias{-0.5, 1e300};
  const std::vector<std::uint64_t> step{1ull << 63};
  TensorFile file{{{"kind", "rbm"}, {"note", "\"quoted\", \n and \xc3\xa4"}}, {}};
  file.tensors.push_back(make_tensor("weight", {2, 3}, std::span<const float>(weight)));
  file.tensors.push_back(make_tensor("a.bias", {2}, std::span<const double>(bias)));
  file.tensors.push_back(make_tensor("step", {}, std::span<const std::uint64_t>(step)));
  file.tensors.push_back(make_tensor("empty", {0, 7}, std::span<const std::int8_t>()));
  return file;
}

}  // namespace

TEST_CASE("a tensor is written with the bytes specified on the format's page", "[io][safetensors]") {
  const TemporaryFolder folder;
  const std::vector<float> numbers{0, 1, 2, 3, 4, 5};
  TensorFile file;
  file.tensors.push_back(make_tensor("attn.0", {1, 2, 3}, std::span<const float>(numbers)));
  write_safetensors(folder / "file", file);
  const std::string header = R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})";
  REQUIRE(header.size() == 64);
  CHECK(test::get(folder / "file") == file_of(header, bytes_of(numbers)));

  file.tensors[0].name = "a";  // a header of 59 bytes is padded to 64
  write_safetensors(folder / "file", file);
  CHECK(test::get(folder / "file") ==
        file_of(R"({"a":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}     )", bytes_of(numbers)));
}

TEST_CASE("what was written is read back: names, order, types, shapes, numbers, metadata",
          "[io][safetensors]") {
  const TemporaryFolder folder;
  write_safetensors(folder / "file", example());
  const TensorFile file = read_safetensors(folder / "file");
  CHECK(file.metadata == example().metadata);
  REQUIRE(file.tensors.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(file.tensors[i].name == example().tensors[i].name);
    CHECK((file.tensors[i].dtype == example().tensors[i].dtype));
    CHECK(file.tensors[i].shape == example().tensors[i].shape);
    CHECK((file.tensors[i].bytes == example().tensors[i].bytes));
  }
  REQUIRE(file.find("a.bias") != nullptr);
  CHECK(numbers_of<double>(*file.find("a.bias")) == std::vector<double>{-0.5, 1e300});
  CHECK(numbers_of<std::uint64_t>(*file.find("step")) == std::vector<std::uint64_t>{1ull << 63});
  CHECK(file.find("bias") == nullptr);
  CHECK_THROWS_WITH(numbers_of<float>(*file.find("a.bias")),
                    ContainsSubstring("'a.bias' is F64, expected F32"));
}

TEMPLATE_TEST_CASE("every number type is read back", "[io][safetensors]", float, double, std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t) {
  const TemporaryFolder folder;
  const std::vector<TestType> numbers{std::numeric_limits<TestType>::lowest(), TestType(1),
                                      std::numeric_limits<TestType>::max()};
  TensorFile file;
  file.tensors.push_back(make_tensor("x", {3}, std::span<const TestType>(numbers)));
  write_safetensors(folder / "file", file);
  CHECK(numbers_of<TestType>(read_safetensors(folder / "file").tensors.at(0)) == numbers);
}

TEST_CASE("number types have the format's names", "[io][safetensors]") {
  const auto name = []<class T>(T) {
    return std::string(name_of(make_tensor("x", {0}, std::span<const T>()).dtype));
  };
  CHECK(name(1.0f) == "F32");
  CHECK(name(1.0) == "F64");
  CHECK(name(std::int8_t{}) == "I8");
  CHECK(name(std::int16_t{}) == "I16");
  CHECK(name(std::int32_t{}) == "I32");
  CHECK(name(std::int64_t{}) == "I64");
  CHECK(name(std::uint8_t{}) == "U8");
  CHECK(name(std::uint16_t{}) == "U16");
  CHECK(name(std::uint32_t{}) == "U32");
  CHECK(name(std::uint64_t{}) == "U64");
}

TEST_CASE("a file without tensors is valid", "[io][safetensors]") {
  const TemporaryFolder folder;
  write_safetensors(folder / "file", {});
  CHECK(test::get(folder / "file") == file_of("{}      ", ""));
  CHECK(read_safetensors(folder / "file").tensors.empty());
}

TEST_CASE("tensors are read in the order of their numbers, whatever the header's", "[io][safetensors]") {
  const TemporaryFolder folder;
  test::put(folder / "file", file_of(R"({"b":{"data_offsets":[1,3],"dtype":"U8","shape":[2]},)"
                                     R"("a":{"shape":[1],"dtype":"U8","data_offsets":[3,4]},)"
                                     R"("c":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}})",
                                     "\x01\x02\x03\x04"));
  const TensorFile file = read_safetensors(folder / "file");
  REQUIRE(file.tensors.size() == 3);
  CHECK(file.tensors[0].name == "c");
  CHECK(numbers_of<std::uint8_t>(file.tensors[1]) == std::vector<std::uint8_t>{2, 3});
  CHECK(numbers_of<std::uint8_t>(file.tensors[2]) == std::vector<std::uint8_t>{4});
}

TEST_CASE("a file that breaks a rule of the format is refused, and the rule is named", "[io][safetensors]") {
  const TemporaryFolder folder;
  const auto raw = [&](const std::string& bytes) -> std::string {
    test::put(folder / "a-file", bytes);
    try {
      read_safetensors(folder / "a-file");
    } catch (const FileError& error) {
      CHECK_THAT(error.what(), ContainsSubstring("a-file"));
      return error.what();
    }
    return "no error";
  };
  const auto message = [&](const std::string& header, std::size_t size) {
    return raw(file_of(header, std::string(size, '\1')));
  };
  const auto tensor = [](const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
    return '"' + name + R"(":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
           '}';
  };
  const auto one = [&](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return message('{' + tensor("x", dtype, shape, offsets) + '}', 8);
  };
  CHECK(one(R"("F32")", "[2]", "[0,8]") == "no error");

  SECTION("the header's length") {
    CHECK_THAT(raw(""), ContainsSubstring("0 bytes, expected at least 8"));
    CHECK_THAT(raw("1234567"), ContainsSubstring("7 bytes, expected at least 8"));
    CHECK_THAT(raw(std::string(8, '\0')), ContainsSubstring("not a JSON object"));
    CHECK_THAT(raw(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
               ContainsSubstring("header has 3 bytes, expected at most 2"));
    CHECK_THAT(raw(std::string(8, '\xff') + "{}"),
               ContainsSubstring("header has 18446744073709551615 bytes"));
  }
  SECTION("a header longer than any reader accepts") {
    test::put(folder / "a-file", std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10));  // 10^8 + 1
    std::filesystem::resize_file(folder / "a-file", 200'000'000);  // sparse, uses no disk space
    CHECK_THROWS_WITH(read_safetensors(folder / "a-file"), ContainsSubstring("expected at most 100000000"));
  }
  SECTION("the header's text") {
    CHECK_THAT(message("[]", 0), ContainsSubstring("not a JSON object"));
    CHECK_THAT(message(" {}", 0), ContainsSubstring("not a JSON object"));
    CHECK_THAT(message(std::string("{}\0{}", 5), 0), ContainsSubstring("not a JSON object"));
    CHECK_THAT(message("{} x", 0), ContainsSubstring("not JSON"));
    CHECK_THAT(message("{", 0), ContainsSubstring("not JSON"));
    CHECK_THAT(message("{\"\xff\":1}", 0), ContainsSubstring("not JSON"));
    CHECK_THAT(message(R"({"x":)" + std::string(100000, '['), 0), ContainsSubstring("nested too deeply"));
    CHECK_THAT(message(R"({"x":1})", 0), ContainsSubstring("'x' is not described"));
    CHECK_THAT(message('{' + tensor("x", R"("U8")", "[4]", "[0,4]") + ',' +
                           tensor("x", R"("U8")", "[4]", "[4,8]") + '}',
                       8),
               ContainsSubstring("names 'x' twice"));
    CHECK_THAT(message(R"({"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
               ContainsSubstring("names 'dtype' twice"));
    CHECK_THAT(message(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":0}})", 1),
               ContainsSubstring("'x' is not described"));
    CHECK_THAT(message(R"({"__metadata__":[]})", 0), ContainsSubstring("__metadata__ is not an object"));
    CHECK_THAT(message(R"({"__metadata__":{"a":1}})", 0), ContainsSubstring("'a' is not a string"));
  }
  SECTION("type and shape") {
    CHECK_THAT(one("32", "[2]", "[0,8]"), ContainsSubstring("'x' is not described"));
    CHECK_THAT(one(R"("F33")", "[2]", "[0,8]"), ContainsSubstring("dtype 'F33' is unknown"));
    CHECK_THAT(one(R"("F32")", "2", "[0,8]"), ContainsSubstring("shape is not a list"));
    CHECK_THAT(one(R"("F32")", "[-2]", "[0,8]"), ContainsSubstring("shape has -2, expected a whole number"));
    CHECK_THAT(one(R"("F32")", "[2.0]", "[0,8]"), ContainsSubstring("shape has 2.0"));
    CHECK_THAT(one(R"("F32")", "[[2]]", "[0,8]"), ContainsSubstring("nested too deeply"));
    CHECK_THAT(one(R"("F32")", "[18446744073709551616]", "[0,8]"),
               ContainsSubstring("expected a whole number"));
    CHECK_THAT(one(R"("F32")", "[3]", "[0,8]"), ContainsSubstring("do not make 8 bytes"));
    CHECK_THAT(one(R"("F64")", "[2]", "[0,8]"), ContainsSubstring("do not make 8 bytes"));
    // 2^63 * 2^63 * 4 is 2^128, which is 0 in 64 bits; so is 2^62 * 4, and (2^62 + 2) * 4 is 8
    CHECK_THAT(one(R"("F32")", "[9223372036854775808,9223372036854775808]", "[0,0]"),
               ContainsSubstring("do not make 0 bytes"));
    CHECK_THAT(one(R"("F32")", "[4611686018427387904]", "[0,0]"), ContainsSubstring("do not make 0 bytes"));
    CHECK_THAT(one(R"("F32")", "[4611686018427387906]", "[0,8]"), ContainsSubstring("do not make 8 bytes"));
  }
  SECTION("where the numbers are") {
    CHECK_THAT(one(R"("F32")", "[2]", "[0]"), ContainsSubstring("not a beginning and an end"));
    CHECK_THAT(one(R"("F32")", "[2]", "[0,8,8]"), ContainsSubstring("not a beginning and an end"));
    CHECK_THAT(one(R"("F32")", "[2]", "[8,0]"), ContainsSubstring("not a beginning and an end"));
    CHECK_THAT(one(R"("F32")", "[1]", "[4,8]"), ContainsSubstring("'x' begins at 4, expected 0"));
    CHECK_THAT(one(R"("F32")", "[1]", "[0,4]"),
               ContainsSubstring("its tensors take 4 bytes, it has 8 for them"));
    CHECK_THAT(one(R"("F32")", "[4]", "[0,16]"),
               ContainsSubstring("its tensors take 16 bytes, it has 8 for them"));
    // 2^61 bytes, of which the file has eight
    CHECK_THAT(one(R"("U8")", "[2305843009213693952]", "[0,2305843009213693952]"),
               ContainsSubstring("its tensors take 2305843009213693952 bytes, it has 8 for them"));
    const auto two = [&](const std::string& x, const std::string& y) {
      return message('{' + tensor("x", R"("U8")", "[4]", x) + ',' + tensor("y", R"("U8")", "[4]", y) + '}',
                     8);
    };
    CHECK(two("[0,4]", "[4,8]") == "no error");
    CHECK(two("[4,8]", "[0,4]") == "no error");
    CHECK_THAT(two("[0,4]", "[3,7]"), ContainsSubstring("'y' begins at 3, expected 4"));
    CHECK_THAT(two("[0,4]", "[5,9]"), ContainsSubstring("'y' begins at 5, expected 4"));
    CHECK_THAT(two("[0,4]", "[0,4]"), ContainsSubstring("'y' begins at 0, expected 4"));
  }
}

TEST_CASE("contents that would break a rule of the format are not written", "[io][safetensors]") {
  const TemporaryFolder folder;
  TensorFile file = example();
  SECTION("a name twice") {
    file.tensors[1].name = "weight";
    CHECK_THROWS_WITH(write_safetensors(folder / "file", file), ContainsSubstring("two tensors 'weight'"));
  }
  SECTION("the name of the metadata, with and without metadata") {
    file.tensors[1].name = "__metadata__";
    CHECK_THROWS_AS(write_safetensors(folder / "file", file), ValueError);
    file.metadata.clear();
    CHECK_THROWS_AS(write_safetensors(folder / "file", file), ValueError);
  }
  SECTION("too few bytes") {
    file.tensors[0].shape = {3, 3};
    CHECK_THROWS_WITH(write_safetensors(folder / "file", file), ContainsSubstring("'weight' has 24 bytes"));
  }
  SECTION("a name that is not UTF-8") {
    file.tensors[0].name = "\xff";
    CHECK_THROWS_WITH(write_safetensors(folder / "file", file), ContainsSubstring("not UTF-8"));
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a safetensors file with any byte changed or cut off is read or refused",
          "[io][safetensors][hostile]") {
  const TemporaryFolder folder;
  write_safetensors(folder / "good", example());
  const std::string good = test::get(folder / "good");
  long refused = 0, accepted = 0;
  const auto attempt = [&](const std::string& bytes) {
    test::put(folder / "file", bytes);
    try {
      const TensorFile file = read_safetensors(folder / "file");
      std::size_t size = 0;
      for (const Tensor& tensor : file.tensors) size += tensor.bytes.size();
      if (size > bytes.size()) FAIL("more numbers than the file has bytes");
      ++accepted;
    } catch (const FileError&) {
      ++refused;
    }
  };
  test::for_each_beginning(good, attempt);
  CHECK(refused == static_cast<long>(good.size()));
  test::for_each_changed_byte(good, attempt);
  CHECK(refused + accepted == static_cast<long>(good.size() * 10));
  CHECK(accepted >= 9 * 48);  // the 48 bytes of numbers may be anything
}
