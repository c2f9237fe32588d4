# Writes OUT, a file for ctest with every test case of PROGRAM; see tests/CMakeLists.txt.
cmake_minimum_required(VERSION 3.25)
if(CATCH2_VERSION VERSION_LESS 3)
  set(list --list-test-names-only)
else()
  set(list --list-tests --verbosity quiet)
endif()
set(script "")
foreach(label IN ITEMS fast slow)
  if(label STREQUAL "slow")
    set(tests "[slow]")
  else()
    set(tests "~[slow]")
  endif()
  execute_process(COMMAND "${PROGRAM}" ${list} "${tests}"
    OUTPUT_VARIABLE names ERROR_VARIABLE errors RESULT_VARIABLE status)
  # In version 2 the status is the number of tests; after a crash it is a word.
  if(NOT status MATCHES "^[0-9]+$")
    message(FATAL_ERROR "${PROGRAM} does not list its tests: ${status}\n${errors}")
  endif()
  while(TRUE)                                  # not as a list: brackets and semicolons are special in CMake lists
    string(FIND "${names}" "\n" end)
    if(end LESS 0)
      break()
    endif()
    string(SUBSTRING "${names}" 0 ${end} name)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${names}" ${end} -1 names)
    # Catch2 treats a name as a pattern, and version 2 reports success if nothing matches.
    string(REGEX REPLACE "([][\\,\"~])" "\\\\\\1" pattern "${name}")
    string(APPEND script "add_test([==[${name}]==] [==[${PROGRAM}]==] [==[${pattern}]==] --warn NoAssertions)\n"
      "set_tests_properties([==[${name}]==] PROPERTIES LABELS ${label} FAIL_REGULAR_EXPRESSION \"No tests ran\""
      " SKIP_REGULAR_EXPRESSION \"SKIPPED: \")\n")
  endwhile()
endforeach()
if(script STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} has no tests")
endif()
file(WRITE "${OUT}" "${script}")
