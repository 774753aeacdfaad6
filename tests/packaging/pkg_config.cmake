# Compiles a program by hand with what pkg-config says of PACKAGE in PREFIX, and runs it. Without
# EIGEN there is none to be found.
cmake_minimum_required(VERSION 3.22)
include(${SETTINGS})
file(MAKE_DIRECTORY ${BINARY})
if(EIGEN)
  # Eigen's own file lies beside its CMake package; elsewhere pkg-config's own places serve.
  set(ENV{PKG_CONFIG_PATH}
      ${PREFIX}/share/pkgconfig:${Eigen3_DIR}/../../pkgconfig:$ENV{PKG_CONFIG_PATH})
else()
  set(ENV{PKG_CONFIG_PATH} "")
  set(ENV{PKG_CONFIG_LIBDIR} ${PREFIX}/share/pkgconfig)
  execute_process(COMMAND ${PKG_CONFIG} --cflags cutmix RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "eigen3")
    message(FATAL_ERROR "without Eigen pkg-config says of cutmix: ${output}")
  endif()
endif()

execute_process(COMMAND ${PKG_CONFIG} --modversion ${PACKAGE}
                OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT version STREQUAL VERSION)
  message(FATAL_ERROR "pkg-config says version ${version}, not ${VERSION}")
endif()
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${PACKAGE}
                OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
message(STATUS "pkg-config: ${flags}")
separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} -std=c++17 ${flags}")
separate_arguments(link_flags UNIX_COMMAND "${CMAKE_EXE_LINKER_FLAGS}")
execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flags} ${MAIN} ${link_flags} -o ${BINARY}/consumer
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BINARY}/consumer COMMAND_ERROR_IS_FATAL ANY)
