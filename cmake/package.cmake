# Debian packages, by `cpack -G DEB` in a build folder: libharmonium-dev has the headers and the files to find
# them, identical on all machines; harmonium has the programs, if any are installed (build with
# HARMONIUM_NATIVE=OFF so that they run on other machines).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The Harmonium developers <noreply@harmonium.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libharmonium-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "zlib1g-dev, nlohmann-json3-dev, libstb-dev")   # harmonium::io
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libdnnl-dev, libopenblas-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "${PROJECT_DESCRIPTION}
 Headers, CMake package and pkg-config files. Files, pictures and reports
 (harmonium::io) need the recommended packages as well.")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME harmonium)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "Restricted Boltzmann machines and deep belief networks: programs")
include(CPack)
