# Opens a report in headless Chromium: at the widths of phones and of a desktop, light and dark; see tests/CMakeLists.txt.
# Screenshots are kept in WORK for inspection.
cmake_minimum_required(VERSION 3.25)
find_program(chromium NAMES chromium chromium-browser google-chrome)
if(NOT chromium)
  message("SKIPPED: there is no chromium")
  return()
endif()
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
execute_process(COMMAND ${PROGRAM} ${WORK}/report.html COMMAND_ERROR_IS_FATAL ANY)
file(COPY "${CMAKE_CURRENT_LIST_DIR}/measure.html" DESTINATION "${WORK}")

function(browse scheme)
  set(dark "")
  if(scheme STREQUAL "dark")
    set(dark --blink-settings=preferredColorScheme=0)
  endif()
  execute_process(COMMAND ${chromium} --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
      --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars
      --user-data-dir=${WORK}/profile ${dark} ${ARGN}
    TIMEOUT 120 RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  file(REMOVE_RECURSE "${WORK}/profile")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${chromium}: ${status}\n${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

foreach(scheme IN ITEMS light dark)
  browse(${scheme} --allow-file-access-from-files --virtual-time-budget=10000 --dump-dom
    file://${WORK}/measure.html?${scheme})
  if(NOT output MATCHES "<pre id=\"result\">([^<]*)</pre>" OR NOT CMAKE_MATCH_1 STREQUAL "no problems")
    message(FATAL_ERROR "${scheme}: ${CMAKE_MATCH_1}\n")
  endif()
endforeach()

# The first 24 bytes of a PNG hold its width and height.
foreach(shot IN ITEMS "360;740;00000168;light" "390;844;00000186;dark" "1280;900;00000500;light")
  list(POP_FRONT shot width height hex scheme)
  set(picture "${WORK}/${width}.png")
  browse(${scheme} --window-size=${width},${height} --screenshot=${picture} file://${WORK}/report.html)
  file(READ "${picture}" head LIMIT 24 HEX)
  if(NOT head MATCHES "^89504e470d0a1a0a0000000d49484452${hex}")
    message(FATAL_ERROR "${picture} begins with ${head}")
  endif()
endforeach()
