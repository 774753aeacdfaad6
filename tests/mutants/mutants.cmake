# Small faults in the headers, one at a time, and whether a test notices.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT Python3_FOUND)
  message(STATUS "cutmix: Python not found, there is no target mutants (Debian: python3)")
  return()
endif()
set(mutants ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/mutants.py)
add_custom_target(mutants
  COMMAND ${mutants} --build ${PROJECT_BINARY_DIR}/mutants -- -G ${CMAKE_GENERATOR}
          -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
  USES_TERMINAL VERBATIM)

# The lists against the headers and the tests as they are, which takes no compiler.
add_test(NAME mutants_fit COMMAND ${mutants} --list)
add_test(NAME mutants_that_do_not_fit_are_noticed
         COMMAND ${mutants} --list --lists ${CMAKE_CURRENT_LIST_DIR}/harness)
set_tests_properties(mutants_that_do_not_fit_are_noticed PROPERTIES PASS_REGULAR_EXPRESSION
  "not-there. .*stands 0 times.*there-often. .*stands [0-9]+ times.*no-such-case. .*has no case")
