#!/usr/bin/env bash
# Everything that needs a GPU, in one go: builds, runs all tests of the CUDA backend, learns MNIST, and
# measures. Takes at most 10 minutes and never uses the network. Prints a table, and writes
# RESULTS/results.json in any case.
#
#   MNIST_DIR=/data/mnist tests/cuda/run_on_gpu.sh [RESULTS]
#
# Needs this tree, nvcc with cuBLAS, CMake, a C++ compiler and a GPU; Eigen and Catch2 where CMake finds them
# (CMAKE_PREFIX_PATH adds places). MNIST is learned if MNIST_DIR names the folder of its four files and the
# dependencies of the program mnist are found (CLI11, nlohmann-json, stb, zlib); PyTorch is measured if
# python3 has it, and compute-sanitizer is run if it is installed. What could not be done is reported, and is
# null in the results.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "${1:-build/gpu/results}"
results=$(cd "${1:-build/gpu/results}" && pwd)
build=build/gpu
start=$SECONDS
failed=()
say() { printf '=== %s (%d s)\n' "$*" $((SECONDS - start)); }

# limited <seconds> <command...>: at most that long, and never beyond ten minutes in total.
limited() {
  local left=$((590 - (SECONDS - start))) limit=$1
  shift
  ((limit < left)) || limit=$left
  ((limit > 0)) || return 124
  timeout "$limit" "$@"
}

# check <name> <seconds> <command...>: writes its output to a file and, if it fails, shows the end of it.
check() {
  local name=$1 status=0
  shift
  say "$name"
  limited "$@" >"$results/$name.log" 2>&1 || status=$?
  [[ $status == 0 ]] || { failed+=("$name"); tail -n 25 "$results/$name.log"; echo "$name: failed ($status)"; }
  return $status
}

whole() { if [[ -s $1 ]]; then cat "$1"; else echo null; fi; }    # a JSON file, or null
finish() {
  local passed=true
  ((${#failed[@]} == 0)) || passed=false
  printf '{\n"all_passed": %s,\n"failed": "%s",\n"seconds": %d,\n"mnist": %s,\n"benchmark": %s,\n"torch": %s\n}\n' \
    "$passed" "${failed[*]:-}" $((SECONDS - start)) "$(whole "$results/mnist/metrics.json")" \
    "$(whole "$results/benchmark.json")" "$(whole "$results/torch.json")" >"$results/results.json"
  say "all; failed: ${failed[*]:-nothing}; results are in $results/results.json"
  [[ $passed == true ]]
}
rm -rf "$results"/{mnist,benchmark.json,torch.json,results.json}

if ! command -v nvcc >/dev/null && [[ ! -x ${CUDA_HOME:-/usr/local/cuda}/bin/nvcc ]]; then
  echo "run_on_gpu.sh: nvcc was not found: install the CUDA toolkit, or set CUDA_HOME to its folder" >&2
  exit 2
fi
# For this device only, so that the build takes a minute or two.
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -dc 0-9 || true)
options=(-DCMAKE_BUILD_TYPE=Release -DHARMONIUM_CUDA=ON -DHARMONIUM_TESTS=OFF -DHARMONIUM_INSTALL=OFF
  -DHARMONIUM_NATIVE=ON "-DCMAKE_CUDA_ARCHITECTURES=${architecture:-native}")
command -v ninja >/dev/null && options+=(-G Ninja)
targets=(harmonium_cuda cuda-tests mnist)
if ! check configure 60 cmake -S . -B $build "${options[@]}"; then
  failed=()
  echo "without the program mnist and its dependencies:"
  rm -rf $build/CMakeCache.txt $build/CMakeFiles
  targets=(harmonium_cuda cuda-tests)
  check configure 60 cmake -S . -B $build "${options[@]}" -DHARMONIUM_IO=OFF -DHARMONIUM_EXAMPLES=OFF || { finish; exit; }
fi
check build 300 cmake --build $build --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" --target "${targets[@]}" || { finish; exit; }
tests=$build/tests/cuda

check host_tests 60 $tests/cuda_host_tests || true
check gpu_tests 120 $tests/cuda_gpu_tests --durations yes || true
grep -m 1 '^on ' "$results/gpu_tests.log" || true
if grep -q SKIPPED "$results/gpu_tests.log"; then
  check no_device 20 $tests/cuda_no_device || true
  failed+=("there is no device")
  finish
  exit
fi

if command -v compute-sanitizer >/dev/null; then
  check compute_sanitizer 120 compute-sanitizer --error-exitcode 1 $tests/cuda_gpu_tests || true
else
  echo "compute-sanitizer: not found"
fi

if [[ -z ${MNIST_DIR:-} || ! -x $build/bin/mnist ]]; then
  echo "mnist: not run, since MNIST_DIR is not set or a dependency was not found"
elif check mnist 120 $build/bin/mnist --backend cuda --data "$MNIST_DIR" --output "$results/mnist"; then
  tail -n 1 "$results/mnist.log"
fi

if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
  check pytorch 120 python3 tests/cuda/gpu/torch_peer.py "$results/torch.json" || true
else
  echo "PyTorch: python3 has no version with CUDA"
fi

say benchmark
limited 240 $tests/cuda_benchmark "$results/benchmark.json" "$results/torch.json" || failed+=(benchmark)
finish
