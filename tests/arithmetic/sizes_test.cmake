# Builds test_sizes.cpp with COMPILER and FLAGS, for a processor whose Index has 32 bits, and runs it (by
# the EMULATOR, where there is one).
cmake_minimum_required(VERSION 3.22)
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND ${COMPILER} -std=c++17 ${flags} -I ${INCLUDE} ${TESTS}/test_sizes.cpp
                        ${TESTS}/main.cpp -o ${PROGRAM}
                RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${errors}")
endif()
execute_process(COMMAND ${EMULATOR} ${PROGRAM} RESULT_VARIABLE result OUTPUT_VARIABLE printed)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${printed}")
endif()
