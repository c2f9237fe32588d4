# Installs the package, then builds and runs the project next to this file with it.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../../support/run.cmake")
file(REMOVE_RECURSE "${WORK}")
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
set(ENV{CMAKE_PREFIX_PATH} "${WORK}/prefix:${PREFIXES}:$ENV{CMAKE_PREFIX_PATH}")
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
  -DCMAKE_CUDA_COMPILER=${NVCC} -DCMAKE_CUDA_ARCHITECTURES=90-real)
run(${CMAKE_COMMAND} --build ${WORK}/build --parallel 2)
run(${WORK}/build/consumer)
if(NOT output MATCHES "trained, the norm is [0-9]|compute with Cpu")
  message(FATAL_ERROR "the consumer says: ${output}")
endif()
