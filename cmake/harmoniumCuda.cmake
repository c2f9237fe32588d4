# harmonium_enable_cuda() creates the target harmonium::cuda: the device code of everything bundled, compiled
# by nvcc in the caller's build. Call it at file scope; it is a macro because a function cannot enable a
# language.
#
# The target also carries what a consumer's own .cu files need. CMAKE_CUDA_ARCHITECTURES, if set before,
# selects the devices; the default is all from sm_75 on, plus PTX for later ones.
set(_harmonium_cuda_folder "${CMAKE_CURRENT_LIST_DIR}")

macro(harmonium_enable_cuda)
  if(NOT TARGET harmonium::cuda)
    if(NOT CMAKE_CUDA_COMPILER)
      find_program(_harmonium_nvcc nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
      mark_as_advanced(_harmonium_nvcc)
      if(NOT _harmonium_nvcc)
        message(FATAL_ERROR "harmonium::cuda needs nvcc: install the CUDA toolkit, or set CMAKE_CUDA_COMPILER")
      endif()
      set(CMAKE_CUDA_COMPILER "${_harmonium_nvcc}" CACHE FILEPATH "CUDA compiler")
    endif()
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90 100-real 120)
    endif()
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    foreach(_harmonium_include IN ITEMS "${_harmonium_cuda_folder}/../include" "${_harmonium_cuda_folder}/../../../include")
      if(EXISTS "${_harmonium_include}/harmonium/cuda.hpp")
        file(GLOB _harmonium_cuda_files "${_harmonium_include}/harmonium/cuda/*.cu")
        break()
      endif()
    endforeach()
    add_library(harmonium_cuda STATIC ${_harmonium_cuda_files})
    add_library(harmonium::cuda ALIAS harmonium_cuda)
    # The runtime is set explicitly, since a parent project without CUDA would not link it.
    set_target_properties(harmonium_cuda PROPERTIES CUDA_RUNTIME_LIBRARY Shared POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(harmonium_cuda PUBLIC harmonium::harmonium CUDA::cudart CUDA::cublas)
    target_compile_definitions(harmonium_cuda PUBLIC HARMONIUM_CUDA)
    # Without contraction of a * b + c, element-wise results have the same bits as on the CPU.
    target_compile_options(harmonium_cuda PUBLIC
      "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>" "$<$<COMPILE_LANGUAGE:CUDA>:-fmad=false>")
    if("cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
      target_compile_features(harmonium_cuda PUBLIC cuda_std_20)
    else()                                     # CMake 3.25.1 does not support it
      target_compile_options(harmonium_cuda PUBLIC "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")
    endif()
  endif()
endmacro()
