# Programs with one mistake each, which must meet one readable line.
if(NOT TARGET cutmix::cutmix)
  return()
endif()
set(cases_folder ${CMAKE_CURRENT_LIST_DIR})

# What the cases share is read once for all: it takes longer than meeting a mistake.
set(shared ${there}/must_not_compile/common.hpp)
file(WRITE ${shared} "#include \"${cases_folder}/common.hpp\"\n")
cutmix_script_test(must_not_compile_common must_not_compile/common.cmake ${flags} SHARED=${shared})
set_tests_properties(must_not_compile_common PROPERTIES FIXTURES_SETUP must_not_compile)

# cutmix_must_not_compile(test case)
function(cutmix_must_not_compile test case)
  cutmix_script_test(${test} must_not_compile/must_not_compile.cmake ${flags} CASE=${case}
                     SHARED=${shared})
  set_tests_properties(${test} PROPERTIES FIXTURES_REQUIRED must_not_compile)
endfunction()

file(GLOB cases RELATIVE ${cases_folder} CONFIGURE_DEPENDS ${cases_folder}/*.cpp)
foreach(case IN LISTS cases)
  string(REPLACE ".cpp" "" name ${case})
  cutmix_must_not_compile(must_not_compile_${name} ${cases_folder}/${case})
endforeach()
cutmix_script_test(must_not_compile_twins must_not_compile/twins.cmake ${flags}
                   CASES=${cases_folder} UNIT=${there}/must_not_compile/twins.cpp)

# The harness itself: what it must say of cases that are no good.
function(cutmix_test_harness name says)
  cutmix_must_not_compile(must_not_compile_harness_${name} ${cases_folder}/harness/${name}.cpp)
  set_tests_properties(must_not_compile_harness_${name} PROPERTIES
                       PASS_REGULAR_EXPRESSION ${says})
endfunction()
cutmix_test_harness(compiles "The case compiles")
cutmix_test_harness(other_error "The first error is not")
cutmix_test_harness(second_error "2 errors, where one is readable")
cutmix_test_harness(right "-- error: .*must be content with this")
cutmix_script_test(must_not_compile_harness_twin_fails must_not_compile/twins.cmake ${flags}
                   CASES=${cases_folder}/harness/twin_fails.cpp
                   UNIT=${there}/must_not_compile/failing_twin.cpp)
set_tests_properties(must_not_compile_harness_twin_fails PROPERTIES
                     PASS_REGULAR_EXPRESSION "A twin does not compile")
