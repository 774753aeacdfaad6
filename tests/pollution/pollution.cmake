# Compares the macros of WITHOUT and WITH after preprocessing: all that WITH adds or changes must
# begin with CUTMIX_, and nothing may be gone.
cmake_minimum_required(VERSION 3.22)
include(${FLAGS})

function(macros_of file out)
  execute_process(COMMAND ${compiler} ${flags} -dM -E ${file}
                  OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  # Macros hold what would break a list: semicolons and lone brackets.
  string(REGEX REPLACE "[];[]" "?" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

macros_of(${WITHOUT} without)
macros_of(${WITH} with)
list(LENGTH without count)
if(count LESS 1000)
  message(FATAL_ERROR "only ${count} macros in ${WITHOUT}")
endif()
set(added ${with})
list(REMOVE_ITEM added ${without})
list(FILTER added EXCLUDE REGEX "^#define CUTMIX_")
set(removed ${without})
list(REMOVE_ITEM removed ${with})
if(added OR removed)
  list(SORT added)
  list(JOIN added "\n  + " added)
  list(JOIN removed "\n  - " removed)
  message(FATAL_ERROR " Macros that differ:\n  + ${added}\n  - ${removed}")
endif()
