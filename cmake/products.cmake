# What multiplies matrices in single precision. Adds to the target `harmonium`, for builds of this tree only:
# an installed harmonium uses Eigen unless its user defines HARMONIUM_ONEDNN or HARMONIUM_OPENBLAS and links
# the library.
set(HARMONIUM_BLAS eigen CACHE STRING "Matrix products by: auto (the fastest available), eigen, openblas, onednn")
set_property(CACHE HARMONIUM_BLAS PROPERTY STRINGS auto eigen openblas onednn)
if(NOT HARMONIUM_BLAS MATCHES "^(auto|eigen|openblas|onednn)$")
  message(FATAL_ERROR "HARMONIUM_BLAS is '${HARMONIUM_BLAS}', expected auto, eigen, openblas or onednn")
endif()

set(products Eigen)
if(HARMONIUM_BLAS MATCHES "auto|onednn")
  if(HARMONIUM_BLAS STREQUAL "onednn")
    find_package(dnnl REQUIRED)
  else()
    find_package(dnnl QUIET)
  endif()
  if(dnnl_FOUND)
    # Linked and run, since an installed library may still lack a dependency of its own (OpenMP, OpenCL).
    include(CheckCXXSourceRuns)
    set(CMAKE_REQUIRED_LIBRARIES DNNL::dnnl gomp)
    set(CMAKE_REQUIRED_LINK_OPTIONS "$<$<BOOL:${HARMONIUM_SYSROOT}>:LINKER:--disable-new-dtags>")
    check_cxx_source_runs("
      #include <dnnl.h>
      extern \"C\" void omp_set_num_threads(int);
      int main() {
        omp_set_num_threads(1);
        const float a = 2, b = 3;
        float c = 0;
        return dnnl_sgemm('N', 'N', 1, 1, 1, 1, &a, 1, &b, 1, 0, &c, 1) != dnnl_success || c != 6;
      }" HARMONIUM_ONEDNN_RUNS)
    unset(CMAKE_REQUIRED_LIBRARIES)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(HARMONIUM_ONEDNN_RUNS)
      set(products oneDNN)
      target_compile_definitions(harmonium INTERFACE $<BUILD_INTERFACE:HARMONIUM_ONEDNN>)
      target_link_libraries(harmonium INTERFACE $<BUILD_INTERFACE:DNNL::dnnl> $<BUILD_INTERFACE:gomp>)
    elseif(HARMONIUM_BLAS STREQUAL "onednn")
      message(FATAL_ERROR "HARMONIUM_BLAS is onednn, but a program linked with ${dnnl_LIBRARY} and gomp does not run")
    endif()
  endif()
endif()
if(products STREQUAL "Eigen" AND HARMONIUM_BLAS MATCHES "auto|openblas")
  find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-serial openblas-pthread openblas-openmp)
  mark_as_advanced(OPENBLAS_LIBRARY)
  if(OPENBLAS_LIBRARY)
    set(products OpenBLAS)
    target_compile_definitions(harmonium INTERFACE $<BUILD_INTERFACE:HARMONIUM_OPENBLAS>)
    target_link_libraries(harmonium INTERFACE $<BUILD_INTERFACE:${OPENBLAS_LIBRARY}>)
  elseif(HARMONIUM_BLAS STREQUAL "openblas")
    message(FATAL_ERROR "HARMONIUM_BLAS is openblas, but OpenBLAS was not found (Debian: libopenblas-dev)")
  endif()
endif()
message(STATUS "harmonium: matrix products by ${products}")
