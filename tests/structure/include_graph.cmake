# Draws the include graph of INCLUDE/cutmix, checks every arrow against the rooms of the design, and
# writes it to DOT for Graphviz where that is given.
cmake_minimum_required(VERSION 3.22)

# The rooms from the bottom up: arrows point down this list. X.hpp and detail/X.hpp are one room, for
# the second defines what the first declares. What stands in one line knows nothing of each other.
set(floors
    "attributes index scalar_kind version"
    "math"
    "error text"
    "sizes"
    "executor"                     # memory, but of plain types alone
    "philox random"                # chance
    "bbox"
    "plan"
    "view"                         # memory
    "sample_order"
    "images labels detections region_masks"
    "collate exchange loss"
    "mixer"
    "gpu torch_tensor"             # what devices that apply plans themselves share
    "torch_work"
    "eigen torch dlpack cuda"      # adaptors
    "torch_data"
    "cutmix")
set(adaptors eigen torch torch_data dlpack cuda)

# What each room may use besides the standard library, as a regular expression.
set(library_of_eigen "^(unsupported/)?Eigen/")
set(library_of_torch "^(ATen|c10)/")
set(library_of_torch_tensor ${library_of_torch})
set(library_of_torch_work ${library_of_torch})
set(library_of_torch_data "^(ATen|torch)/")
set(library_of_cuda "^cuda")

# Kernels see bytes and scalars alone.
set(seen_by_kernels detail/attributes.hpp detail/index.hpp detail/math.hpp
                    detail/scalar_kind.hpp)
set(intrinsics immintrin.h)

# What anybody may use; a user compiles all of it, so it is no longer than needed.
set(standard_headers
    algorithm array cmath cstddef cstdint cstdio cstdlib cstring functional
    initializer_list istream limits locale memory numeric optional ostream sstream stdexcept
    streambuf string string_view type_traits utility vector)

set(floor 0)
foreach(rooms IN LISTS floors)
  separate_arguments(rooms)
  foreach(room IN LISTS rooms)
    set(floor_of_${room} ${floor})
  endforeach()
  math(EXPR floor "${floor} + 1")
endforeach()

file(GLOB_RECURSE headers RELATIVE ${INCLUDE}/cutmix ${INCLUDE}/cutmix/*)
list(LENGTH headers count)
if(count EQUAL 0)
  message(FATAL_ERROR "there is no header in ${INCLUDE}/cutmix")
endif()

set(faults "")
set(arrows "")
macro(fault what)
  string(APPEND faults "\n  ${header} -> ${included}: ${what}")
endmacro()

foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  get_filename_component(room ${header} NAME_WE)
  if(NOT folder STREQUAL "detail/kernels" AND NOT DEFINED floor_of_${room})
    set(included "?")
    fault("no room has this header; name its place in include_graph.cmake")
    continue()
  endif()

  file(STRINGS ${INCLUDE}/cutmix/${header} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "#[ \t]*include[ \t]*<([^>]+)>")
      set(included ${CMAKE_MATCH_1})
      if(included IN_LIST standard_headers)
        continue()
      endif()
      string(APPEND arrows "  \"${header}\" -> \"<${included}>\";\n")
      if(folder STREQUAL "detail/kernels")
        if(NOT included IN_LIST intrinsics)
          fault("kernels use the standard library and intrinsics alone")
        endif()
      elseif(included IN_LIST intrinsics)
        fault("intrinsics are the kernels' alone")
      elseif(included MATCHES "^cutmix/")
        fault("the library's own headers are included by their relative place")
      elseif(NOT DEFINED library_of_${room} OR NOT included MATCHES "${library_of_${room}}")
        fault("not a header of the standard library that this room is known to use")
      endif()
      continue()
    elseif(NOT line MATCHES "#[ \t]*include[ \t]*\"([^\"]+)\"")
      set(included ${line})
      fault("neither <...> nor \"...\"")
      continue()
    endif()

    set(included ${CMAKE_MATCH_1})
    get_filename_component(path ${INCLUDE}/cutmix/${folder}/${included} ABSOLUTE)
    file(RELATIVE_PATH included ${INCLUDE}/cutmix ${path})
    string(APPEND arrows "  \"${header}\" -> \"${included}\";\n")
    if(NOT EXISTS ${path})
      fault("there is no such header")
      continue()
    endif()
    get_filename_component(to_folder ${included} DIRECTORY)
    get_filename_component(to ${included} NAME_WE)

    if(folder STREQUAL "detail/kernels")
      if(NOT to_folder STREQUAL "detail/kernels" AND NOT included IN_LIST seen_by_kernels)
        fault("kernels know bytes and scalars, no plan, no options, no view")
      endif()
      continue()
    elseif(to_folder STREQUAL "detail/kernels")
      if(NOT folder STREQUAL "detail" OR DEFINED library_of_${room})
        fault("kernels are called by detail/ alone")
      endif()
      continue()
    elseif(room STREQUAL to)
      continue()  # the two halves of one room
    elseif(NOT DEFINED floor_of_${to})
      continue()  # said above, where it is the header
    elseif(NOT floor_of_${to} LESS floor_of_${room})
      fault("points up, or across")
    elseif(room STREQUAL "cutmix" AND to IN_LIST adaptors AND NOT to STREQUAL "eigen")
      fault("of the adaptors cutmix.hpp includes eigen.hpp alone")
    elseif(folder STREQUAL "" AND to_folder STREQUAL "detail" AND EXISTS ${INCLUDE}/cutmix/${to}.hpp)
      fault("the other half of another room; include ${to}.hpp")
    endif()
  endforeach()
endforeach()

if(DOT)
  file(WRITE ${DOT} "digraph include {\n  rankdir = BT;\n${arrows}}\n")
endif()
if(faults)
  message(FATAL_ERROR " Arrows that the design forbids:${faults}")
endif()
message(STATUS "${count} headers, every arrow points down")
