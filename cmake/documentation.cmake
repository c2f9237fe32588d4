# Target `docs`: the reference as HTML in docs/html of the build folder, if Doxygen is installed. Warnings are
# errors.
find_program(HARMONIUM_DOXYGEN doxygen)
mark_as_advanced(HARMONIUM_DOXYGEN)
if(HARMONIUM_DOXYGEN)
  configure_file(cmake/Doxyfile.in Doxyfile @ONLY)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/docs")
  add_custom_target(docs COMMAND ${HARMONIUM_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile USES_TERMINAL VERBATIM
    COMMENT "Writing the reference to ${PROJECT_BINARY_DIR}/docs/html")
endif()
if(HARMONIUM_TESTS)
  if(HARMONIUM_DOXYGEN)
    add_test(NAME documentation.reference COMMAND ${HARMONIUM_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile)
  else()
    add_test(NAME documentation.reference COMMAND ${CMAKE_COMMAND} -E echo "SKIPPED: there is no doxygen")
    set_tests_properties(documentation.reference PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED")
  endif()
  set_tests_properties(documentation.reference PROPERTIES LABELS documentation)
endif()
