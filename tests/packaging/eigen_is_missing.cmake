# With no Eigen, or with one that is too old, find_package must say so and name what needs none; it
# must not fail later in a header.
cmake_minimum_required(VERSION 3.22)
file(REMOVE_RECURSE ${BINARY})
file(MAKE_DIRECTORY ${BINARY}/eigen)
file(WRITE ${BINARY}/eigen/Eigen3Config.cmake "set(Eigen3_VERSION 3.3.9)\n")

function(must_say option says)
  file(REMOVE_RECURSE ${BINARY}/build)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY}/build -G ${GENERATOR}
                          -C ${SETTINGS} ${option}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(result EQUAL 0 OR NOT output MATCHES "${says}[^.]*. find_package.cutmix COMPONENTS core. gives")
    message(FATAL_ERROR "${option} led to: ${output}")
  endif()
endfunction()
must_say(-DEigen3_DIR=${BINARY}/eigen "cutmix needs Eigen 3.4 or newer. this is 3.3.9")
must_say(-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON "cutmix needs Eigen 3.4 or newer, and there is none")
