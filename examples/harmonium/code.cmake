# The program without its main(), for the program itself, its tests and the fuzzers.
include_guard(GLOBAL)
file(GLOB program_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
list(FILTER program_sources EXCLUDE REGEX "/main\\.cpp$")
add_library(harmonium_program_code OBJECT ${program_sources})
set_target_properties(harmonium_program_code PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
target_include_directories(harmonium_program_code PUBLIC "${CMAKE_CURRENT_LIST_DIR}/..")
target_link_libraries(harmonium_program_code PUBLIC harmonium::io)
