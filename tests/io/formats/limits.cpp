// What files from strangers cost: no reader takes more time or memory than a small multiple of their length.
#include <zlib.h>
#include <harmonium/io.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace test::formats_limits {

namespace {

std::string safetensors(const std::string& header) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header;
}
// IDX pictures of one column, packed.
void put_pictures(const std::filesystem::path& path, std::uint32_t count, std::size_t there) {
  std::string bytes("\0\0\x08\x03", 4);
  for (const std::uint32_t size : {count, 1024u, 1024u})
    for (int i = 3; i >= 0; --i) bytes += static_cast<char>(size >> 8 * i & 0xff);
  const gzFile file = gzopen(path.c_str(), "wb9");
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == 16);
  const std::string block(1u << 20, '\0');
  for (std::size_t i = 0; i < there; ++i)
    REQUIRE(gzwrite(file, block.data(), static_cast<unsigned>(block.size())) > 0);
  REQUIRE(gzclose(file) == Z_OK);
}

}  // namespace

TEST_CASE("every reader refuses files above its limit", "[io][hostile]") {
  const TemporaryFolder folder;
  const ReadLimits tiny{.bytes = 20}, enough{.bytes = 1u << 20};
  const auto above = ContainsSubstring("bytes, expected at most 20 (ReadLimits)");
  using Bits = Rbm<Bernoulli, Bernoulli>;
  const Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}};
  const Eigen::MatrixXf numbers = Eigen::MatrixXf::Ones(4, 30);
  using Any = std::variant<Bits>;

  save(folder / "model", rbm);
  CHECK_THROWS_WITH(load<Bits>(folder / "model", tiny), above);
  CHECK_THROWS_WITH(load_any<Any>(folder / "model", tiny), above);
  CHECK_THROWS_WITH(read_safetensors(folder / "model", tiny), above);
  CHECK(load<Bits>(folder / "model", enough) == rbm);
  write_npy(folder / "a.npy", numbers);
  CHECK_THROWS_WITH(read_npy(folder / "a.npy", tiny), above);
  CHECK(samples_from(read_npy(folder / "a.npy", enough)) == numbers);
  write_npz(folder / "a.npz", {samples_tensor("a", numbers)});
  CHECK_THROWS_WITH(read_npz(folder / "a.npz", tiny), above);
  const auto packed = std::filesystem::file_size(folder / "a.npz");
  CHECK(packed < 480);
  CHECK_THROWS_WITH(read_npz(folder / "a.npz", {.bytes = packed}),  // unpacks to more
                    ContainsSubstring("it unpacks to 608 bytes, expected at most"));
  CHECK(read_npz(folder / "a.npz", enough).size() == 1);
  write_csv(folder / "a.csv", {"a", "b", "c", "d"}, numbers);
  CHECK_THROWS_WITH(read_csv(folder / "a.csv", {.limits = tiny}), above);
  CHECK(read_csv(folder / "a.csv", {.limits = enough}).rows() == 30);
  const Eigen::SparseMatrix<float> sparse = numbers.sparseView();
  write_libsvm(folder / "a.svm", sparse);
  CHECK_THROWS_WITH(read_libsvm(folder / "a.svm", {.limits = tiny}), above);
  write_libsvm(folder / "a.svm.gz", sparse);
  const auto gzipped = std::filesystem::file_size(folder / "a.svm.gz");
  CHECK(gzipped < std::filesystem::file_size(folder / "a.svm"));
  CHECK_THROWS_WITH(read_libsvm(folder / "a.svm.gz", {.limits = {.bytes = gzipped}}),
                    ContainsSubstring("it unpacks to 540 bytes, expected at most"));
  CHECK(read_libsvm(folder / "a.svm.gz", {.limits = enough}).samples.cols() == 30);
  write_sparse_npz(folder / "sparse.npz", sparse);
  CHECK_THROWS_WITH(read_sparse_npz(folder / "sparse.npz", tiny), above);
  CHECK(read_sparse_npz(folder / "sparse.npz", enough).cols() == 30);
  test::put(folder / "a.fasta", ">a\nMKLV-MKLV-MKLV-\n>b\nMKLV-MKLV-MKLVV\n");
  CHECK_THROWS_WITH(read_fasta(folder / "a.fasta", {.limits = tiny}), above);
  CHECK(read_fasta(folder / "a.fasta", {.limits = enough}).size() == 2);
  test::put(folder / "a.sto", "# STOCKHOLM 1.0\na MKLV-MKLV-MKLV-\n//\n");
  CHECK_THROWS_WITH(read_stockholm(folder / "a.sto", {.limits = tiny}), above);
  CHECK(read_stockholm(folder / "a.sto", {.limits = enough}).size() == 1);
  save(folder / "path", rbm, FrozenPath<Bits>{{rbm}});
  CHECK_THROWS_WITH(load_path<Bits>(folder / "path", tiny), above);
  CHECK(load_path<Bits>(folder / "path", enough).models.size() == 1);
  save(folder / "scaling", rbm, Scaling(ScalingOptions{4}));
  CHECK_THROWS_WITH(load_scaling(folder / "scaling", tiny), above);
  CHECK(load_scaling(folder / "scaling", enough).rows() == 4);
  test::put(folder / "ratings.csv", "user,item,rating\na,x,1\nb,x,2\n");
  CHECK_THROWS_WITH(read_ratings(folder / "ratings.csv", {.csv = {.limits = tiny}}), above);
  CHECK(read_ratings(folder / "ratings.csv", {.csv = {.limits = enough}}).ratings.size() == 2);
  test::put(folder / "distances", "# site site distance\n1 2 3.5\n");
  CHECK_THROWS_WITH(read_site_distances(folder / "distances", 2, tiny), above);
  CHECK(read_site_distances(folder / "distances", 2, enough)(1, 0) == 3.5);
  put_pictures(folder / "pictures", 3, 3);
  CHECK_THROWS_WITH(read_idx_images(folder / "pictures", tiny), above);
  CHECK_THROWS_WITH(read_idx_images(folder / "pictures", enough),
                    ContainsSubstring("promises 3145728 bytes, expected at most 1048576"));
  CHECK(read_idx_images(folder / "pictures").cols() == 3);
  CHECK_THROWS_WITH(read_idx(folder / "pictures", folder / "pictures", tiny), above);
}

TEST_CASE("packed files take no memory for what is not in them", "[io][hostile]") {
  const TemporaryFolder folder;
  put_pictures(folder / "one", 1, 1);
  put_pictures(folder / "promises", 3000, 200);
  put_pictures(folder / "has more", 100, 200);
  CHECK(read_idx_images(folder / "one").size() == 1 << 20);
  const double before = peak_memory_mb();
  CHECK_THROWS_WITH(read_idx_images(folder / "promises"),
                    ContainsSubstring("it has 209715200 numbers, its header promises 3145728000"));
  CHECK_THROWS_WITH(read_idx_images(folder / "has more"),
                    ContainsSubstring("it has more than the 104857600"));
  CHECK(peak_memory_mb() - before < 20);
}

TEST_CASE("headers take time and memory in proportion to their length", "[io][hostile][linear][slow]") {
  const TemporaryFolder folder;
  const double before = peak_memory_mb();
  SECTION("objects where a list belongs") {
    std::string header = R"({"a":[)";
    for (int i = 0; i < 1'000'000; ++i) header += i == 0 ? "{}" : ",{}";
    test::put(folder / "file", safetensors(header + "]}"));
    CHECK_THROWS_WITH(read_safetensors(folder / "file"), ContainsSubstring("'a' is not described"));
  }
  SECTION("empty tensors") {
    std::string header = "{";
    for (int i = 0; i < 100'000; ++i)
      header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
                R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    test::put(folder / "file", safetensors(header + '}'));
    const TensorFile file = read_safetensors(folder / "file");
    CHECK(file.tensors.size() == 100'000);
    write_safetensors(folder / "again", file);
    CHECK(read_safetensors(folder / "again").tensors.size() == 100'000);
    CHECK(peak_memory_mb() - before < 20 * 5.6 + 20);
  }
  SECTION("metadata") {
    std::string header = R"({"__metadata__":{)";
    for (int i = 0; i < 400'000; ++i) header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":"")";
    test::put(folder / "file", safetensors(header + "}}"));
    CHECK(read_safetensors(folder / "file").metadata.size() == 400'000);
  }
  SECTION("long shapes") {
    std::string header = R"({"a":{"dtype":"U8","shape":[0)";
    for (int i = 0; i < 1'000'000; ++i) header += ",0";
    test::put(folder / "file", safetensors(header + R"(],"data_offsets":[0,0]}})"));
    CHECK_THROWS_WITH(read_safetensors(folder / "file"), ContainsSubstring("more than 64 sizes"));
  }
}

TEST_CASE("wide tables take time and memory in proportion to their length",
          "[io][csv][hostile][linear][slow]") {
  const TemporaryFolder folder;
  std::string names, numbers, empty(200'000, ',');
  for (int i = 0; i < 100'000; ++i) {
    names += (i == 0 ? "" : ",") + std::to_string(i);
    numbers += i == 0 ? "1" : ",1";
  }
  test::put(folder / "wide.csv", names + '\n' + numbers + '\n');
  const CsvTable table = read_csv(folder / "wide.csv");
  CHECK(csv_numbers(table).sum() == 100'000);
  CHECK(csv_numbers(table, table.names()).sum() == 100'000);
  test::put(folder / "empty.csv", empty + '\n' + empty + '\n');
  const double before = peak_memory_mb();
  CHECK(read_csv(folder / "empty.csv").columns() == 200'001);
  CHECK(peak_memory_mb() - before < 40 * 0.4 + 10);
}

TEST_CASE("a model of very many layers is read in time", "[io][hostile][linear][slow]") {
  const TemporaryFolder folder;
  using Deep = Dbn<Stack<Bernoulli>>;
  const Deep dbn(DbnOptions{.sizes = std::vector<StackSize>(10'001, StackSize(1))});
  save(folder / "deep", dbn);
  CHECK(load<Deep>(folder / "deep") == dbn);
}

TEST_CASE("a training path of very many models is read in time", "[io][hostile][linear][slow]") {
  const TemporaryFolder folder;
  using Bits = Rbm<Bernoulli, Bernoulli>;
  FrozenPath<Bits> path;
  path.models.assign(20'000, Bits{{.visible = 1, .hidden = 1}});
  save(folder / "path", path.models.front(), path);
  CHECK(load_path<Bits>(folder / "path") == path);
}

TEST_CASE("lines of any number of words take no memory for them", "[io][hostile]") {
  const TemporaryFolder folder;
  std::string line = "1 2";
  for (int i = 0; i < 2'000'000; ++i) line += " x";
  test::put(folder / "distances", line + " 7\n");
  const double before = peak_memory_mb();
  CHECK(read_site_distances(folder / "distances", 2)(1, 0) == 7);
  CHECK(peak_memory_mb() - before < 3 * 4.2 + 5);
}

}  // namespace test::formats_limits
