#include <harmonium/io/formats/idx.hpp>

#include <zlib.h>

#include <cstring>
#include <numeric>

#include "io/damage.hpp"
#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

std::string big_endian(std::uint32_t x) {
  return {static_cast<char>(x >> 24), static_cast<char>(x >> 16), static_cast<char>(x >> 8),
          static_cast<char>(x)};
}

// An IDX file, byte by byte as on the format's page.
std::string idx(const std::vector<std::uint32_t>& sizes, const std::string& numbers) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) bytes += big_endian(size);
  return bytes + numbers;
}

std::string counting(std::size_t count) {
  std::string numbers(count, '\0');
  std::iota(numbers.begin(), numbers.end(), '\0');
  return numbers;
}

void put_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb9");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

void put(const std::filesystem::path& path, const std::string& bytes, bool packed) {
  packed ? put_gzip(path, bytes) : test::put(path, bytes);
}

}  // namespace

TEST_CASE("an IDX picture is a column of its rows, compressed or not", "[io][idx]") {
  const TemporaryFolder folder;
  const bool packed = GENERATE(false, true);
  put(folder / "images", idx({3, 2, 5}, counting(30)), packed);
  const Dataset::Bytes images = read_idx_images(folder / "images");
  REQUIRE(images.rows() == 10);
  REQUIRE(images.cols() == 3);
  for (Index image = 0; image < 3; ++image)
    for (Index row = 0; row < 2; ++row)
      for (Index column = 0; column < 5; ++column)
        CHECK(images(row * 5 + column, image) == image * 10 + row * 5 + column);
}

TEST_CASE("IDX labels are read unchanged, including the largest", "[io][idx]") {
  const TemporaryFolder folder;
  const bool packed = GENERATE(false, true);
  put(folder / "labels", idx({4}, std::string("\x00\x09\x0a\xff", 4)), packed);
  CHECK(read_idx_labels(folder / "labels") == std::vector<int>{0, 9, 10, 255});
}

TEST_CASE("a set of pictures larger than the first allocation is read completely", "[io][idx]") {
  const TemporaryFolder folder;
  const bool packed = GENERATE(false, true);
  const std::string numbers = counting(3u << 20);  // three pieces: 1, 1 and, if it existed, 2 MiB
  put(folder / "images", idx({3, 1024, 1024}, numbers), packed);
  const Dataset::Bytes images = read_idx_images(folder / "images");
  REQUIRE(static_cast<std::size_t>(images.size()) == numbers.size());
  CHECK(std::memcmp(images.data(), numbers.data(), numbers.size()) == 0);
}

TEST_CASE("pictures and labels make a data set scaled to [0, 1]", "[io][idx]") {
  const TemporaryFolder folder;
  test::put(folder / "images", idx({2, 1, 2}, std::string("\x00\xff\x33\x66", 4)));
  test::put(folder / "labels", idx({2}, std::string("\x07\x02", 2)));
  const Dataset data = read_idx(folder / "images", folder / "labels");
  CHECK(data.size() == 2);
  CHECK(data.labels()[0] == 7);
  CHECK(data.labels()[1] == 2);
  const Eigen::MatrixXd values = data.to_matrix<double>();
  CHECK(values(0, 0) == 0);
  CHECK(values(1, 0) == 1);
  CHECK_THAT(values(0, 1), Catch::Matchers::WithinAbs(0.2, 1e-15));
  CHECK_THAT(values(1, 1), Catch::Matchers::WithinAbs(0.4, 1e-15));

  test::put(folder / "labels", idx({3}, std::string(3, '\x01')));
  CHECK_THROWS_WITH(read_idx(folder / "images", folder / "labels"),
                    ContainsSubstring("2 pictures") && ContainsSubstring("3 labels"));
}

TEST_CASE("a damaged IDX file is reported with what was expected and found", "[io][idx]") {
  const TemporaryFolder folder;
  const bool packed = GENERATE(false, true);
  const auto message = [&](const std::string& bytes) -> std::string {
    put(folder / "some-images", bytes, packed);
    try {
      read_idx_images(folder / "some-images");
    } catch (const FileError& error) {
      CHECK_THAT(error.what(), ContainsSubstring("some-images"));
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(message(""), ContainsSubstring("it has 0 bytes, its header needs 16"));
  CHECK_THAT(message(idx({2, 3, 4}, "").substr(0, 15)),
             ContainsSubstring("it has 15 bytes, its header needs 16"));
  CHECK_THAT(message(idx({2}, counting(20))),
             ContainsSubstring("begins with 0x00000801, expected 0x00000803 (3 sizes, unsigned bytes)"));
  CHECK_THAT(message(std::string("\x00\x00\x0d", 3) + idx({2, 3, 4}, counting(24)).substr(3)),
             ContainsSubstring("begins with 0x00000d03"));
  CHECK_THAT(message(idx({2, 0, 4}, "")), ContainsSubstring("size 1 is 0"));
  CHECK_THAT(message(idx({0, 3, 4}, "")), ContainsSubstring("size 0 is 0"));
  CHECK_THAT(message(idx({2, 3, 4}, counting(23))),
             ContainsSubstring("it has 23 numbers, its header promises 24"));
  CHECK_THAT(message(idx({2, 3, 4}, counting(25))), ContainsSubstring("more than the 24 numbers"));
  // 2^32 - 1 three times does not fit in 64 bits; 2^61 bytes fit in no memory, and none is allocated for
  // them.
  CHECK_THAT(message(idx({0xffffffff, 0xffffffff, 0xffffffff}, counting(9))),
             ContainsSubstring("above 2^62"));
  CHECK_THAT(message(idx({0x80000000, 0x40000000, 1}, counting(9))),
             ContainsSubstring("it has 9 numbers, its header promises 2305843009213693952"));
}

TEST_CASE("a damaged gzip file is an error even if its numbers look right", "[io][idx]") {
  const TemporaryFolder folder;
  put_gzip(folder / "good", idx({2, 3, 4}, counting(24)));
  const std::string bytes = test::get(folder / "good");
  const auto read = [&](const std::string& damaged) {
    test::put(folder / "images", damaged);
    return read_idx_images(folder / "images");
  };
  CHECK(read(bytes).cols() == 2);
  std::string wrong_checksum = bytes;
  wrong_checksum[bytes.size() - 8] ^= 1;
  CHECK_THROWS_WITH(read(wrong_checksum), ContainsSubstring("images': ") && ContainsSubstring("data check"));
  CHECK_THROWS_WITH(read(bytes.substr(0, bytes.size() - 1)), ContainsSubstring("unexpected end of file"));
  CHECK_THROWS_WITH(read(bytes.substr(0, 20)), ContainsSubstring("unexpected end of file"));
}

TEST_CASE("files that do not hold numbers are refused", "[io][idx]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_idx_labels(folder / "missing"),
                    ContainsSubstring("missing") && ContainsSubstring("No such file or directory"));
  CHECK_THROWS_WITH(read_idx_labels(folder.path()), ContainsSubstring("not a regular file"));
}

TEST_CASE("an IDX file with any byte changed or cut off is read right or refused", "[io][idx][hostile]") {
  const TemporaryFolder folder;
  const bool packed = GENERATE(false, true);
  put(folder / "good", idx({2, 3, 2}, counting(12)), packed);
  const std::string good = test::get(folder / "good");
  long accepted = 0, refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    test::put(folder / "images", bytes);
    try {
      const Dataset::Bytes images = read_idx_images(folder / "images");
      accepted += images.size() == 12;  // the sizes may differ, their product may not
      if (images.size() != 12) FAIL("read " << images.size() << " numbers of 12");
    } catch (const FileError&) {
      ++refused;
    }
  };
  test::for_each_beginning(good, attempt);
  CHECK(refused == static_cast<long>(good.size()));
  test::for_each_changed_byte(good, attempt);
  CHECK(accepted + refused == static_cast<long>(good.size() * 10));
  CHECK(accepted >= (packed ? 9 : 12 * 9));  // plain: all numbers; gzip: its time stamp, for instance
}

TEST_CASE("MNIST is found under either spelling of its names", "[io][idx][mnist]") {
  const TemporaryFolder folder;
  const std::string joint = GENERATE("-", ".");
  const bool packed = GENERATE(false, true);
  const auto name = [&](const std::string& first, const std::string& second) {
    return folder / (first + joint + second + (packed ? ".gz" : ""));
  };
  put(name("train-images", "idx3-ubyte"), idx({3, 2, 2}, counting(12)), packed);
  put(name("train-labels", "idx1-ubyte"), idx({3}, std::string("\x05\x00\x04", 3)), packed);
  put(name("t10k-images", "idx3-ubyte"), idx({1, 2, 2}, std::string(4, '\x63')), packed);
  put(name("t10k-labels", "idx1-ubyte"), idx({1}, std::string("\x07", 1)), packed);
  const Mnist mnist = read_mnist(folder.path());
  CHECK(mnist.train.size() == 3);
  CHECK(mnist.train.rows() == 4);
  CHECK(mnist.train.labels()[2] == 4);
  CHECK(mnist.test.size() == 1);
  CHECK(mnist.test.labels()[0] == 7);
  CHECK_THAT(mnist.test.to_matrix<double>()(3, 0), Catch::Matchers::WithinAbs(99 / 255.0, 1e-15));

  put(name("t10k-images", "idx3-ubyte"), idx({1, 1, 3}, counting(3)), packed);
  CHECK_THROWS_WITH(read_mnist(folder.path()),
                    ContainsSubstring("pictures of 4 pixels") && ContainsSubstring("of 3"));
}

TEST_CASE("missing files of MNIST are named together", "[io][idx][mnist]") {
  const TemporaryFolder folder;
  test::put(folder / "train-images.idx3-ubyte", "x");
  test::put(folder / "t10k-labels-idx1-ubyte.gz", "x");
  CHECK_THROWS_WITH(read_mnist(folder.path()),
                    ContainsSubstring(folder.path().string()) &&
                        ContainsSubstring("there is no train-labels-idx1-ubyte, t10k-images-idx3-ubyte (") &&
                        ContainsSubstring("train-images.idx3-ubyte, and with .gz"));
  CHECK_THROWS_AS(read_mnist(folder / "nowhere"), FileError);
}
