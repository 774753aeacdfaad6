# Tests of what stands around the library: packages, the README's code, the documentation.

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
set(source -DCUTMIX_SOURCE=${PROJECT_SOURCE_DIR})
cutmix_test_consumer(add_subdirectory_core OPTIONS=${source} WITHOUT=Eigen3)
if(TARGET cutmix::cutmix)
  cutmix_test_consumer(add_subdirectory OPTIONS=${source})
  cutmix_test_consumer(fetch_content OPTIONS=${source})
endif()

set(readme ${PROJECT_SOURCE_DIR}/README.md)

if(CUTMIX_INSTALL)
  cutmix_script_test(packaging_install packaging/install.cmake SOURCE=${PROJECT_SOURCE_DIR}
                     BUILD=${PROJECT_BINARY_DIR} PREFIX=${cutmix_test_prefix} CONFIG=$<CONFIG>)
  set_tests_properties(packaging_install PROPERTIES FIXTURES_SETUP cutmix_installed)
  cutmix_test_consumer(find_package_core WITHOUT=Eigen3)
  cutmix_script_test(packaging_nothing_else packaging/nothing_else.cmake ${consumer}
                     SOURCE=${PROJECT_SOURCE_DIR} INSTALLED=${cutmix_test_prefix}
                     BINARY=${there}/packaging/nothing_else)
  cutmix_script_test(packaging_eigen_is_missing packaging/eigen_is_missing.cmake ${consumer}
                     SOURCE=${here}/packaging/find_package
                     BINARY=${there}/packaging/eigen_is_missing)
  set(needs_install find_package_core nothing_else eigen_is_missing)
  if(TARGET cutmix::cutmix)
    cutmix_test_consumer(find_package)
    cutmix_script_test(packaging_quickstart packaging/quickstart.cmake ${consumer}
                       README=${readme} BINARY=${there}/packaging/quickstart)
    list(APPEND needs_install find_package quickstart)
  endif()

  find_program(PKG_CONFIG NAMES pkg-config pkgconf)
  if(NOT PKG_CONFIG)
    message(STATUS "cutmix: pkg-config not found, its tests are skipped")
  endif()
  # cutmix_test_pkg_config(test package main has_eigen)
  function(cutmix_test_pkg_config test package main has_eigen)
    cutmix_script_test(packaging_${test} packaging/pkg_config.cmake ${consumer}
                       PKG_CONFIG=${PKG_CONFIG} PACKAGE=${package} VERSION=${PROJECT_VERSION}
                       PREFIX=${cutmix_test_prefix} MAIN=${here}/packaging/${main}
                       EIGEN=${has_eigen} BINARY=${there}/packaging/${test})
  endfunction()
  if(PKG_CONFIG)
    cutmix_test_pkg_config(pkg_config_core cutmix-core core.cpp OFF)
    list(APPEND needs_install pkg_config_core)
  endif()
  if(PKG_CONFIG AND TARGET cutmix::cutmix)
    cutmix_test_pkg_config(pkg_config cutmix eigen.cpp ON)
    list(APPEND needs_install pkg_config)
  endif()

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
if(TARGET cutmix::cutmix)
  cutmix_test_readme(readme_code ${readme})
  cutmix_test_readme(readme_code_stand_in ${here}/packaging/readmes/good.md)
endif()

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
