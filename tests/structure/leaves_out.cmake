# Compiles SOURCE into OBJECT, in which no name may match NAMES: who does not ask for something does
# not pay for it.
cmake_minimum_required(VERSION 3.22)
include(${FLAGS})
execute_process(COMMAND ${compiler} ${flags} -O0 -g0 -c ${SOURCE} -o ${OBJECT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} does not compile.")
endif()
file(STRINGS ${OBJECT} names REGEX "${NAMES}")
list(LENGTH names count)
if(count GREATER 0)
  list(GET names 0 first)
  message(FATAL_ERROR "${count} names, such as ${first}")
endif()
