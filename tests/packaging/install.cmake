# Installs BUILD and moves what came out to PREFIX: nothing may depend on where it was installed.
cmake_minimum_required(VERSION 3.22)
set(staging ${PREFIX}-staging)
file(REMOVE_RECURSE ${PREFIX} ${staging})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${staging} --config ${CONFIG}
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${staging} ${PREFIX})

# The installed headers are all of the source's, and no file of the package names a folder of this
# machine.
file(GLOB_RECURSE sources RELATIVE ${SOURCE}/include ${SOURCE}/include/*)
file(GLOB_RECURSE installed RELATIVE ${PREFIX}/include ${PREFIX}/include/*)
if(NOT "${sources}" STREQUAL "${installed}")
  message(FATAL_ERROR "installed headers: ${installed}\nheaders in the source: ${sources}")
endif()
file(GLOB_RECURSE files ${PREFIX}/share/*)
foreach(file IN LISTS files)
  file(READ ${file} text)
  foreach(folder IN ITEMS ${staging} ${PREFIX} ${SOURCE} ${BUILD})
    string(FIND "${text}" "${folder}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} names ${folder}")
    endif()
  endforeach()
endforeach()
