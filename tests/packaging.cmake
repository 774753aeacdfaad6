# Tests of what stands around the library: packages, the README's code, headers by themselves, what
# must not compile, the documentation. Most run CMake or the compiler; each has a script that says
# what it checks.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(there ${CMAKE_CURRENT_BINARY_DIR})

# ---- headers by themselves ----

# LibTorch, where it is found, is the caller's to find.
file(GLOB headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/cutmix/*.hpp)
set(torch_headers ${headers})
list(FILTER torch_headers INCLUDE REGEX "torch")
list(FILTER headers EXCLUDE REGEX "torch")

# Each header twice in a unit of its own: it brings what it needs, and its guard holds.
function(cutmix_test_headers target)
  set(units "")
  foreach(header IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER ${header} name)
    file(CONFIGURE OUTPUT headers/${name}.cpp
         CONTENT "#include <${header}>\n#include <${header}>\n")
    list(APPEND units headers/${name}.cpp)
  endforeach()
  add_library(${target} OBJECT ${units})
  target_link_libraries(${target} PRIVATE cutmix_development)
endfunction()
cutmix_test_headers(headers_alone ${headers})
if(Torch_FOUND AND torch_headers)
  cutmix_test_headers(torch_headers_alone ${torch_headers})
  target_link_libraries(torch_headers_alone PRIVATE ${TORCH_LIBRARIES})
endif()

add_executable(two_units two_units/first.cpp two_units/second.cpp)
target_link_libraries(two_units PRIVATE cutmix_development)
add_test(NAME two_units COMMAND two_units)

add_library(names_alone OBJECT pollution/names.cpp)
target_link_libraries(names_alone PRIVATE cutmix_development)

# ---- what the compiler says ----

# How the compiler is called here, for scripts that call it. The folders are the library's and
# Eigen's, both as a user's build has them.
file(GENERATE OUTPUT ${there}/compiler_flags.cmake CONTENT
"set(compiler [==[${CMAKE_CXX_COMPILER}]==])
separate_arguments(flags UNIX_COMMAND [==[${CMAKE_CXX_FLAGS}]==])
set(folders [==[$<TARGET_PROPERTY:names_alone,INCLUDE_DIRECTORIES>]==])
list(TRANSFORM folders PREPEND -isystem)
list(APPEND flags -std=c++17 \${folders})
")

# cutmix_script_test(name script [NAME=value ...])
function(cutmix_script_test name script)
  list(TRANSFORM ARGN PREPEND -D)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} ${ARGN} -P ${here}/${script})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

set(flags FLAGS=${there}/compiler_flags.cmake)
set(without WITHOUT=${here}/pollution/without.cpp)
cutmix_script_test(pollution pollution/pollution.cmake
                   ${flags} ${without} WITH=${here}/pollution/with.cpp)
cutmix_script_test(pollution_is_noticed pollution/pollution.cmake
                   ${flags} ${without} WITH=${here}/pollution/polluted.cpp)
set_tests_properties(pollution_is_noticed PROPERTIES PASS_REGULAR_EXPRESSION
                     "[+] #define EIGEN_USE_THREADS *\n *[+] #define POLLUTED 1\n")

file(GLOB cases RELATIVE ${here}/must_not_compile CONFIGURE_DEPENDS
     ${here}/must_not_compile/*.cpp)
foreach(case IN LISTS cases)
  string(REPLACE ".cpp" "" name ${case})
  cutmix_script_test(must_not_compile_${name} must_not_compile/must_not_compile.cmake
                     ${flags} CASE=${here}/must_not_compile/${case})
endforeach()

# The harness itself: what it must say of cases that are no good.
function(cutmix_test_harness name says)
  cutmix_script_test(must_not_compile_harness_${name} must_not_compile/must_not_compile.cmake
                     ${flags} CASE=${here}/must_not_compile/harness/${name}.cpp)
  set_tests_properties(must_not_compile_harness_${name} PROPERTIES
                       PASS_REGULAR_EXPRESSION ${says})
endfunction()
cutmix_test_harness(compiles "The case compiles")
cutmix_test_harness(twin_fails "The twin does not compile")
cutmix_test_harness(other_error "The first error is not")
cutmix_test_harness(second_error "2 errors, where one is readable")
cutmix_test_harness(right "-- error: .*must be content with this")

# ---- packages ----

set(cutmix_test_prefix ${there}/packaging/prefix)
configure_file(packaging/settings.cmake.in packaging/settings.cmake @ONLY)
set(consumer SETTINGS=${there}/packaging/settings.cmake GENERATOR=${CMAKE_GENERATOR}
             CONFIG=$<CONFIG>)

# cutmix_test_consumer(name [NAME=value ...]): builds and runs the project in packaging/name.
function(cutmix_test_consumer name)
  cutmix_script_test(packaging_${name} packaging/build_and_run.cmake ${consumer} PROGRAM=consumer
                     SOURCE=${here}/packaging/${name} BINARY=${there}/packaging/${name} ${ARGN})
endfunction()
cutmix_test_consumer(add_subdirectory OPTIONS=-DCUTMIX_SOURCE=${PROJECT_SOURCE_DIR})
cutmix_test_consumer(fetch_content OPTIONS=-DCUTMIX_SOURCE=${PROJECT_SOURCE_DIR})

set(readme ${PROJECT_SOURCE_DIR}/README.md)

if(CUTMIX_INSTALL)
  cutmix_script_test(packaging_install packaging/install.cmake SOURCE=${PROJECT_SOURCE_DIR}
                     BUILD=${PROJECT_BINARY_DIR} PREFIX=${cutmix_test_prefix} CONFIG=$<CONFIG>)
  cutmix_test_consumer(find_package)
  cutmix_script_test(packaging_old_eigen packaging/old_eigen.cmake ${consumer}
                     SOURCE=${here}/packaging/find_package BINARY=${there}/packaging/old_eigen)
  cutmix_script_test(packaging_quickstart packaging/quickstart.cmake ${consumer}
                     README=${readme} BINARY=${there}/packaging/quickstart)
  set(needs_install find_package old_eigen quickstart)
  find_program(PKG_CONFIG NAMES pkg-config pkgconf)
  if(PKG_CONFIG)
    cutmix_script_test(packaging_pkg_config packaging/pkg_config.cmake ${consumer}
                       PKG_CONFIG=${PKG_CONFIG} VERSION=${PROJECT_VERSION}
                       PREFIX=${cutmix_test_prefix} MAIN=${here}/packaging/main.cpp
                       BINARY=${there}/packaging/pkg_config)
    list(APPEND needs_install pkg_config)
  else()
    message(STATUS "cutmix: pkg-config not found, its test is skipped")
  endif()
  set_tests_properties(packaging_install PROPERTIES FIXTURES_SETUP cutmix_installed)
  foreach(name IN LISTS needs_install)
    set_tests_properties(packaging_${name} PROPERTIES FIXTURES_REQUIRED cutmix_installed)
  endforeach()
endif()

# ---- the README's code ----

include(packaging/readme.cmake)
set(torch_found OFF)
if(Torch_FOUND)
  set(torch_found ON)
endif()

# Not part of `all`: an error in the README fails its test, and nothing else.
function(cutmix_test_readme target file)
  readme_sources(${file} ${there}/${target} ${here}/packaging/readme_preamble.hpp ${torch_found}
                 sources)
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${target} PRIVATE cutmix::cutmix)
  if(Torch_FOUND)
    target_link_libraries(${target} PRIVATE ${TORCH_LIBRARIES})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  add_test(NAME ${target}
           COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${target}
                   --config $<CONFIG>)
  set_tests_properties(${target} PROPERTIES RESOURCE_LOCK build_folder TIMEOUT 600)
endfunction()
cutmix_test_readme(readme_code ${readme})
cutmix_test_readme(readme_code_stand_in ${here}/packaging/readmes/good.md)

# A README without the markers is told so.
foreach(name IN ITEMS no_quickstart no_quickstart_cmake)
  cutmix_script_test(readme_${name} packaging/quickstart.cmake
                     README=${here}/packaging/readmes/${name}.md)
endforeach()
set_tests_properties(readme_no_quickstart PROPERTIES PASS_REGULAR_EXPRESSION
                     "no ```cpp block stands right after a line <!-- quickstart -->")
set_tests_properties(readme_no_quickstart_cmake PROPERTIES PASS_REGULAR_EXPRESSION
                     "no ```cmake block stands right after a line <!-- quickstart-cmake -->")
cutmix_script_test(readme_unmarked packaging/readme_sources.cmake
                   README=${here}/packaging/readmes/unmarked.md)
set_tests_properties(readme_unmarked PROPERTIES PASS_REGULAR_EXPRESSION
                     "unmarked.md:4: the block is neither a whole program")

# ---- the documentation ----

if(TARGET docs)
  add_test(NAME docs COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target docs
                             --config $<CONFIG>)
  set_tests_properties(docs PROPERTIES RESOURCE_LOCK build_folder TIMEOUT 600)
endif()
