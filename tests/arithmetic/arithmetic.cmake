# One program on every compiler, library and processor that is there, built in every way that could
# change its arithmetic; all must print what data/arithmetic.txt has, and draw the golden plans.
set(arithmetic_folder ${CMAKE_CURRENT_LIST_DIR})
set(arithmetic_data ${CMAKE_CURRENT_LIST_DIR}/../data)

# cutmix_test_arithmetic(name compiler emulator flags): `emulator` runs what the compiler makes.
function(cutmix_test_arithmetic name compiler emulator way)
  string(MAKE_C_IDENTIFIER "arithmetic_${name}_${way}" test)
  cutmix_script_test(${test} arithmetic/arithmetic_test.cmake COMPILER=${compiler} "WAY=${way}"
                     "EMULATOR=${emulator}" SOURCE=${arithmetic_folder}/digests.cpp
                     INCLUDE=${PROJECT_SOURCE_DIR}/include PROGRAM=${there}/${test}
                     EXPECTED=${arithmetic_data}/arithmetic.txt PLANS=${arithmetic_data}/plans.txt)
endfunction()

# ---- this processor ----

find_program(CUTMIX_GXX g++)
find_program(CUTMIX_CLANGXX clang++)
mark_as_advanced(CUTMIX_GXX CUTMIX_CLANGXX)
set(arithmetic_compilers "")
set(seen "")
foreach(compiler IN ITEMS ${CUTMIX_GXX} ${CUTMIX_CLANGXX} ${CMAKE_CXX_COMPILER})
  get_filename_component(program ${compiler} REALPATH)
  if(compiler AND NOT program IN_LIST seen)  # c++ is often another name of one of the others
    list(APPEND arithmetic_compilers ${compiler})
    list(APPEND seen ${program})
  endif()
endforeach()
set(arithmetic_ways "-O0" "-O2" "-O2 -ffp-contract=off" "-O3 -march=native"
                    "-O3 -march=native -ffp-contract=fast")
foreach(compiler IN LISTS arithmetic_compilers)
  get_filename_component(compiler_name ${compiler} NAME)
  foreach(way IN LISTS arithmetic_ways)
    cutmix_test_arithmetic(${compiler_name} ${compiler} "" "${way}")
  endforeach()
endforeach()

# Clang's own standard library, where it is installed.
if(CUTMIX_CLANGXX)
  file(WRITE ${there}/libcxx.cpp "#include <vector>\n")
  execute_process(COMMAND ${CUTMIX_CLANGXX} -stdlib=libc++ -fsyntax-only ${there}/libcxx.cpp
                  RESULT_VARIABLE no_libcxx ERROR_QUIET)
  if(no_libcxx)
    message(STATUS "cutmix: libc++ not found, its arithmetic is not tested (Debian: libc++-dev)")
  else()
    foreach(way IN ITEMS "-O0" "-O3 -march=native -ffp-contract=fast")
      cutmix_test_arithmetic(libcxx ${CUTMIX_CLANGXX} "" "-stdlib=libc++ ${way}")
    endforeach()
  endif()
endif()

# ---- other processors ----

# cutmix_other_processor(name compiler package emulator flags): programs are linked statically, so that
# they need nothing of the processor's system. GCC may contract a * b + c on aarch64 and s390x, which
# have had a fused operation from the beginning.
function(cutmix_other_processor name compiler package emulator flags)
  string(MAKE_C_IDENTIFIER "CUTMIX_${compiler}" found)
  find_program(${found} ${compiler})
  mark_as_advanced(${found})
  set(run "")
  if(emulator)
    find_program(CUTMIX_${emulator} ${emulator})
    mark_as_advanced(CUTMIX_${emulator})
    set(run ${CUTMIX_${emulator}})
    string(APPEND package " qemu-user")
  endif()
  if(NOT ${found} OR (emulator AND NOT run))
    message(STATUS "cutmix: ${name} is not tested (Debian: ${package})")
    return()
  endif()
  foreach(way IN ITEMS "-O0" "-O3 -ffp-contract=fast")
    cutmix_test_arithmetic(${name} ${${found}} "${run}" "-static ${flags} ${way}")
  endforeach()
  cutmix_script_test(last_bits_${name} arithmetic/last_bits_test.cmake
                     HERE=${CMAKE_CXX_COMPILER} THERE=${${found}} "EMULATOR=${run}" "FLAGS=${flags}"
                     SOURCE=${arithmetic_folder}/last_bits.cpp FOLDER=${there}/last_bits_${name}
                     INCLUDE=${PROJECT_SOURCE_DIR}/include)
endfunction()
# An x86-64 processor could run this itself, but not every kernel lets it.
cutmix_other_processor(i386 i686-linux-gnu-g++ g++-i686-linux-gnu qemu-i386 "-msse2 -mfpmath=sse")
cutmix_other_processor(aarch64 aarch64-linux-gnu-g++ g++-aarch64-linux-gnu qemu-aarch64 "")
cutmix_other_processor(s390x s390x-linux-gnu-g++ g++-s390x-linux-gnu qemu-s390x "")

# Sizes where an Index has 32 bits. Catch2 3 is a library, which the other processor does not have.
if(CUTMIX_i686_linux_gnu_g__ AND CUTMIX_qemu-i386 AND Catch2_FOUND AND Catch2_VERSION VERSION_LESS 3)
  cutmix_script_test(sizes_i386 arithmetic/sizes_test.cmake COMPILER=${CUTMIX_i686_linux_gnu_g__}
                     "EMULATOR=${CUTMIX_qemu-i386}" "FLAGS=-static -O1 -msse2 -mfpmath=sse"
                     TESTS=${arithmetic_folder}/.. INCLUDE=${PROJECT_SOURCE_DIR}/include
                     PROGRAM=${there}/sizes_i386)
else()
  message(STATUS "cutmix: sizes are not tested with 32 bits (Debian: g++-i686-linux-gnu qemu-user catch2)")
endif()
