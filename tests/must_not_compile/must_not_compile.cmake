# Compiles CASE behind SHARED, which must fail, and the first error must be the one line that the case
# expects, in its first line. That the mistake alone is to blame is for twins.cmake to say.
cmake_minimum_required(VERSION 3.22)
include(${FLAGS})
set(ENV{LC_ALL} C)  # messages in English

# The compiler's words as they stand; a fatal message would break their lines.
function(fail what)
  message(NOTICE "${errors}")
  message(FATAL_ERROR " ${what}")
endfunction()

file(STRINGS ${CASE} expected LIMIT_COUNT 1)
if(NOT expected MATCHES "^// Expected: (.+)$")
  message(FATAL_ERROR "${CASE} must begin with // Expected: and the beginning of a message")
endif()
string(REPLACE "\\;" ";" expected "${CMAKE_MATCH_1}")  # as a list has it

execute_process(COMMAND ${compiler} ${flags} -fsyntax-only -include ${SHARED} ${CASE}
                RESULT_VARIABLE result ERROR_VARIABLE errors)
if(result EQUAL 0)
  message(FATAL_ERROR "The case compiles.")
endif()
# The rest of the line of each error; compilers put a static_assert's text in quotes or behind a
# colon.
string(REGEX REPLACE "[];[]" "?" lines "${errors}")
string(REGEX REPLACE "[];[]" "?" expected_line "${expected}")
string(REGEX MATCHALL "error: [^\n]*" lines "${lines}")
list(GET lines 0 first)
list(LENGTH lines count)
string(FIND "${first}" "${expected_line}" at)
if(at EQUAL -1)
  fail("The first error is not: ${expected}")
endif()
if(count GREATER 1)
  fail("${count} errors, where one is readable.")
endif()
message(STATUS "${first}")
