# On a machine with a compiler and CMake and nothing else, the library can be configured, with its
# tests, and installed: what cannot be built is skipped with a line. INSTALLED: the prefix of a build
# with everything, whose packages must be the same.
cmake_minimum_required(VERSION 3.22)
file(REMOVE_RECURSE ${BINARY})
set(missing "")
foreach(package IN ITEMS Eigen3 Catch2 Torch Doxygen ZLIB CLI11 PkgConfig)
  list(APPEND missing -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY}/build -G ${GENERATOR}
                        -C ${SETTINGS} ${missing} -DCUTMIX_TEST_PACKAGING=OFF
                        -DCUTMIX_BUILD_BENCHMARKS=ON
                OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
foreach(line IN ITEMS "Eigen not found, there is cutmix::core alone"
                      "Catch2 not found, the tests in C[+][+] are skipped"
                      "Eigen not found, examples are skipped"
                      "Eigen not found, benchmarks are skipped")
  if(NOT output MATCHES "-- cutmix: ${line} ")
    message(FATAL_ERROR "no line says: ${line}\n${output}")
  endif()
endforeach()

execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY}/build --config ${CONFIG}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BINARY}/build --prefix ${BINARY}/prefix
                        --config ${CONFIG}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE files RELATIVE ${INSTALLED} ${INSTALLED}/*)
file(GLOB_RECURSE other_files RELATIVE ${BINARY}/prefix ${BINARY}/prefix/*)
if(NOT "${files}" STREQUAL "${other_files}")
  message(FATAL_ERROR "installed: ${other_files}\nwith everything: ${files}")
endif()
list(FILTER files INCLUDE REGEX "^share/")
foreach(file IN LISTS files)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${INSTALLED}/${file}
                          ${BINARY}/prefix/${file}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
