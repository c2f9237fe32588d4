/// \file
/// Pictures of an RBM as it learns: its filters and samples from it, every few epochs, as PNG files.
///
///     Snapshots snapshots{rbm, {.folder = "snapshots", .every = 5, .width = 28, .height = 28}};
///     trainer.fit(digits, snapshots, ProgressBar{});        // filters-0005.png, samples-0005.png, ...
#pragma once

#include "../../core/host_matrix.hpp"
#include "../../inference/generate.hpp"
#include "../../training/run/report.hpp"
#include "tiles.hpp"

namespace harmonium {

/// What to draw, when, and where.
struct SnapshotOptions {
  std::filesystem::path folder = "snapshots";  ///< created if it does not exist
  int every = 1;                      ///< epochs between pictures; the last planned epoch always has one
  Index width = 0;                    ///< of a sample; a sample has width * height numbers
  Index height = 0;                   ///< its rows follow one another
  Index count = 100;                  ///< largest number of filters (the first ones) and of samples
  Index per_row = 10;                 ///< tiles side by side
  int steps = 200;                    ///< of the chains that generate the samples
  std::uint64_t seed = 0;             ///< of these chains: the same for each snapshot
  TileRange range = TileRange::unit;  ///< of samples; `common` if they do not lie between 0 and 1
};

/// Draws an RBM after epochs.
template <class V, class H, class B>
class Snapshots {
  using T = ScalarOf<B>;

 public:
  /// \param rbm must outlive this
  /// \throws ShapeError unless width * height is the number of visible rows
  /// \throws ValueError if an option is out of range \throws FileError if the folder can't be written to
  Snapshots(const Rbm<V, H, B>& rbm, SnapshotOptions options, B on = B::all())
      : rbm_(rbm), options_(std::move(options)), on_(std::move(on)) {
    check<ShapeError>(options_.width >= 1 && options_.width <= rbm.visible.rows() &&
                          rbm.visible.rows() % options_.width == 0 &&
                          rbm.visible.rows() / options_.width == options_.height,
                      "Snapshots: the model has ", rbm.visible.rows(), " visible rows, pictures ",
                      options_.width, " x ", options_.height, " pixels");
    for (const auto& [name, value] : {std::pair<const char*, Index>{"every", options_.every},
                                      {"count", options_.count},
                                      {"per_row", options_.per_row},
                                      {"steps", options_.steps}})
      check<ValueError>(value >= 1, "Snapshots: ", name, " is ", value, ", expected at least 1");
    require_writable_folder(options_.folder);
  }

  /// Draws if it is time to. A model that is not finite has no samples.
  /// \throws FileError if a picture cannot be written
  void operator()(const EpochReport& report) {
    if (report.epoch % options_.every != 0 && report.epoch != report.epochs) return;
    const Index filters = std::min(options_.count, rbm_.weights.cols());
    draw("filters", report.epoch, host(ConstViewOf<B>(view_of(rbm_.weights)).columns(0, filters)),
         TileRange::each, TileColours::signed_grey);
    if (!all_finite(on_, rbm_)) return;
    const Matrix<B> samples = generate(
        rbm_, {.samples = options_.count, .steps = options_.steps, .seed = options_.seed, .means = true},
        on_);
    draw("samples", report.epoch, host(ConstViewOf<B>(view_of(samples))), options_.range, TileColours::grey);
  }

 private:
  HostMatrix<T> host(ConstViewOf<B> columns) const {
    HostMatrix<T> copy(columns.rows, columns.cols);
    on_.download(columns, View<T>(copy));
    return copy;
  }
  void draw(const char* what, int epoch, const HostMatrix<T>& columns, TileRange range,
            TileColours colours) const {
    std::string number = std::to_string(epoch);
    if (number.size() < 4) number.insert(0, 4 - number.size(), '0');  // files sort by epoch
    write_png(options_.folder / (std::string(what) + '-' + number + ".png"),
              tiles(columns, {.width = options_.width,
                              .height = options_.height,
                              .per_row = options_.per_row,
                              .range = range,
                              .colours = colours}));
  }

  const Rbm<V, H, B>& rbm_;
  SnapshotOptions options_;
  B on_;
};

}  // namespace harmonium
