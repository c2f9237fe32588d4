#!/usr/bin/env bash
# Everything that needs a GPU, in one go: builds, runs all tests of the CUDA backend, learns MNIST, and measures.
# Needs this tree, nvcc, CMake, Ninja, a GPU; Eigen, Catch2 and the libraries of harmonium::io where CMake finds them
# (CMAKE_PREFIX_PATH says where else), and MNIST in MNIST_DIR. Never the network. Writes RESULTS/results.json.
#
#   MNIST_DIR=/data/mnist tests/cuda/run_on_gpu.sh [RESULTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
results=$(mkdir -p "${1:-build/gpu/results}" && cd "${1:-build/gpu/results}" && pwd)
build=build/gpu
start=$SECONDS
say() { printf '=== %s (%d s)\n' "$*" $((SECONDS - start)); }

# For the device at hand alone, so that the build takes a minute.
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)
say "build for sm_$architecture"
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DHARMONIUM_CUDA=ON -DHARMONIUM_TESTS=OFF \
  -DHARMONIUM_NATIVE=ON -DCMAKE_CUDA_ARCHITECTURES="$architecture" >"$results/configure.log"
cmake --build $build --target harmonium_cuda cuda-tests mnist >"$results/build.log"

status=0
say "tests"
$build/tests/cuda/cuda_host_tests | tee "$results/host_tests.log" || status=1
$build/tests/cuda/cuda_gpu_tests --durations yes | tee "$results/gpu_tests.log" || status=1
if command -v compute-sanitizer >/dev/null; then
  say "compute-sanitizer"
  timeout 120 compute-sanitizer --error-exitcode 1 $build/tests/cuda/cuda_gpu_tests "products*,*same bytes*" \
    >"$results/sanitizer.log" 2>&1 && echo "no error" || { status=1; tail -20 "$results/sanitizer.log"; }
fi

mnist='{}'
if [[ -n ${MNIST_DIR:-} ]]; then
  say "mnist"
  $build/bin/mnist --backend cuda --output "$results/mnist" | tail -1 || status=1
  [[ -e $results/mnist/metrics.json ]] && mnist=$(cat "$results/mnist/metrics.json")
fi

peers=()
if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
  say "PyTorch"
  timeout 150 python3 tests/cuda/gpu/torch_peer.py "$results/torch.json" && peers=("$results/torch.json")
fi
say "benchmark"
timeout 200 $build/tests/cuda/cuda_benchmark "$results/benchmark.json" "${peers[@]}" || status=1

passed=$([[ $status == 0 ]] && echo true || echo false)
printf '{\n"all_passed": %s,\n"mnist": %s,\n"benchmark": %s,\n"torch": %s\n}\n' "$passed" "$mnist" \
  "$(cat "$results/benchmark.json" 2>/dev/null || echo '{}')" \
  "$(cat "$results/torch.json" 2>/dev/null || echo '{}')" >"$results/results.json"
say "all; results are in $results/results.json"
exit $status
