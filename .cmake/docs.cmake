# `cmake --build ... --target docs` writes the documentation to docs/html of the build folder.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in Doxyfile @ONLY)
add_custom_target(docs
  COMMAND Doxygen::doxygen ${CMAKE_CURRENT_BINARY_DIR}/Doxyfile
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Writing the documentation to ${CMAKE_CURRENT_BINARY_DIR}/docs/html"
  VERBATIM)
