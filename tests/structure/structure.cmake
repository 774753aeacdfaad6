# Tests of how the headers stand to each other and to other libraries.

# ---- which header includes which ----

cutmix_script_test(include_graph structure/include_graph.cmake INCLUDE=${PROJECT_SOURCE_DIR}/include
                   DOT=${there}/include_graph.dot)
cutmix_script_test(include_graph_is_guarded structure/include_graph_is_guarded.cmake
                   INCLUDE=${PROJECT_SOURCE_DIR}/include SCRATCH=${there}/include_graph)

# ---- headers by themselves ----

file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/cutmix/*.hpp)
# Those that need another library apart, by its name.
function(cutmix_split_headers library regex)
  set(apart ${headers})
  list(FILTER apart INCLUDE REGEX ${regex})
  list(FILTER headers EXCLUDE REGEX ${regex})
  set(${library}_headers ${apart} PARENT_SCOPE)
  set(headers ${headers} PARENT_SCOPE)
endfunction()
cutmix_split_headers(eigen "/(eigen|cutmix)[.]hpp$")
cutmix_split_headers(torch "/torch(_[a-z]+)?[.]hpp$")
cutmix_split_headers(cuda "/cuda[.]hpp$")  # nvcc's, and tested where that is found

# Libraries that are not there: whoever includes one fails, even where the compiler's own folders
# have it.
set(no_libraries ${there}/no_libraries)
foreach(header IN ITEMS Eigen/Core Eigen/Dense unsupported/Eigen/CXX11/Tensor eigen3/Eigen/Core
                        eigen3/Eigen/Dense eigen3/unsupported/Eigen/CXX11/Tensor)
  file(CONFIGURE OUTPUT ${no_libraries}/eigen/${header} CONTENT "#error there is no Eigen here\n")
endforeach()
foreach(header IN ITEMS ATen/ATen.h ATen/Parallel.h ATen/core/Tensor.h torch/torch.h)
  file(CONFIGURE OUTPUT ${no_libraries}/torch/${header} CONTENT "#error there is no LibTorch here\n")
endforeach()

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
  target_link_libraries(${target} PRIVATE cutmix_warnings)
endfunction()

cutmix_test_headers(core_headers_alone ${headers})
add_executable(raw_memory packaging/core.cpp)
target_link_libraries(raw_memory PRIVATE cutmix_warnings)
add_test(NAME raw_memory COMMAND raw_memory)
foreach(target IN ITEMS core_headers_alone raw_memory)
  target_link_libraries(${target} PRIVATE cutmix::core)
  target_include_directories(${target} BEFORE PRIVATE ${no_libraries}/eigen ${no_libraries}/torch)
endforeach()

if(TARGET cutmix::cutmix)
  cutmix_test_headers(eigen_headers_alone ${eigen_headers})
  target_link_libraries(eigen_headers_alone PRIVATE cutmix::cutmix)
  target_include_directories(eigen_headers_alone BEFORE PRIVATE ${no_libraries}/torch)

  add_executable(two_units two_units/first.cpp two_units/second.cpp)
  target_link_libraries(two_units PRIVATE cutmix_development)
  add_test(NAME two_units COMMAND two_units)
endif()

# LibTorch is the caller's to find.
if(Torch_FOUND)
  cutmix_test_headers(torch_headers_alone ${torch_headers})
  target_link_libraries(torch_headers_alone PRIVATE cutmix::core ${TORCH_LIBRARIES})
  target_include_directories(torch_headers_alone BEFORE PRIVATE ${no_libraries}/eigen)
endif()

# That a library is missing is noticed.
separate_arguments(cxx_flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
foreach(library IN ITEMS eigen torch)
  add_test(NAME no_${library}_is_noticed
           COMMAND ${CMAKE_CXX_COMPILER} ${cxx_flags} -std=c++17 -I${no_libraries}/${library}
                   -I${PROJECT_SOURCE_DIR}/include -fsyntax-only
                   ${here}/structure/includes_${library}.cpp)
  set_tests_properties(no_${library}_is_noticed PROPERTIES PASS_REGULAR_EXPRESSION "there is no ")
endforeach()

# ---- what is compiled without being asked for ----

if(TARGET cutmix::cutmix)
  # A program, what its object must not name, and one in which that is noticed, by this name.
  function(cutmix_test_leaves_out name source names noticed_in noticed)
    cutmix_script_test(${name} structure/leaves_out.cmake ${flags} NAMES=${names}
                       SOURCE=${here}/structure/${source} OBJECT=${there}/${name}.o)
    cutmix_script_test(${name}_is_noticed structure/leaves_out.cmake ${flags} NAMES=${names}
                       SOURCE=${here}/structure/${noticed_in} OBJECT=${there}/${name}_is_noticed.o)
    set_tests_properties(${name}_is_noticed PROPERTIES PASS_REGULAR_EXPRESSION ${noticed})
  endfunction()
  cutmix_test_leaves_out(no_evaluator mixes.cpp "TensorEvaluator|ThreadPool" evaluates.cpp
                         "TensorEvaluator")
  cutmix_test_leaves_out(no_strides row_major.cpp "mix_strided|BatchLast|interleave" column_major.cpp
                         "mix_strided|BatchLast|interleave")
endif()

# ---- macros and names ----

if(TARGET cutmix::cutmix)
  add_library(names_alone OBJECT pollution/names.cpp)
  target_link_libraries(names_alone PRIVATE cutmix_development)

  set(without WITHOUT=${here}/pollution/without.cpp)
  cutmix_script_test(pollution pollution/pollution.cmake
                     ${flags} ${without} WITH=${here}/pollution/with.cpp)
  cutmix_script_test(pollution_is_noticed pollution/pollution.cmake
                     ${flags} ${without} WITH=${here}/pollution/polluted.cpp)
  set_tests_properties(pollution_is_noticed PROPERTIES PASS_REGULAR_EXPRESSION
                       "[+] #define EIGEN_USE_THREADS *\n *[+] #define POLLUTED 1\n")
endif()
