/// \file
/// An update's gradient, computed in shards: each by an objective of its own, each by the process that it
/// belongs to, and added in the order of a fixed tree. One exchange of one buffer per update carries the
/// gradient, the layers' means and whether a process failed or was asked to pause.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "../../core/timer.hpp"
#include "../gradient/centered_gradient.hpp"
#include "../objective.hpp"
#include "shards.hpp"
#include "state_bytes.hpp"

namespace harmonium::detail {

/// What an update came to.
struct ShardedUpdate {
  double total = 1;    ///< weight of its samples
  bool pause = false;  ///< was any process asked to?
};

/// Metrics of an epoch, by name.
using Metrics = std::vector<std::pair<std::string, double>>;

/// The metrics of all shards of all processes, added by name in the order of shards.
inline Metrics sum_of_metrics(const ProcessGroup& group, const std::vector<Metrics>& own) {
  std::string bytes;
  for (const Metrics& metrics : own)
    for (const auto& [name, value] : metrics) {
      bytes += name + '\n';
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  Metrics sums;
  for (const std::string& all : group.gather(bytes))
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at);
      const std::string name = all.substr(at, end - at);
      double value = 0;
      std::memcpy(&value, all.data() + end + 1, sizeof value);
      at = end + 1 + sizeof value;
      const auto same = [&](const auto& metric) { return metric.first == name; };
      const auto known = std::find_if(sums.begin(), sums.end(), same);
      if (known == sums.end()) {
        sums.emplace_back(name, value);
      } else {
        known->second += value;
      }
    }
  return sums;
}

/// The shards of an objective. Every process has room for all of them, and computes its part.
template <class O>
class ShardedGradient {
  using Model = typename O::Model;
  using Options = typename O::Options;
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  using Gradient = Climbed<O>;

 public:
  /// \param first the objective of shard 0 \param gradient where the sum will be \param with_means are the
  /// layers' means over the batch needed as well? All must outlive this.
  ShardedGradient(const B& on, Model& model, const Options& options, O& first, Gradient& gradient,
                  bool with_means)
      : group_(options.shards.group),
        own_(part_of(options.shards.count, group_.size(), group_.rank())),
        with_means_(with_means && CenterableModel<Model>),
        tree_(options.shards.count) {
    for (Index i = 0; i < options.shards.count; ++i) {
      options_.push_back(std::make_unique<Options>(options_of_shard(options, i)));
      if (i > 0) more_.push_back(std::make_unique<O>(on, model, *options_.back()));
      objectives_.push_back(i == 0 ? &first : more_.back().get());
    }
    // A process has at most this many sums at a time.
    std::size_t most = 1;
    ShardTree tree(options.shards.count);
    for (Index i = own_.first; i < own_.last; ++i) {
      most = std::max(most, tree.nodes().size() + 1);
      tree.push({i, i + 1}, [](std::size_t, std::size_t) {});
    }
    for (std::size_t i = 0; i < most; ++i) {
      sums_.push_back(std::make_unique<Sum>());
      Sum& sum = *sums_.back();
      if (i > 0) sum.own = std::make_unique<Gradient>(zeros_like(gradient));
      sum.gradient = i == 0 ? &gradient : sum.own.get();
      for_each_parameter([&](const ParameterName&, Role, ViewOf<B> x) { sum.parameters.push_back(x); },
                         *sum.gradient);
      if constexpr (CenterableModel<Model>)
        if (with_means_) {
          sum.means = make_means(model);
          sum.means.for_each_state([&](const char*, ViewOf<B> x) { sum.mean_views.push_back(x); });
        }
    }
    if (group_.size() > 1) {
      numbers_ = scalars;
      for_each_view(*sums_[0], [&](ViewOf<B> x) { numbers_ += x.size(); });
      exchange_ = GroupSum<T>(group_, options.shards.count, numbers_);
    }
  }

  /// The objectives, by shard. Those of other processes are not up to date.
  const std::vector<O*>& objectives() const { return objectives_; }
  /// The options of shard `i`.
  const Options& options(Index i) const { return *options_[static_cast<std::size_t>(i)]; }
  /// The shards of this process.
  ShardRange own() const { return own_; }
  /// The layers' means over the last update's samples, times their weight.
  auto& means() { return sums_[0]->means; }

  /// The gradient of an update. fill(objective, first, count) puts some of the batch's samples into an
  /// objective. \param pause was this process asked to? \throws what any process throws, in all of them
  template <class Fill>
  ShardedUpdate compute(const B& on, const Model& model, const Update& update, bool pause, Fill fill) {
    tree_.clear();
    std::exception_ptr error;
    for (Index i = own_.first; i < own_.last; ++i) {
      Sum& sum = *sums_[tree_.nodes().size()];
      if (!error) try {
          compute_shard(on, model, update, i, sum, fill);
        } catch (...) {
          error = std::current_exception();
        }
      tree_.push({i, i + 1}, [&](std::size_t to, std::size_t from) { add(on, *sums_[to], *sums_[from]); });
    }
    Sum& all = *sums_[0];
    all.scalars[failed] = error ? T(1) : T(0);
    all.scalars[paused] = pause ? T(1) : T(0);
    if (group_.size() > 1) exchange(on);
    if (all.scalars[failed] != T(0)) group_.agree(error);
    return {static_cast<double>(all.scalars[weight]), all.scalars[paused] != T(0)};
  }

  /// Brings the objectives' states together: afterwards every process has all.
  void bring_together(const B& on) {
    if (group_.size() == 1) return;
    std::string own;
    StateBytes<B> write(own);
    for (Index i = own_.first; i < own_.last; ++i) visit_state(on, i, write);
    const std::vector<std::string> all = group_.gather(own);
    for (int r = 0; r < group_.size(); ++r) {
      if (r == group_.rank()) continue;
      std::string_view rest = all[static_cast<std::size_t>(r)];
      StateBytes<B> take(rest);
      const ShardRange theirs = part_of(static_cast<Index>(objectives_.size()), group_.size(), r);
      for (Index i = theirs.first; i < theirs.last; ++i) visit_state(on, i, take);
    }
  }
  /// The states of all shards but the first, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const B& on, F& f) {
    for (std::size_t i = 1; i < objectives_.size(); ++i)
      f("shards." + std::to_string(i), StateOf{on, *objectives_[i]});
  }
  /// An epoch's metrics, the same in all processes: report(objective, its options, metrics) adds those of one
  /// shard. If there are several processes, `exchange_seconds` is what the first has spent with the exchange
  /// of numbers since the last report, waiting for others included.
  template <class Report>
  void report(Metrics& metrics, Report report) {
    std::vector<Metrics> shards;
    for (Index i = own_.first; i < own_.last && (adds_up || i == 0); ++i)
      report(*objectives_[static_cast<std::size_t>(i)], options(i), shards.emplace_back());
    if (group_.size() > 1 && group_.is_first())
      shards.push_back({{"exchange_seconds", std::exchange(seconds_, 0)}});
    metrics = sum_of_metrics(group_, shards);
  }

 private:
  static constexpr bool adds_up = requires { requires O::adds_up; };
  static constexpr std::size_t weight = 0, failed = 1, paused = 2, scalars = 3;
  struct Sum {
    std::unique_ptr<Gradient> own;
    Gradient* gradient = nullptr;
    MeansOf<Model> means;
    std::vector<ViewOf<B>> parameters, mean_views;
    T scalars[3] = {};
  };
  struct StateOf {
    const B& on;
    O& objective;
    template <class F>
    void for_each_state(F&& f) const {
      if constexpr (requires { objective.for_each_state(on, f); }) objective.for_each_state(on, f);
    }
  };

  template <class F>
  static void for_each_view(const Sum& sum, F f) {
    for (const ViewOf<B> x : sum.parameters) f(x);
    for (const ViewOf<B> x : sum.mean_views) f(x);
  }
  template <class F>
  void visit_state(const B& on, Index i, F& f) {
    StateOf{on, *objectives_[static_cast<std::size_t>(i)]}.for_each_state(f);
  }

  // A shard's gradient is that of its own samples; it counts as their part of the batch.
  template <class Fill>
  void compute_shard(const B& on, const Model& model, const Update& update, Index i, Sum& sum, Fill& fill) {
    const ShardRange part = part_of(update.samples, static_cast<Index>(objectives_.size()), i);
    const Index n = part.count();
    for (const ViewOf<B> x : sum.mean_views) on.fill(x, 0);
    std::fill(std::begin(sum.scalars), std::end(sum.scalars), T(0));
    if (n == 0) {  // the last batch of an epoch may be very short
      for (const ViewOf<B> x : sum.parameters) on.fill(x, 0);
      return;
    }
    O& objective = *objectives_[static_cast<std::size_t>(i)];
    fill(objective, part.first, n);
    Update own = update;
    own.samples = n;
    if (!own.weights.empty())
      own.weights = own.weights.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(n));
    objective.set_gradient(on, options(i), model, own, *sum.gradient);
    const T share = static_cast<T>(n) / static_cast<T>(update.samples);
    for (const ViewOf<B> x : sum.parameters) on.update(ScaleBy<T>{share}, x);
    if constexpr (SeesStates<O>) {
      const auto batch = objective.batch();
      sum.scalars[weight] = share * static_cast<T>(batch.total);
      if constexpr (CenterableModel<Model>)
        if (with_means_) {
          if (shares_.cols() < n) shares_ = Matrix<B>(1, n);
          const auto shares = view_of(shares_).columns(0, n);
          on.update(SetToMultiple<T>{share}, shares, batch.shares);
          track_means(on, model, batch.states, ConstViewOf<B>(shares), T(1), sum.means, batch.work);
        }
    }
  }
  static void add(const B& on, Sum& to, const Sum& from) {
    for (std::size_t k = 0; k < to.parameters.size(); ++k)
      on.update(Add{}, to.parameters[k], ConstViewOf<B>(from.parameters[k]));
    for (std::size_t k = 0; k < to.mean_views.size(); ++k)
      on.update(Add{}, to.mean_views[k], ConstViewOf<B>(from.mean_views[k]));
    for (std::size_t k = 0; k < scalars; ++k) to.scalars[k] += from.scalars[k];
  }
  void exchange(const B& on) {
    const Timer timer;
    for (std::size_t i = 0; i < tree_.nodes().size(); ++i) {
      T* to = exchange_.node(i).data();
      for_each_view(*sums_[i], [&](ViewOf<B> x) {
        on.download(x, View<T>(to, x.rows, x.cols, x.rows));
        to += x.size();
      });
      std::copy(std::begin(sums_[i]->scalars), std::end(sums_[i]->scalars), to);
    }
    const T* from = exchange_.sum().data();
    for_each_view(*sums_[0], [&](ViewOf<B> x) {
      on.upload(View<const T>(from, x.rows, x.cols, x.rows), x);
      from += x.size();
    });
    std::copy(from, from + scalars, std::begin(sums_[0]->scalars));
    seconds_ += timer.seconds();
  }

  ProcessGroup group_;
  ShardRange own_;
  bool with_means_;
  std::vector<std::unique_ptr<Options>> options_;
  std::vector<std::unique_ptr<O>> more_;
  std::vector<O*> objectives_;
  ShardTree tree_;
  std::vector<std::unique_ptr<Sum>> sums_;  // of this process's nodes, from left to right
  Matrix<B> shares_;
  Index numbers_ = 0;
  GroupSum<T> exchange_;
  double seconds_ = 0;
};

}  // namespace harmonium::detail
