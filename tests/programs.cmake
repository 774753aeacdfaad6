# The tests in C++, each of which is a program on Catch2. 2 and 3 both serve; catch.hpp includes
# whichever it is.
find_package(Catch2 QUIET)
if(NOT Catch2_FOUND)
  message(STATUS "cutmix: Catch2 not found, the tests in C++ are skipped (Debian: catch2)")
  return()
endif()
find_package(Threads REQUIRED)

add_library(cutmix_test_main OBJECT main.cpp)
target_compile_features(cutmix_test_main PRIVATE cxx_std_17)  # Catch2 prints a string_view there
add_library(cutmix_testing INTERFACE)
target_link_libraries(cutmix_testing INTERFACE cutmix_development Threads::Threads)
target_compile_definitions(cutmix_testing INTERFACE
                           CUTMIX_TEST_DATA="${CMAKE_CURRENT_LIST_DIR}/data")
if(Catch2_VERSION VERSION_LESS 3)
  target_link_libraries(cutmix_testing INTERFACE Catch2::Catch2)
  target_link_libraries(cutmix_test_main PRIVATE Catch2::Catch2)
else()
  target_link_libraries(cutmix_testing INTERFACE Catch2::Catch2WithMain)
  target_link_libraries(cutmix_test_main PRIVATE Catch2::Catch2)
endif()

# cutmix_test(name [SOURCES ...] [LIBRARIES ...]): the program of name.cpp, which is one test.
function(cutmix_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${name}.cpp ${ARG_SOURCES} $<TARGET_OBJECTS:cutmix_test_main>)
  target_link_libraries(${name} PRIVATE cutmix_testing ${ARG_LIBRARIES})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

set(tests test_philox test_random test_bbox test_golden_plans test_timm test_detections test_exchange
          test_region_masks test_scaled test_gpu test_sizes)
set(tests_that_count_allocations test_plan test_view test_dlpack)
if(TARGET cutmix::cutmix)
  list(APPEND tests test_laws test_collate test_labels test_errors test_golden test_cutmix test_cnn
       test_study)
  list(APPEND tests_that_count_allocations test_images test_loss test_mixer
       test_failures)
else()
  message(STATUS "cutmix: tests that need Eigen are skipped (Debian: libeigen3-dev)")
endif()
foreach(name IN LISTS tests)
  cutmix_test(${name})
endforeach()
foreach(name IN LISTS tests_that_count_allocations)
  cutmix_test(${name} SOURCES counting_malloc.cpp)
  target_link_options(${name} PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=free)
endforeach()

if(Torch_FOUND AND TARGET cutmix::cutmix)
  cutmix_test(test_torch LIBRARIES ${TORCH_LIBRARIES})
  cutmix_test(test_torch_labels LIBRARIES ${TORCH_LIBRARIES})
  cutmix_test(test_torch_devices LIBRARIES ${TORCH_LIBRARIES})
  cutmix_test(test_torch_data LIBRARIES ${TORCH_LIBRARIES})
endif()

# Needs about 9 GB, and is skipped where there is less.
if(TARGET cutmix::cutmix AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  cutmix_test(test_large)
  set_tests_properties(test_large PROPERTIES LABELS large RUN_SERIAL TRUE TIMEOUT 1800
                                             SKIP_REGULAR_EXPRESSION "skipped: ")
endif()
