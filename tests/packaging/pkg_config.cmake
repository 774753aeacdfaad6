# Compiles a program by hand with what pkg-config says of the package in PREFIX, and runs it.
cmake_minimum_required(VERSION 3.22)
include(${SETTINGS})
file(MAKE_DIRECTORY ${BINARY})
# Eigen's own file lies beside its CMake package; elsewhere pkg-config's own places serve.
set(ENV{PKG_CONFIG_PATH}
    ${PREFIX}/share/pkgconfig:${Eigen3_DIR}/../../pkgconfig:$ENV{PKG_CONFIG_PATH})

execute_process(COMMAND ${PKG_CONFIG} --modversion cutmix
                OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT version STREQUAL VERSION)
  message(FATAL_ERROR "pkg-config says version ${version}, not ${VERSION}")
endif()
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs cutmix
                OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
message(STATUS "pkg-config: ${flags}")
separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} -std=c++17 ${flags}")
separate_arguments(link_flags UNIX_COMMAND "${CMAKE_EXE_LINKER_FLAGS}")
execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flags} ${MAIN} ${link_flags} -o ${BINARY}/consumer
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BINARY}/consumer COMMAND_ERROR_IS_FATAL ANY)
