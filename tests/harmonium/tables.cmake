# Tables that scikit-learn brings along: see sklearn_tables.py. Skipped where there is no scikit-learn.
#   cmake -D PROGRAM=<harmonium> -D WORK=<folder> -P tables.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
include("${CMAKE_CURRENT_LIST_DIR}/../support/find_python.cmake")
find_python(python "numpy, sklearn")
if(NOT python)
  message("SKIPPED: there is no Python with scikit-learn")
  return()
endif()
# Digits take as long as all others together, and are far above their bound: once.
execute_process(COMMAND ${python} -I "${CMAKE_CURRENT_LIST_DIR}/sklearn_tables.py" "${PROGRAM}" "${WORK}"
    "digits:1" "breast cancer" wine iris diabetes anomalies
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "a table was learned worse than it should be")
endif()
