# harmonium_enable_mpi() creates the target harmonium::mpi: harmonium and MPI, for <harmonium/mpi.hpp>. MPI is found in
# the caller's build, since its libraries are a machine's own. A macro, so that what find_package sets is the caller's.
macro(harmonium_enable_mpi)
  if(NOT TARGET harmonium::mpi)
    set(MPI_CXX_SKIP_MPICXX ON)                # plain C: no C++ bindings, which some implementations still have
    find_package(MPI REQUIRED COMPONENTS CXX)
    add_library(harmonium_mpi INTERFACE)
    add_library(harmonium::mpi ALIAS harmonium_mpi)
    target_link_libraries(harmonium_mpi INTERFACE harmonium::harmonium MPI::MPI_CXX)
    target_compile_definitions(harmonium_mpi INTERFACE HARMONIUM_MPI)
  endif()
endmacro()
