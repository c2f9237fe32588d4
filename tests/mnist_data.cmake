# What cmake/mnist_data.cmake can be asked without a network.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/home" "${WORK}/folder")

function(run)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env --unset=MNIST_DIR HOME=${WORK}/home XDG_CACHE_HOME=${WORK}/cache ${ARGN}
      ${CMAKE_COMMAND} -D OUT=${WORK}/out -D OFFLINE=ON -P ${SCRIPT}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(status EQUAL 0)
    message(FATAL_ERROR "success without data:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect)
  foreach(words IN LISTS ARGN)
    string(FIND "${output}" "${words}" at)
    if(at LESS 0)
      message(FATAL_ERROR "'${words}' is not in the message:\n${output}")
    endif()
  endforeach()
endfunction()

# Nothing anywhere: the message names the four files, where to put them, and the variable.
run()
expect(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte
  "${WORK}/cache/harmonium/mnist" MNIST_DIR)

# Files that are not MNIST's, plain and packed: named, and not used.
file(WRITE "${WORK}/folder/train-images-idx3-ubyte" "not images")
file(WRITE "${WORK}/folder/t10k-labels-idx1-ubyte.gz" "not even packed")
run(MNIST_DIR=${WORK}/folder)
expect("CMake Warning" "train-images-idx3-ubyte, t10k-labels-idx1-ubyte.gz" "SHA-256")
file(GLOB_RECURSE used "${WORK}/out/*")
if(used)
  message(FATAL_ERROR "these were used: ${used}")
endif()

# A folder without the files.
run(MNIST_DIR=${WORK}/home)
expect("CMake Warning" "lacks")
