# Compiles SHARED, a header, to what compilers read in its place where it is included first.
cmake_minimum_required(VERSION 3.22)
include(${FLAGS})
execute_process(COMMAND ${compiler} ${flags} -x c++-header ${SHARED} -o ${SHARED}.gch
                COMMAND_ERROR_IS_FATAL ANY)
