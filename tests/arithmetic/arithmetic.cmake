# One program on every compiler that is there, built in every way that could change its arithmetic;
# all must print the digests in data/arithmetic.txt.
set(arithmetic_compilers ${CMAKE_CXX_COMPILER})
find_program(CUTMIX_GXX g++)
find_program(CUTMIX_CLANGXX clang++)
mark_as_advanced(CUTMIX_GXX CUTMIX_CLANGXX)
foreach(compiler IN ITEMS ${CUTMIX_GXX} ${CUTMIX_CLANGXX})
  list(APPEND arithmetic_compilers ${compiler})
endforeach()
list(REMOVE_DUPLICATES arithmetic_compilers)
set(arithmetic_ways "-O0" "-O2" "-O2 -ffp-contract=off" "-O3 -march=native"
                    "-O3 -march=native -ffp-contract=fast")
foreach(compiler IN LISTS arithmetic_compilers)
  get_filename_component(compiler_name ${compiler} NAME)
  foreach(way IN LISTS arithmetic_ways)
    string(MAKE_C_IDENTIFIER "arithmetic_${compiler_name}_${way}" name)
    cutmix_script_test(${name} arithmetic/arithmetic_test.cmake COMPILER=${compiler} "WAY=${way}"
                       SOURCE=${CMAKE_CURRENT_LIST_DIR}/digests.cpp
                       INCLUDE=${PROJECT_SOURCE_DIR}/include PROGRAM=${CMAKE_CURRENT_BINARY_DIR}/${name}
                       EXPECTED=${CMAKE_CURRENT_LIST_DIR}/../data/arithmetic.txt)
  endforeach()
endforeach()
