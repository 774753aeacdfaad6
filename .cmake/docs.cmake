# `cmake --build ... --target docs` writes the documentation to docs/html of the build folder.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

# The programs of examples/ become pages, which the README files link to, and which what they use names.
file(GLOB_RECURSE examples RELATIVE ${PROJECT_SOURCE_DIR}/examples CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/examples/*.cpp)
set(example_pages "")
foreach(example IN LISTS examples)
  string(APPEND example_pages "/** @example ${example} */\n")
endforeach()
file(CONFIGURE OUTPUT examples.dox CONTENT "${example_pages}")

# The pictures of the pages.
file(GLOB pictures RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/examples/images/* ${PROJECT_SOURCE_DIR}/examples/training/results/*.png
     ${PROJECT_SOURCE_DIR}/benchmarks/results/*.svg)
list(JOIN pictures " " pictures)

configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in Doxyfile @ONLY)
add_custom_target(docs
  COMMAND Doxygen::doxygen ${CMAKE_CURRENT_BINARY_DIR}/Doxyfile
  COMMAND ${CMAKE_COMMAND} -DHTML=${CMAKE_CURRENT_BINARY_DIR}/docs/html
          -P ${CMAKE_CURRENT_LIST_DIR}/docs_links.cmake
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Writing the documentation to ${CMAKE_CURRENT_BINARY_DIR}/docs/html"
  VERBATIM)
