# The laws of chance at length: `cmake --build build --target soak && build/tests/soak` draws 10^8 plans.
# As a test it draws few, so that the program stays right.
find_package(Threads REQUIRED)
add_executable(soak ${CMAKE_CURRENT_LIST_DIR}/soak.cpp)
target_link_libraries(soak PRIVATE cutmix_development Threads::Threads)
add_test(NAME soak_short COMMAND soak --plans 100000)
set_tests_properties(soak_short PROPERTIES TIMEOUT 600)
