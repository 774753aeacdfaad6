# The newcomer's path: the program and the CMakeLists.txt of README in an empty project, built with
# the installed package and run.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/readme.cmake)
readme_marked(${README} cpp quickstart program_code)
readme_marked(${README} cmake quickstart-cmake project_code)
if(NOT project_code MATCHES "add_executable\\(([A-Za-z0-9_.-]+) ([A-Za-z0-9_.-]+)\\)")
  message(FATAL_ERROR "${README}: the quickstart's CMake code has no add_executable(NAME FILE)")
endif()
set(PROGRAM ${CMAKE_MATCH_1})
set(file ${CMAKE_MATCH_2})

set(SOURCE ${BINARY}/source)
set(BINARY ${BINARY}/build)
file(REMOVE_RECURSE ${SOURCE})
file(WRITE ${SOURCE}/${file} "${program_code}")
file(WRITE ${SOURCE}/CMakeLists.txt "${project_code}")
include(${CMAKE_CURRENT_LIST_DIR}/build_and_run.cmake)
