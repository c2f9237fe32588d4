/// \file
/// The option that cuts an update into parts, and what each part's options are. A shard is a smaller batch
/// with chains and random numbers of its own, so that what is learned depends on the number of shards, and
/// neither on that of the processes that share them nor on which of them computes which.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/policy.hpp"
#include "../../core/random.hpp"
#include "../../core/shard_tree.hpp"
#include "../../data/batch_source.hpp"

namespace harmonium {

/// How an update is cut, and who computes it.
struct Shards {
  Index count = 1;          ///< parts of each batch, and of the chains; at least the number of processes
  ProcessGroup group = {};  ///< the processes that share them: results do not depend on it
};

/// The number of shards among the options of a run (training/run/option_words.hpp), if there are several. Who
/// computes them is none: a run may go on with another number of processes.
template <class F>
void name_shards(F&& f, const Shards& shards) {
  if (shards.count != 1) f("shards", shards.count);
}

namespace detail {

template <class Options>
inline constexpr bool has_shards = requires(const Options& options) {
  options.shards;
};
/// The number of shards that options ask for: 1 if they have no such option.
template <class Options>
Index shard_count(const Options& options) {
  if constexpr (has_shards<Options>) return options.shards.count;
  return 1;
}
/// The processes that options name.
template <class Options>
ProcessGroup group_of(const Options& options) {
  if constexpr (has_shards<Options>) return options.shards.group;
  return {};
}

/// Some of a batch's samples, with all that comes with them.
template <class T, class Memory>
Batch<T, Memory> columns_of(const Batch<T, Memory>& batch, Index first, Index count) {
  const auto cut = [&](auto all) {
    return all.empty() ? all : all.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  };
  const auto view = [&](auto all) { return all.cols == 0 ? all : all.columns(first, count); };
  return {view(batch.values), cut(batch.labels), cut(batch.weights), view(batch.known), view(batch.targets)};
}

/// \throws ValueError if there are fewer shards than processes, or more than samples in a batch or chains
template <class Options>
void check_shards(const char* trainer, const Options& options) {
  const Index count = options.shards.count;
  check<ValueError>(count >= 1 && count <= options.batch_size, trainer, ": shards.count is ", count,
                    ", expected at least 1 and at most ", options.batch_size, " (batch_size)");
  check<ValueError>(count >= options.shards.group.size(), trainer, ": shards.count is ", count,
                    ", expected at least ", options.shards.group.size(), ", the number of processes");
  if constexpr (requires { options.chains; })
    if (count > 1)
      visit_policy(
          [&](const auto& policy) {
            if constexpr (requires { policy.chains; })
              check<ValueError>(policy.chains >= count, trainer, ": there are ", policy.chains,
                                " chains for ", count, " shards (shards.count), expected at least as many");
          },
          options.chains);
}

/// The options of shard `i`: its part of the batch and of the chains, and its seed.
template <class Options>
Options options_of_shard(const Options& options, Index i) {
  Options own = options;
  if constexpr (has_shards<Options>) {
    const Index count = options.shards.count;
    if (count == 1) return own;
    own.shards = {};
    own.batch_size = (options.batch_size + count - 1) / count;
    if (i > 0) own.seed = seed_for(options.seed, SeedFor::shard, static_cast<std::uint32_t>(i));
    if constexpr (requires { own.chains; })
      visit_policy(
          [&](auto& policy) {
            if constexpr (requires { policy.chains; })
              policy.chains = part_of(policy.chains, count, i).count();
          },
          own.chains);
  }
  return own;
}

}  // namespace detail
}  // namespace harmonium
