# Builds SOURCE with COMPILER in the WAY given, runs it (by the EMULATOR, where there is one), and
# compares what it prints with EXPECTED.
cmake_minimum_required(VERSION 3.22)
separate_arguments(flags UNIX_COMMAND "${WAY}")
execute_process(COMMAND ${COMPILER} -std=c++17 ${flags} -I ${INCLUDE} ${SOURCE} -o ${PROGRAM}
                RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${errors}")
endif()
execute_process(COMMAND ${EMULATOR} ${PROGRAM} ${PLANS} RESULT_VARIABLE result
                OUTPUT_VARIABLE printed)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT printed STREQUAL expected)
  message(FATAL_ERROR "${printed}\nis not what ${EXPECTED} has.")
endif()
