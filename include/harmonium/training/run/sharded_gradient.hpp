/// \file
/// An update's gradient, computed in shards: each by an objective of its own, each by the process that it
/// belongs to, and added in the order of a fixed tree. One exchange of one buffer per update carries the
/// gradient, the layers' means and whether a process failed or was asked to pause.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
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

/// The shards of an objective `first`, which is that of shard 0 and handed to each function. Every process
/// has room for all of them, and computes its part.
template <class O>
class ShardedGradient {
  using Model = typename O::Model;
  using Options = typename O::Options;
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  using Gradient = Climbed<O>;

 public:
  /// \param gradient has the shape of those to come \param with_means are the layers' means over the batch
  /// needed as well?
  ShardedGradient(const B& on, Model& model, const Options& options, const Gradient& gradient,
                  bool with_means)
      : group_(options.shards.group),
        own_(part_of(options.shards.count, group_.size(), group_.rank())),
        with_means_(with_means && CenterableModel<Model>),
        tree_(options.shards.count) {
    more_.reserve(static_cast<std::size_t>(options.shards.count - 1));
    for (Index i = 0; i < options.shards.count; ++i) {
      options_.push_back(options_of_shard(options, i));
      if (i > 0) more_.emplace_back(on, model, options_.back());
    }
    // A process has at most this many sums at a time.
    std::size_t most = 1;
    ShardTree tree(options.shards.count);
    for (Index i = own_.first; i < own_.last; ++i) {
      most = std::max(most, tree.nodes().size() + 1);
      tree.push({i, i + 1}, [](std::size_t, std::size_t) {});
    }
    more_gradients_.assign(most - 1, zeros_like(gradient));
    rests_.resize(most);
    if constexpr (CenterableModel<Model>)
      if (with_means_)
        for (Rest& rest : rests_) rest.means = make_means(model);
    if (group_.size() > 1) {
      numbers_ = static_cast<Index>(scalars) + parameter_count(gradient);
      rests_[0].for_each_mean([&](ViewOf<B> x) { numbers_ += x.size(); });
      exchange_ = GroupSum<T>(group_, options.shards.count, numbers_);
    }
  }

  /// The options of shard `i`.
  const Options& options(Index i) const { return options_[static_cast<std::size_t>(i)]; }
  /// Calls f(objective, its options) for all shards. Those of other processes are not up to date.
  template <class F>
  void for_each(O& first, F f) {
    for (Index i = 0; i < count(); ++i) f(objective(first, i), options(i));
  }
  /// The layers' means over the last update's samples, times their weight.
  auto& means() { return rests_[0].means; }

  /// The gradient of an update. fill(objective, first, count) puts some of the batch's samples into an
  /// objective. \param pause was this process asked to? \throws what any process throws, in all of them
  template <class Fill>
  ShardedUpdate compute(const B& on, O& first, const Model& model, const Update& update, bool pause,
                        Fill fill, Gradient& gradient) {
    tree_.clear();
    std::exception_ptr error;
    for (Index i = own_.first; i < own_.last; ++i) {
      if (!error) try {
          compute_shard(on, first, model, update, i, sum(gradient, tree_.nodes().size()), fill);
        } catch (...) {
          error = std::current_exception();
        }
      tree_.push({i, i + 1},
                 [&](std::size_t to, std::size_t from) { add(on, sum(gradient, to), sum(gradient, from)); });
    }
    Rest& all = rests_[0];
    all.scalars[failed] = error ? T(1) : T(0);
    all.scalars[paused] = pause ? T(1) : T(0);
    if (group_.size() > 1) exchange(on, gradient);
    if (all.scalars[failed] != T(0)) group_.agree(error);
    return {static_cast<double>(all.scalars[weight]), all.scalars[paused] != T(0)};
  }

  /// Brings the objectives' states together: afterwards every process has all.
  void bring_together(const B& on, O& first) {
    if (group_.size() == 1) return;
    std::string own;
    StateBytes<B> write(own);
    for (Index i = own_.first; i < own_.last; ++i) visit_state(on, objective(first, i), write);
    const std::vector<std::string> all = group_.gather(own);
    for (int r = 0; r < group_.size(); ++r) {
      if (r == group_.rank()) continue;
      std::string_view rest = all[static_cast<std::size_t>(r)];
      StateBytes<B> take(rest);
      const ShardRange theirs = part_of(count(), group_.size(), r);
      for (Index i = theirs.first; i < theirs.last; ++i) visit_state(on, objective(first, i), take);
    }
  }
  /// The states of all shards but the first, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const B& on, F& f) {
    for (std::size_t i = 0; i < more_.size(); ++i)
      f("shards." + std::to_string(i + 1), StateOf{on, more_[i]});
  }
  /// An epoch's metrics, the same in all processes: report(objective, its options, metrics) adds those of one
  /// shard. If there are several processes, `exchange_seconds` is what the first has spent with the exchange
  /// of numbers since the last report, waiting for others included.
  template <class Report>
  void report(O& first, Metrics& metrics, Report report) {
    std::vector<Metrics> shards;
    for (Index i = own_.first; i < own_.last && (adds_up || i == 0); ++i)
      report(objective(first, i), options(i), shards.emplace_back());
    if (group_.size() > 1 && group_.is_first())
      shards.push_back({{"exchange_seconds", std::exchange(seconds_, 0)}});
    metrics = sum_of_metrics(group_, shards);
  }

 private:
  static constexpr bool adds_up = requires { requires O::adds_up; };
  static constexpr std::size_t weight = 0, failed = 1, paused = 2, scalars = 3;
  // What is summed besides gradients.
  struct Rest {
    MeansOf<Model> means;
    T scalars[3] = {};
    template <class F>
    void for_each_mean(F f) {
      if constexpr (CenterableModel<Model>) means.for_each_state([&](const char*, ViewOf<B> x) { f(x); });
    }
  };
  struct Sum {
    Gradient& gradient;
    Rest& rest;
    template <class F>
    void for_each_parameter(F f) const {
      harmonium::for_each_parameter([&](const ParameterName&, Role, ViewOf<B> x) { f(x); }, gradient);
    }
    template <class F>
    void for_each_view(F f) const {
      for_each_parameter(f);
      rest.for_each_mean(f);
    }
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
  static void visit_state(const B& on, O& objective, F& f) {
    StateOf{on, objective}.for_each_state(f);
  }
  Index count() const { return static_cast<Index>(options_.size()); }
  O& objective(O& first, Index i) { return i == 0 ? first : more_[static_cast<std::size_t>(i - 1)]; }
  // This process's node number `i`, from left to right; `gradient` is that of node 0.
  Sum sum(Gradient& gradient, std::size_t i) {
    return {i == 0 ? gradient : more_gradients_[i - 1], rests_[i]};
  }

  // A shard's gradient is that of its own samples; it counts as their part of the batch.
  template <class Fill>
  void compute_shard(const B& on, O& first, const Model& model, const Update& update, Index i, const Sum& sum,
                     Fill& fill) {
    const ShardRange part = part_of(update.samples, count(), i);
    const Index n = part.count();
    sum.rest.for_each_mean([&](ViewOf<B> x) { on.fill(x, 0); });
    std::fill(std::begin(sum.rest.scalars), std::end(sum.rest.scalars), T(0));
    if (n == 0) return set_zero(on, sum.gradient);  // the last batch of an epoch may be very short
    O& own = objective(first, i);
    fill(own, part.first, n);
    Update its = update;
    its.samples = n;
    if (!its.weights.empty())
      its.weights = its.weights.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(n));
    own.set_gradient(on, options(i), model, its, sum.gradient);
    const T share = static_cast<T>(n) / static_cast<T>(update.samples);
    sum.for_each_parameter([&](ViewOf<B> x) { on.update(ScaleBy<T>{share}, x); });
    if constexpr (SeesStates<O>) {
      const auto batch = own.batch();
      sum.rest.scalars[weight] = share * static_cast<T>(batch.total);
      if constexpr (CenterableModel<Model>)
        if (with_means_) {
          if (shares_.cols() < n) shares_ = Matrix<B>(1, n);
          const auto shares = view_of(shares_).columns(0, n);
          on.update(SetToMultiple<T>{share}, shares, batch.shares);
          track_means(on, model, batch.states, ConstViewOf<B>(shares), T(1), sum.rest.means, batch.work);
        }
    }
  }
  static void add(const B& on, const Sum& to, const Sum& from) {
    for_each_parameter([&](const ParameterName&, Role, auto x, auto y) { on.update(Add{}, x, y); },
                       to.gradient, std::as_const(from.gradient));
    if constexpr (CenterableModel<Model>)
      for_each_pair_of_means(to.rest.means, from.rest.means,
                             [&](ViewOf<B> x, ViewOf<B> y) { on.update(Add{}, x, ConstViewOf<B>(y)); });
    for (std::size_t k = 0; k < scalars; ++k) to.rest.scalars[k] += from.rest.scalars[k];
  }
  void exchange(const B& on, Gradient& gradient) {
    const Timer timer;
    for (std::size_t i = 0; i < tree_.nodes().size(); ++i) {
      T* to = exchange_.node(i).data();
      sum(gradient, i).for_each_view([&](ViewOf<B> x) {
        on.download(x, View<T>(to, x.rows, x.cols, x.rows));
        to += x.size();
      });
      std::copy(std::begin(rests_[i].scalars), std::end(rests_[i].scalars), to);
    }
    const T* from = exchange_.sum().data();
    sum(gradient, 0).for_each_view([&](ViewOf<B> x) {
      on.upload(View<const T>(from, x.rows, x.cols, x.rows), x);
      from += x.size();
    });
    std::copy(from, from + scalars, std::begin(rests_[0].scalars));
    seconds_ += timer.seconds();
  }

  ProcessGroup group_;
  ShardRange own_;
  bool with_means_;
  std::vector<Options> options_;  // by shard
  std::vector<O> more_;           // the objectives of shards 1, 2, ...
  ShardTree tree_;
  std::vector<Gradient> more_gradients_;  // of this process's nodes 1, 2, ...
  std::vector<Rest> rests_;               // of its nodes
  Matrix<B> shares_;
  Index numbers_ = 0;
  GroupSum<T> exchange_;
  double seconds_ = 0;
};

}  // namespace harmonium::detail
