/// \file
/// Runs that can be killed: the whole state of training is saved to a file every now and then; a program
/// started again resumes from there and ends with the same bytes as if it had never been interrupted.
///
///     Checkpoint checkpoint{{.path = "run.safetensors", .resume = true}};
///     pre_train(dbn, data, options, checkpoint);
///     auto network = classifier(dbn, 10);
///     FineTuning{network, {.epochs = 20}}.fit(data, EarlyStopping{}, checkpoint);
#pragma once

#include <chrono>
#include <filesystem>
#include <utility>

#include "checkpoint_format.hpp"

namespace harmonium {

/// When and where to save.
struct CheckpointOptions {
  std::filesystem::path path = {};  ///< safetensors file; written next to the old one and renamed
  bool resume = false;              ///< resume from the file if it exists
  int epochs = 1;                   ///< save after every `epochs` epochs; 0: only by `seconds`
  double seconds = 0;      ///< also save within an epoch when the last checkpoint is this old; 0: never
  ReadLimits limits = {};  ///< of a file to resume from
};

/// An observer that saves a run (model, moments, chains, averages, offsets, the best model, the state of
/// other observers, progress) and with `resume` restores it: `fit` then continues from there and returns the
/// whole history. There is always a checkpoint when the run ends or pauses (`Flow::pause`).
///
/// One object serves all runs of a program, layer after layer of pre-training and fine-tuning: each has its
/// own part of the file, and a finished one is restored at once. So the resuming program must train the same
/// things in the same order. With different options, another model, another number of samples or other
/// observers, `fit` refuses to continue. It cannot know whether the samples are the same, nor restore
/// observers without `for_each_state` (training/run/run_state.hpp). Of a group of processes the first writes
/// the file, and all read it; another number of processes may resume.
class Checkpoint {
 public:
  /// \throws ValueError if an option is out of range \throws FileError if no file can be written there
  explicit Checkpoint(CheckpointOptions options) : options_(std::move(options)) {
    check<ValueError>(options_.epochs >= 0, "Checkpoint: epochs is ", options_.epochs,
                      ", expected at least 0");
    check<ValueError>(options_.seconds >= 0 && options_.seconds < 1e9, "Checkpoint: seconds is ",
                      options_.seconds, ", expected a number of at least 0");
    check<FileError>(options_.path.has_filename(), "Checkpoint: '", options_.path.string(),
                     "' names no file");
    require_writable_folder(detail::folder_of(options_.path));
    // Finds out now, not hours later, that this is a folder or not writable.
    const AtomicFile probe(options_.path);
  }

  /// Does nothing after an epoch.
  void operator()(const EpochReport& /*report*/) const {}

  /// Begins a run: restores it if it is in the file. \throws FileError, before anything is changed, if the
  /// file is damaged or belongs to a different run
  template <class State>
  bool on_begin(State& state) {
    if (run_ < 0 && options_.resume) read();
    if (paused_) return false;  // after a pause the program does other things than it would have done
    ++run_;
    saved_ = Clock::now();
    const bool found = file_.metadata.count(prefix() + history_name) > 0;
    if (found) restore(state);
    was_over_ = found && state.run().over;
    return found;
  }

  /// Saves if it is time to.
  /// \throws DataError if a number is not finite \throws FileError if the file cannot be written
  template <class State>
  void on_state(Moment moment, State& state) {
    const auto& run = state.run();
    if (paused_ || was_over_) return;
    const bool late = options_.seconds > 0 &&
                      state.group().broadcast(std::chrono::duration<double>(Clock::now() - saved_).count() >=
                                              options_.seconds);
    const bool due = moment == Moment::epoch && options_.epochs > 0 && run.epoch % options_.epochs == 0;
    if (moment == Moment::end || late || due) save(state);
    paused_ = moment == Moment::end && !run.over;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr const char* history_name = "history";
  static constexpr const char* kind = "checkpoint";
  static constexpr const char* format = "1";

  std::string prefix() const { return "runs." + std::to_string(run_) + '.'; }

  void read() {
    if (!std::filesystem::exists(options_.path)) return;
    file_ = read_safetensors(options_.path, options_.limits);
    const auto says = [&](const char* name, const char* value) {
      const auto found = file_.metadata.find(name);
      check<FileError>(found != file_.metadata.end() && found->second == value, "resume: '",
                       options_.path.string(), "' is not a checkpoint of this version: its ", name, " is ",
                       found == file_.metadata.end() ? "missing" : '\'' + found->second + '\'',
                       ", expected '", value, "'");
    };
    says("kind", kind);
    says("format", format);
    for (Tensor& tensor : file_.tensors)  // as it was spelled at first
      if (const auto at = tensor.name.find(".centring."); at != std::string::npos)
        tensor.name.replace(at, 10, ".centering.");
  }

  // This run's options must equal those in the file.
  template <class State>
  void check_options(const State& state) const {
    Metadata here;
    detail::Settings put(here, prefix());
    state.for_each_option(put);
    const std::string start = prefix();
    const auto own = [&](const std::string& name) { return name.substr(start.size()); };
    for (const auto& [name, value] : here) {
      const auto there = file_.metadata.find(name);
      check<DataError>(there != file_.metadata.end(), "the run there has no ", own(name), ", here it is '",
                       value, "'");
      check<DataError>(there->second == value, own(name), " was '", there->second, "', it is '", value,
                       "' now");
    }
    for (const auto& [name, value] : file_.metadata)
      if (name.starts_with(start) && name != start + history_name)
        check<DataError>(here.count(name) > 0, own(name), " was '", value, "', this run has no such option");
  }

  template <class State>
  void restore(State& state) {
    using File = detail::StateFile<typename State::Backend>;
    std::set<std::string> seen;
    try {
      check_options(state);
      File check_file(detail::Doing::check, file_, prefix(), seen);
      state.for_each_state(check_file);
      for (const Tensor& tensor : file_.tensors)
        check<DataError>(!tensor.name.starts_with(prefix()) || seen.count(tensor.name) > 0,
                         "there is a tensor '", tensor.name, "', which this run does not have");
    } catch (const DataError& error) {
      throw FileError("resume: '" + options_.path.string() + "': " + error.what());
    }
    File take_from_file(detail::Doing::take, file_, prefix(), seen);
    state.for_each_state(take_from_file);
  }

  template <class State>
  void save(State& state) {
    state.bring_together();
    state.group().together([&] { write(state); });
    if (!state.run().over) forget_from(run_);  // only finished runs are kept in memory
    saved_ = Clock::now();
  }

  template <class State>
  void write(State& state) {
    forget_from(run_);
    file_.metadata["kind"] = kind;
    file_.metadata["format"] = format;
    detail::Settings put(file_.metadata, prefix());
    state.for_each_option(put);
    std::set<std::string> seen;
    detail::StateFile<typename State::Backend> append(detail::Doing::write, file_, prefix(), seen);
    state.for_each_state(append);
    if (state.group().is_first()) write_safetensors(options_.path, file_);
  }

  // Keeps only what belongs to runs before `run`.
  void forget_from(int run) {
    const auto later = [&](const std::string& name) {
      for (int i = 0; i < run; ++i)
        if (name.starts_with("runs." + std::to_string(i) + '.')) return false;
      return true;
    };
    std::erase_if(file_.tensors, [&](const Tensor& tensor) { return later(tensor.name); });
    std::erase_if(file_.metadata, [&](const auto& word) { return later(word.first); });
  }

  CheckpointOptions options_;
  TensorFile file_;                         // what the file holds of finished runs, or what was read
  int run_ = -1;                            // the current run, counted over all runs of this object
  bool was_over_ = false, paused_ = false;  // the current run when it began, and some run
  Clock::time_point saved_;
};

}  // namespace harmonium
