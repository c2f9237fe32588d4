# A CMake dependency provider: handles the find_package() calls of CMakeLists.txt. The presets enable it
# through CMAKE_PROJECT_TOP_LEVEL_INCLUDES; without it find_package() behaves as usual. A package that is
# REQUIRED comes from
#   1. the system, or HARMONIUM_DEPS, where an earlier run put it;
#   2. the distribution's own packages, unpacked into HARMONIUM_DEPS without root;
#   3. a pinned upstream archive, checked by SHA-256, built and installed into HARMONIUM_DEPS;
# else there is one error that names the package to install. A package that is not REQUIRED but listed as worth having
# comes by the first two ways, or not at all. Nothing outside the build folder is written.

set(HARMONIUM_DEPS "${CMAKE_BINARY_DIR}/deps" CACHE PATH "Folder for fetched dependencies")
set(HARMONIUM_ARCHIVES "" CACHE PATH "Folder of upstream archives named <package>-<file>, used instead of the network")
option(HARMONIUM_APT "Unpack the distribution's packages when something is missing" ON)

set(HARMONIUM_SYSROOT "${HARMONIUM_DEPS}/root")
list(PREPEND CMAKE_PREFIX_PATH "${HARMONIUM_SYSROOT}/usr")
# RPATH rather than RUNPATH, since an unpacked library must find its own dependencies next to it.
if(CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  add_link_options(LINKER:--disable-new-dtags)
endif()

# The distribution's packages ...
set(harmonium_debs_Eigen3 libeigen3-dev)
set(harmonium_debs_Catch2 catch2)
set(harmonium_debs_ZLIB zlib1g-dev)
set(harmonium_debs_nlohmann_json nlohmann-json3-dev)
set(harmonium_debs_CLI11 libcli11-dev)
set(harmonium_debs_stb libstb-dev)
set(harmonium_debs_dnnl libdnnl-dev)
set(harmonium_worth_having dnnl)

# ... and upstream's archives: address, SHA-256, options of its CMake.
set(harmonium_archive_Eigen3 https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2
  b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626 -DEIGEN_BUILD_DOC=OFF)
set(harmonium_archive_Catch2 https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
  c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c -DCATCH_INSTALL_DOCS=OFF)
set(harmonium_archive_ZLIB https://github.com/madler/zlib/archive/refs/tags/v1.3.1.tar.gz
  17e88863f3600672ab49182f217281b6fc4d3c762bde361935e436a95214d05c -DZLIB_BUILD_EXAMPLES=OFF)
set(harmonium_archive_nlohmann_json https://github.com/nlohmann/json/archive/refs/tags/v3.11.3.tar.gz
  0d8ef5af7f9794e3263480193c491549b2ba6cc74bb018906202ada498a79406 -DJSON_BuildTests=OFF)
set(harmonium_archive_CLI11 https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.1.tar.gz
  73b7ec52261ce8fe980a29df6b4ceb66243bb0b779451dbd3d014cfec9fdbb58 -DCLI11_BUILD_TESTS=OFF -DCLI11_BUILD_EXAMPLES=OFF)
set(harmonium_archive_stb
  https://raw.githubusercontent.com/nothings/stb/1ee679ca2ef753a528db5ba6801e1067b40481b8/stb_image_write.h
  cbd5f0ad7a9cf4468affb36354a1d2338034f2c12473cf1a8e32053cb6914a05)

# Runs a command quietly; `result` is its exit status, 0 for success. Its output goes to the log.
function(harmonium_run result)
  cmake_parse_arguments(PARSE_ARGV 1 run "" "WORKING_DIRECTORY;OUTPUT" "COMMAND")
  if(NOT run_WORKING_DIRECTORY)
    set(run_WORKING_DIRECTORY "${HARMONIUM_DEPS}")
  endif()
  # C.UTF-8, so that apt's messages do not depend on the user's language and file names in archives are
  # readable.
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C.UTF-8 ${run_COMMAND}
    WORKING_DIRECTORY "${run_WORKING_DIRECTORY}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  list(JOIN run_COMMAND " " command)
  file(APPEND "${HARMONIUM_DEPS}/log.txt" "$ ${command}\n${output}${errors}\n")
  set(${result} "${status}" PARENT_SCOPE)
  if(run_OUTPUT)
    set(${run_OUTPUT} "${output}" PARENT_SCOPE)
  endif()
endfunction()

# Way 2. `apt-get -s install` (a simulation that needs no privileges) lists the missing packages, including
# dependencies; `apt-get download` fetches and verifies them; `dpkg-deb -x` unpacks them. This uses the
# system's package lists first, or our own if those are empty, stale or absent.
function(harmonium_unpack_debs result)
  set(${result} FALSE PARENT_SCOPE)
  find_program(HARMONIUM_APT_GET apt-get)
  find_program(HARMONIUM_DPKG_DEB dpkg-deb)
  mark_as_advanced(HARMONIUM_APT_GET HARMONIUM_DPKG_DEB)
  if(NOT HARMONIUM_APT OR NOT HARMONIUM_APT_GET OR NOT HARMONIUM_DPKG_DEB)
    return()
  endif()
  set(apt "${HARMONIUM_DEPS}/apt")
  file(MAKE_DIRECTORY "${apt}/state/lists/partial" "${apt}/cache/archives/partial" "${HARMONIUM_SYSROOT}")
  # Short time-outs, so that a missing network costs only seconds. No translations and file lists, which are
  # most of what update downloads. Lists stay compressed and uncached: 20 MB instead of 140 MB in the build
  # folder.
  set(options -q -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::Languages=none
    -o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10
    -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)
  set(own_lists -o Dir::State=${apt}/state -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=${apt}/cache
    -o Acquire::GzipIndexes=true -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)

  foreach(lists IN ITEMS system own)
    if(lists STREQUAL "own")
      list(APPEND options ${own_lists})
      get_property(updated GLOBAL PROPERTY harmonium_apt_updated)
      if(NOT updated)
        message(STATUS "harmonium: apt's package lists are empty or stale, downloading new ones (no root needed)")
        harmonium_run(ignored COMMAND ${HARMONIUM_APT_GET} ${options} update)  # a single unreachable source does not matter
        set_property(GLOBAL PROPERTY harmonium_apt_updated TRUE)
      endif()
    endif()
    set(missing "")
    harmonium_run(status OUTPUT plan COMMAND ${HARMONIUM_APT_GET} ${options} -s --no-install-recommends install ${ARGN})
    if(status EQUAL 0)
      string(REGEX MATCHALL "Inst [^ \n]+" missing "${plan}")
      list(TRANSFORM missing REPLACE "Inst " "")
    endif()
    list(APPEND missing ${ARGN})
    list(REMOVE_DUPLICATES missing)
    file(REMOVE_RECURSE "${apt}/debs")
    file(MAKE_DIRECTORY "${apt}/debs")
    harmonium_run(status WORKING_DIRECTORY "${apt}/debs" COMMAND ${HARMONIUM_APT_GET} ${options} download ${missing})
    if(status EQUAL 0)
      break()
    endif()
  endforeach()
  if(NOT status EQUAL 0)
    return()
  endif()

  file(GLOB debs "${apt}/debs/*.deb")
  foreach(deb IN LISTS debs)
    harmonium_run(status COMMAND ${HARMONIUM_DPKG_DEB} -x ${deb} ${HARMONIUM_SYSROOT})
    if(NOT status EQUAL 0)
      return()
    endif()
  endforeach()
  file(REMOVE_RECURSE "${apt}/debs")
  harmonium_relocate_sysroot()
  list(JOIN missing " " names)
  message(STATUS "harmonium: unpacked ${names} into ${HARMONIUM_SYSROOT}")
  set(${result} TRUE PARENT_SCOPE)
endfunction()

# Distribution packages expect to be under /usr. Elsewhere, four things need fixing.
function(harmonium_relocate_sysroot)
  set(usr "${HARMONIUM_SYSROOT}/usr")
  # Headers that depend on the architecture (zconf.h): compilers search include/<machine> only below /usr.
  if(CMAKE_LIBRARY_ARCHITECTURE AND IS_DIRECTORY "${usr}/include/${CMAKE_LIBRARY_ARCHITECTURE}")
    file(COPY "${usr}/include/${CMAKE_LIBRARY_ARCHITECTURE}/" DESTINATION "${usr}/include")
  endif()
  # libz.so -> libz.so.1.3.1, where the latter belongs to a package that is already installed: link to that
  # one.
  file(GLOB libraries "${usr}/lib/*.so" "${usr}/lib/${CMAKE_LIBRARY_ARCHITECTURE}/*.so")
  foreach(library IN LISTS libraries)
    if(IS_SYMLINK "${library}" AND NOT EXISTS "${library}")
      file(READ_SYMLINK "${library}" target)
      cmake_path(GET library PARENT_PATH folder)
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${HARMONIUM_SYSROOT}" OUTPUT_VARIABLE inside)
      cmake_path(ABSOLUTE_PATH target BASE_DIRECTORY "/${inside}")
      if(EXISTS "${target}")
        file(CREATE_LINK "${target}" "${library}" SYMBOLIC)
      endif()
    endif()
  endforeach()
  file(GLOB_RECURSE pc_files "${usr}/*.pc")
  foreach(pc IN LISTS pc_files)
    file(READ "${pc}" text)
    string(REPLACE "${usr}" "/usr" text "${text}")            # already done for an earlier package
    string(REGEX REPLACE "(=|-I|-L)/usr" "\\1${usr}" text "${text}")
    file(WRITE "${pc}" "${text}")
  endforeach()
  # Programs (pkgconf, which libeigen3-dev brings): the loader looks for their libraries below /usr alone. They move
  # aside, and a script of the same name tells it where to look as well.
  file(GLOB programs "${usr}/bin/*" "${usr}/sbin/*")
  foreach(program IN LISTS programs)
    file(READ "${program}" magic LIMIT 4 HEX)
    if(magic STREQUAL "7f454c46" AND NOT IS_SYMLINK "${program}")
      cmake_path(GET program FILENAME name)
      file(MAKE_DIRECTORY "${usr}/libexec/unpacked")
      file(RENAME "${program}" "${usr}/libexec/unpacked/${name}")
      file(WRITE "${program}" "#!/bin/sh\n"
        "LD_LIBRARY_PATH='${usr}/lib/${CMAKE_LIBRARY_ARCHITECTURE}:${usr}/lib'\"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\n"
        "export LD_LIBRARY_PATH\n"
        "exec '${usr}/libexec/unpacked/${name}' \"$@\"\n")
      file(CHMOD "${program}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
        WORLD_READ WORLD_EXECUTE)
    endif()
  endforeach()
endfunction()

# Way 3. Installed into the same folder rather than added with FetchContent_MakeAvailable, because targets of
# a subdirectory can't be exported: our own install() would fail, and the consumer test could not find them.
function(harmonium_install_archive result package)
  set(${result} FALSE PARENT_SCOPE)
  set(options ${harmonium_archive_${package}})
  if(NOT options)
    return()
  endif()
  list(POP_FRONT options url sha256)
  cmake_path(GET url FILENAME name)
  set(archive "${HARMONIUM_DEPS}/archives/${package}-${name}")
  if(HARMONIUM_ARCHIVES AND EXISTS "${HARMONIUM_ARCHIVES}/${package}-${name}")
    file(COPY "${HARMONIUM_ARCHIVES}/${package}-${name}" DESTINATION "${HARMONIUM_DEPS}/archives")
  endif()
  if(NOT EXISTS "${archive}")
    message(STATUS "harmonium: downloading ${url}")
    # First, is the host reachable? INACTIVITY_TIMEOUT does not cover connecting. 22: it responded, though not
    # with a file.
    string(REGEX MATCH "^https://[^/]+" host "${url}")
    file(DOWNLOAD "${host}/robots.txt" "${archive}.part" TIMEOUT 8 STATUS status)
    # No EXPECTED_HASH, because a failed download would then stop CMake before the clear message below.
    if(status MATCHES "^(0|22);")
      file(DOWNLOAD "${url}" "${archive}.part" TIMEOUT 300 INACTIVITY_TIMEOUT 10 STATUS status)
    endif()
    if(status MATCHES "^0;")
      file(RENAME "${archive}.part" "${archive}")
    else()
      file(REMOVE "${archive}.part")
    endif()
  endif()
  set(found "")
  if(EXISTS "${archive}")
    file(SHA256 "${archive}" found)
  endif()
  if(NOT found STREQUAL sha256)
    file(REMOVE "${archive}")
    message(STATUS "harmonium: ${url}: not reachable, or not the expected file")
    return()
  endif()

  if(name MATCHES "\\.h$")                     # a single header; with a .pc file, as in the distribution's package
    set(usr "${HARMONIUM_SYSROOT}/usr")
    file(MAKE_DIRECTORY "${usr}/include/${package}")
    file(COPY_FILE "${archive}" "${usr}/include/${package}/${name}")
    file(WRITE "${usr}/share/pkgconfig/${package}.pc"
      "Name: ${package}\nDescription: ${url}\nVersion: 0\nCflags: -I${usr}/include/${package}\n")
    message(STATUS "harmonium: took ${package} from ${url}")
    set(${result} TRUE PARENT_SCOPE)
    return()
  endif()
  set(work "${HARMONIUM_DEPS}/archives/${package}")
  file(REMOVE_RECURSE "${work}")
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${work}/source")
  file(GLOB source "${work}/source/*")
  harmonium_run(status COMMAND ${CMAKE_COMMAND} -S ${source} -B ${work}/build -G ${CMAKE_GENERATOR}
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${HARMONIUM_SYSROOT}/usr -DCMAKE_INSTALL_LIBDIR=lib
    -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_CXX_STANDARD=20 -DBUILD_TESTING=OFF
    -DCMAKE_POLICY_VERSION_MINIMUM=3.5 ${options})
  if(status EQUAL 0)
    harmonium_run(status COMMAND ${CMAKE_COMMAND} --build ${work}/build)
  endif()
  if(status EQUAL 0)
    harmonium_run(status COMMAND ${CMAKE_COMMAND} --install ${work}/build)
  endif()
  file(REMOVE_RECURSE "${work}")
  if(status EQUAL 0)
    message(STATUS "harmonium: built ${package} from ${url}")
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Ways 2 and 3, one preset at a time, since all presets share the folder.
function(harmonium_fetch result way)
  file(MAKE_DIRECTORY "${HARMONIUM_DEPS}")
  file(LOCK "${HARMONIUM_DEPS}" DIRECTORY GUARD FUNCTION TIMEOUT 600 RESULT_VARIABLE ignored)
  cmake_language(CALL harmonium_${way} ok ${ARGN})
  set(${result} ${ok} PARENT_SCOPE)
endfunction()

# A macro, because find_package() must set its variables in the caller's scope.
macro(harmonium_provide method package)
  if(DEFINED harmonium_debs_${package})        # otherwise not ours: CMake proceeds as usual
    set(harmonium_args ${ARGN})
    set(harmonium_required FALSE)
    if("REQUIRED" IN_LIST harmonium_args)
      set(harmonium_required TRUE)
      list(REMOVE_ITEM harmonium_args REQUIRED)
    endif()
    find_package(${package} ${harmonium_args} QUIET BYPASS_PROVIDER)
    set(harmonium_worth_a_try FALSE)
    if("${package}" IN_LIST harmonium_worth_having AND NOT HARMONIUM_TRIED_${package})
      set(harmonium_worth_a_try TRUE)
      set(HARMONIUM_TRIED_${package} TRUE CACHE INTERNAL "Fetched, or not available: a second attempt may cost a time-out")
    endif()
    if(NOT ${package}_FOUND AND (harmonium_required OR harmonium_worth_a_try))
      harmonium_fetch(harmonium_ok unpack_debs ${harmonium_debs_${package}})
      if(harmonium_ok)
        find_package(${package} ${harmonium_args} QUIET BYPASS_PROVIDER)
      endif()
    endif()
    if(NOT ${package}_FOUND AND harmonium_required)
      harmonium_fetch(harmonium_ok install_archive ${package})
      if(harmonium_ok)
        find_package(${package} ${harmonium_args} QUIET BYPASS_PROVIDER)
      endif()
    endif()
    if(NOT ${package}_FOUND AND harmonium_required)
      set(${package}_FOUND TRUE)               # otherwise CMake adds its own long error to this one
      message(FATAL_ERROR "harmonium needs ${package}, which is not installed and could not be fetched.\n"
        "On Debian or Ubuntu:  sudo apt-get install ${harmonium_debs_${package}}\n"
        "(See ${HARMONIUM_DEPS}/log.txt for what was tried.)")
    endif()
  endif()
endmacro()

cmake_language(SET_DEPENDENCY_PROVIDER harmonium_provide SUPPORTED_METHODS FIND_PACKAGE)
