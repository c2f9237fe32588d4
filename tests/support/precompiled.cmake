# precompile(<program>): the library's core and Catch2 are read once for all programs, where they took ten seconds
# of each file; and Eigen's products are compiled once, in products.cpp. (What is precompiled of io.hpp would cost every
# file more than reading it costs those that need it.)
include("${CMAKE_CURRENT_LIST_DIR}/catch.cmake")
add_library(harmonium_products OBJECT "${CMAKE_CURRENT_LIST_DIR}/products.cpp")
target_compile_options(harmonium_products PRIVATE -O2)       # in debug builds as well
target_link_libraries(harmonium_products PRIVATE harmonium::harmonium)

add_library(harmonium_precompiled OBJECT "${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp")
link_catch(harmonium_precompiled)
target_link_libraries(harmonium_precompiled PRIVATE harmonium::harmonium)
target_precompile_headers(harmonium_precompiled PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/products.hpp" "${CMAKE_CURRENT_LIST_DIR}/catch.hpp" <harmonium/harmonium.hpp>)
function(precompile program)
  target_precompile_headers(${program} REUSE_FROM harmonium_precompiled)
  target_link_libraries(${program} PRIVATE harmonium_products)
  if(TARGET harmonium_catch)                   # what was defined for the headers must be defined for who uses them
    target_compile_definitions(${program} PRIVATE $<TARGET_PROPERTY:harmonium_catch,INTERFACE_COMPILE_DEFINITIONS>)
  endif()
endfunction()
