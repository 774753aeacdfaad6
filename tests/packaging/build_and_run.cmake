# Configures, builds and runs the program `consumer` of the project in SOURCE, afresh in BINARY.
# OPTIONS go to CMake's command line; a package WITHOUT is not to be found.
cmake_minimum_required(VERSION 3.22)
if(WITHOUT)
  list(APPEND OPTIONS -DCMAKE_DISABLE_FIND_PACKAGE_${WITHOUT}=ON)
endif()
file(REMOVE_RECURSE ${BINARY})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY} -G ${GENERATOR} -C ${SETTINGS}
                        ${OPTIONS}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY} --config ${CONFIG}
                COMMAND_ERROR_IS_FATAL ANY)
find_program(program ${PROGRAM} PATHS ${BINARY} ${BINARY}/${CONFIG} NO_DEFAULT_PATH REQUIRED)
execute_process(COMMAND ${program} COMMAND_ERROR_IS_FATAL ANY)

# A consumer installs itself, and nothing of cutmix with it.
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BINARY} --prefix ${BINARY}/installed
                        --config ${CONFIG}
                COMMAND_ERROR_IS_FATAL ANY)
if(EXISTS ${BINARY}/installed)
  message(FATAL_ERROR "cutmix installed files with the project that uses it: ${BINARY}/installed")
endif()
