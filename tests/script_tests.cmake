# What tests that run CMake or the compiler share. Each has a script that says what it checks.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(there ${CMAKE_CURRENT_BINARY_DIR})

# cutmix_script_test(name script [NAME=value ...])
function(cutmix_script_test name script)
  list(TRANSFORM ARGN PREPEND -D)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} ${ARGN} -P ${here}/${script})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

# How the compiler is called here, for scripts that call it. The folders are the library's and, where
# it was found, Eigen's, as a user's build has them.
file(GENERATE OUTPUT ${there}/compiler_flags.cmake CONTENT
"set(compiler [==[${CMAKE_CXX_COMPILER}]==])
separate_arguments(flags UNIX_COMMAND [==[${CMAKE_CXX_FLAGS}]==])
set(folders [==[$<TARGET_PROPERTY:cutmix_development,INTERFACE_INCLUDE_DIRECTORIES>]==])
list(TRANSFORM folders PREPEND -isystem)
list(APPEND flags -std=c++17 \${folders})
")
set(flags FLAGS=${there}/compiler_flags.cmake)
