# With an Eigen that is too old, find_package must say so, and not fail later in a header.
cmake_minimum_required(VERSION 3.22)
file(MAKE_DIRECTORY ${BINARY}/eigen)
file(WRITE ${BINARY}/eigen/Eigen3Config.cmake "set(Eigen3_VERSION 3.3.9)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY}/build -G ${GENERATOR}
                        -C ${SETTINGS} -DEigen3_DIR=${BINARY}/eigen
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX REPLACE "[ \n]+" " " output "${output}")
if(result EQUAL 0 OR NOT output MATCHES "cutmix needs Eigen 3.4 or newer. this is 3.3.9")
  message(FATAL_ERROR "an Eigen of version 3.3.9 led to: ${output}")
endif()
