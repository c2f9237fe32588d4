// Faults on purpose: in saving, loading, training and reporting the first allocation fails, then the second,
// and so on until none does, and files stop growing at each of their bytes. What is on disk is then the old
// file or the new one, no memory is lost, and what failed succeeds the next time. A separate program, since
// malloc is one of a whole program; Eigen and zlib take their memory from it, and so does `operator new`.
#include <features.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>

namespace {
std::atomic<long> until_it_fails{0};  // allocations; 0 or less: none fails
std::atomic<long> in_use{0};          // pieces of memory
bool fails() { return until_it_fails.load() > 0 && until_it_fails.fetch_sub(1) == 1; }
}  // namespace

#ifdef __GLIBC__
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

static void* counted(void* memory) {
  if (memory != nullptr) ++in_use;
  return memory;
}
void* malloc(std::size_t size) { return fails() ? nullptr : counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) {
  return fails() ? nullptr : counted(__libc_calloc(count, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : counted(__libc_memalign(alignment, size));
}
void* realloc(void* memory, std::size_t size) {
  if (memory == nullptr) return malloc(size);
  return fails() ? nullptr : __libc_realloc(memory, size);
}
void free(void* memory) {
  if (memory != nullptr) --in_use;
  __libc_free(memory);
}
}
#endif

#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/io/formats/csv.hpp>
#include <harmonium/io/formats/npz.hpp>
#include <harmonium/io/models/checkpoint.hpp>
#include <harmonium/io/report/html_report.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "io/file_size_limit.hpp"
#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;

namespace test::faults_faults {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;

// Does `work` over and over, with its n-th allocation failing for every n, until it has no n-th one; returns
// how many it has. Whenever one fails, `work` throws or does what it should, and `is_whole()` holds of what
// it leaves.
template <class Work, class IsWhole>
long fail_each_allocation(Work work, IsWhole is_whole) {
  REQUIRE(work());  // takes what is made once and stays
  long lost = 0, wrong = 0, unfinished = 0, refused = 0;
  for (long n = 1;; ++n) {
    const long before = in_use;
    bool threw = false, right = true;
    until_it_fails = n;
    try {
      right = work();
    } catch (const std::exception&) {
      threw = true;
    }
    const bool happened = until_it_fails.exchange(0) <= 0;
    lost += in_use != before;
    wrong += !right;
    unfinished += !is_whole();
    refused += threw;
    if (happened) continue;
    CHECK_FALSE(threw);
    CHECK(lost == 0);
    CHECK(wrong == 0);
    CHECK(unfinished == 0);
    CHECK(refused > (n - 1) / 2);  // few are tried again with less
    return n - 1;
  }
}

Bits model(std::uint64_t seed) { return Bits{{.visible = 4, .hidden = 3, .seed = seed}}; }
Eigen::MatrixXf samples() {
  Eigen::MatrixXf x(4, 10);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = i % 3 == 0 ? 1.0f : 0.0f;
  return x;
}
History history_of(Bits& rbm, const Cpu<float>& on) {
  ContrastiveDivergence<Bits> trainer(
      rbm, {.epochs = 2, .batch_size = 5, .chains = Persistent{.chains = 3}, .seed = 1}, on);
  return trainer.fit(Dataset(samples()), EarlyStopping{.metric = "reconstruction_error", .patience = 5});
}
HtmlReport report() {
  History history{.epochs = {{.epoch = 1, .epochs = 2, .metrics = {{"reconstruction_error", 0.5}}},
                             {.epoch = 2, .epochs = 2, .metrics = {{"reconstruction_error", 0.25}}}}};
  HtmlReport made("Faults", "a page");
  made.add_key_values({{"error", 0.25}}).add_section("How").add_history(history).add_model(model(1));
  return made;
}

// An old file, a new one, and a folder in which there must be nothing but one of them.
struct Replaced {
  template <class Write>
  Replaced(Write write_old, Write write_new) {
    write_new(path);
    new_bytes = test::get(path);
    write_old(path);
    old_bytes = test::get(path);
    REQUIRE(old_bytes != new_bytes);
  }
  bool is_whole() const {
    const std::string bytes = test::get(path);
    return folder.entries() == 1 && (bytes == old_bytes || bytes == new_bytes);
  }
  bool is_old() const { return folder.entries() == 1 && test::get(path) == old_bytes; }

  TemporaryFolder folder;
  std::filesystem::path path = folder / "file";
  std::string old_bytes = {}, new_bytes = {};
};

// Files may grow to `bytes`, for every number of them from 0 to what the new file has.
template <class Write>
void fill_the_disk_at_each_byte(const Replaced& file, std::size_t stride, Write write_new) {
  long wrong = 0;
  for (std::size_t bytes = 0; bytes < file.new_bytes.size(); bytes += stride) {
    const FileSizeLimit limit(bytes);
    try {
      write_new(file.path);
      ++wrong;
    } catch (const FileError&) {
    }
    wrong += !file.is_old();
  }
  CHECK(wrong == 0);
  write_new(file.path);
  CHECK(test::get(file.path) == file.new_bytes);
}

}  // namespace

#ifdef __GLIBC__
TEST_CASE("allocations fail where they are asked to", "[faults]") {
  const auto fail_second = [] {
    until_it_fails = 2;
    const std::vector<int> first(10);
    const Eigen::VectorXf second(10);
    return first.size() + static_cast<std::size_t>(second.size());
  };
  CHECK_THROWS_AS(fail_second(), std::bad_alloc);
  CHECK(until_it_fails == 0);
  CHECK(fail_each_allocation([] { return std::vector<int>(10).size() == 10; }, [] { return true; }) == 1);
}

TEST_CASE("a model is saved or not, whichever allocation fails", "[faults][io]") {
  const auto write = [](std::uint64_t seed) {
    return [=](const std::filesystem::path& path) { save(path, model(seed)); };
  };
  const Replaced file(write(1), write(2));
  CHECK(fail_each_allocation(
            [&] {
              save(file.path, model(2));
              return true;
            },
            [&] { return file.is_whole(); }) > 50);
  CHECK(test::get(file.path) == file.new_bytes);
}

TEST_CASE("files are read or not, whichever allocation fails", "[faults][io]") {
  const TemporaryFolder folder;
  const auto nothing_else = [] { return true; };
  const Bits rbm = model(1);
  save(folder / "model", rbm);
  CHECK(fail_each_allocation([&] { return load<Bits>(folder / "model") == rbm; }, nothing_else) > 50);
  const std::string damaged = test::get(folder / "model").substr(0, 300);
  test::put(folder / "damaged", damaged);
  const auto is_refused = [&] {
    try {
      load<Bits>(folder / "damaged");
    } catch (const FileError&) {
      return true;
    }
    return false;
  };
  REQUIRE(is_refused());
  fail_each_allocation(is_refused, nothing_else);
  test::put(folder / "table.csv", "a,b\n1,x\n2,\"y\"\"z\"\n");
  CHECK(fail_each_allocation([&] { return read_csv(folder / "table.csv").cell(1, 1) == "y\"z"; },
                             nothing_else) > 5);
  write_npz(folder / "a.npz", {samples_tensor("x", samples())});
  CHECK(fail_each_allocation([&] { return samples_from(read_npz(folder / "a.npz").at(0)) == samples(); },
                             nothing_else) > 10);
}

TEST_CASE("training ends or throws, whichever allocation fails, and its threads work on",
          "[faults][training]") {
  for (const int threads : {1, 3}) {
    const Cpu<float> on(threads);
    Bits expected = model(1);
    history_of(expected, on);
    const auto trains = [&] {
      Bits rbm = model(1);
      return history_of(rbm, on).epochs.size() == 2 && rbm == expected;
    };
    INFO(threads << " threads");
    CHECK(fail_each_allocation(trains, [&] { return mean_hidden(expected, samples(), on).allFinite(); }) >
          50);
    CHECK(trains());
  }
  Bits rbm = model(1);
  CHECK(fail_each_allocation([] { return Cpu<float>(4).threads() == 4; }, [] { return true; }) > 3);
}

TEST_CASE("a checkpoint is the old one or the new one, whichever allocation fails", "[faults][checkpoint]") {
  const TemporaryFolder folder;
  const auto run = [&] {
    Bits rbm = model(1);
    ContrastiveDivergence<Bits> trainer(rbm, {.epochs = 1, .batch_size = 5, .seed = 1}, Cpu<float>{});
    Checkpoint checkpoint{{.path = folder / "checkpoint", .resume = true}};
    trainer.fit(Dataset(samples()), checkpoint);
    return rbm;
  };
  const Bits expected = run();  // it is finished: all that follow read it
  const std::string bytes = test::get(folder / "checkpoint");
  CHECK(fail_each_allocation([&] { return run() == expected; },
                             [&] { return test::get(folder / "checkpoint") == bytes; }) > 100);
}

TEST_CASE("a report is written or not, whichever allocation fails", "[faults][report]") {
  const auto write_report = [](const char* title) {
    return [=](const std::filesystem::path& path) { write(path, HtmlReport(title)); };
  };
  const Replaced file(write_report("old"), write_report("new"));
  const std::string page = report().text();
  CHECK(fail_each_allocation([&] { return report().text() == page; }, [] { return true; }) > 100);
  CHECK(fail_each_allocation(
            [&] {
              write(file.path, HtmlReport("new"));
              return true;
            },
            [&] { return file.is_whole(); }) > 5);
}
#endif

TEST_CASE("a model is saved or not, wherever the disk is full", "[faults][io]") {
  const auto write = [](std::uint64_t seed) {
    return [=](const std::filesystem::path& path) { save(path, model(seed)); };
  };
  fill_the_disk_at_each_byte(Replaced(write(1), write(2)), 1, write(2));
}

TEST_CASE("reports, tables and archives are written or not, wherever the disk is full", "[faults][io]") {
  const auto page = [](const char* title) {
    return [=](const std::filesystem::path& path) { write(path, HtmlReport(title)); };
  };
  fill_the_disk_at_each_byte(Replaced(page("old"), page("new")), 97, page("new"));
  const auto table = [](const char* name) {
    return [=](const std::filesystem::path& path) { write_csv(path, {name, "b", "c", "d"}, samples()); };
  };
  fill_the_disk_at_each_byte(Replaced(table("a"), table("b")), 1, table("b"));
  const auto archive = [](const char* name) {
    return [=](const std::filesystem::path& path) { write_npz(path, {samples_tensor(name, samples())}); };
  };
  fill_the_disk_at_each_byte(Replaced(archive("a"), archive("b")), 1, archive("b"));
}

}  // namespace test::faults_faults
