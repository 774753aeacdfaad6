# Takes code out of a README in Markdown. A fenced block may have a marker, an HTML comment on the
# line before it:
#
#   <!-- quickstart -->          the program that a newcomer writes (cpp)
#   <!-- quickstart-cmake -->    its CMakeLists.txt (cmake)
#   <!-- compile: fragment -->   statements: compiled inside a function, after a preamble
#   <!-- compile: declarations -->  what stands outside functions: compiled after the preamble
#   <!-- compile: torch -->      a whole program or statements, compiled where LibTorch is found
#   <!-- compile: no -->         not compiled
#
# A cpp block without a marker, or with quickstart, must be a whole program.

# readme_read(FILE): sets readme_blocks to the number of the file's fenced blocks, and for each N
# from 1 readme_N_language, readme_N_marker, readme_N_line (of its first line of code) and
# readme_N_code.
#
# Nothing here is a CMake list: code is full of semicolons and brackets.
macro(readme_read readme_file)
  file(READ ${readme_file} readme_rest)
  string(REPLACE "\r\n" "\n" readme_rest "\n${readme_rest}")
  if(readme_rest MATCHES "\n[ \t]+```")
    message(FATAL_ERROR " ${readme_file}: an indented ``` is not understood here")
  endif()
  set(readme_blocks 0)
  set(readme_line 0)
  string(FIND "${readme_rest}" "\n```" readme_at)
  while(NOT readme_at EQUAL -1)
    readme_take(${readme_at} readme_before)
    readme_take(4 readme_fence)
    string(FIND "${readme_rest}" "\n" readme_at)
    readme_take(${readme_at} readme_language)
    string(FIND "${readme_rest}" "\n```" readme_at)
    if(readme_at EQUAL -1)
      message(FATAL_ERROR " ${readme_file}:${readme_line}: a ``` without an end")
    endif()
    math(EXPR readme_blocks "${readme_blocks} + 1")
    math(EXPR readme_${readme_blocks}_line "${readme_line} + 1")
    set(readme_${readme_blocks}_language "${readme_language}")
    set(readme_${readme_blocks}_marker "")
    if(readme_before MATCHES "<!-- ([^\n]*) -->\n*$")
      set(readme_${readme_blocks}_marker "${CMAKE_MATCH_1}")
    endif()
    readme_take(${readme_at} readme_${readme_blocks}_code)
    string(APPEND readme_${readme_blocks}_code "\n")
    readme_take(4 readme_fence)
    string(FIND "${readme_rest}" "\n```" readme_at)
  endwhile()
endmacro()

# Moves the first `count` bytes of readme_rest to `variable`, and counts their lines.
macro(readme_take count variable)
  string(SUBSTRING "${readme_rest}" 0 ${count} ${variable})
  string(SUBSTRING "${readme_rest}" ${count} -1 readme_rest)
  string(REGEX REPLACE "[^\n]+" "" readme_newlines "${${variable}}")
  string(LENGTH "${readme_newlines}" readme_newlines)
  math(EXPR readme_line "${readme_line} + ${readme_newlines}")
endmacro()

# readme_marked(FILE LANGUAGE MARKER OUT): the code of the first block in this language that has the
# marker. That there is none is an error.
function(readme_marked file language marker out)
  readme_read(${file})
  foreach(n RANGE 1 ${readme_blocks})
    if(readme_${n}_language STREQUAL language AND readme_${n}_marker STREQUAL marker)
      set(${out} "${readme_${n}_code}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR
    " ${file}: no \`\`\`${language} block stands right after a line <!-- ${marker} -->")
endfunction()

# readme_sources(FILE FOLDER PREAMBLE TORCH OUT): writes every cpp block that is to be compiled to a
# file in FOLDER, and sets OUT to their names; those of LibTorch only if TORCH.
function(readme_sources file folder preamble torch out)
  readme_read(${file})
  set(sources "")
  foreach(n RANGE 1 ${readme_blocks})
    set(code "${readme_${n}_code}")
    set(marker "${readme_${n}_marker}")
    if(NOT readme_${n}_language STREQUAL "cpp" OR marker STREQUAL "compile: no")
      continue()
    endif()
    if(marker STREQUAL "compile: torch" AND NOT torch)
      continue()
    endif()
    if(marker MATCHES "^compile: "
       AND NOT marker MATCHES "^compile: (fragment|declarations|torch)$")
      message(FATAL_ERROR " ${file}:${readme_${n}_line}: unknown marker <!-- ${marker} -->")
    endif()

    # Errors of the compiler then point into the README.
    set(code "#line ${readme_${n}_line} \"${file}\"\n${code}")
    if(marker STREQUAL "compile: declarations")
      set(code "#include \"${preamble}\"\n${code}")
    elseif(NOT code MATCHES "int main\\(")
      if(NOT marker MATCHES "^compile: ")
        message(FATAL_ERROR " ${file}:${readme_${n}_line}: the block is neither a whole program "
                            "nor marked <!-- compile: fragment --> or <!-- compile: no -->")
      endif()
      # Includes move in front of the function; their lines stay, empty, so that the count is kept.
      string(REGEX MATCHALL "\n#include [^\n]*" includes "${code}")
      list(JOIN includes "" includes)
      string(REGEX REPLACE "\n#include [^\n]*" "\n" code "${code}")
      set(code "#include \"${preamble}\"${includes}\nvoid readme_${n}() {\n${code}}\n")
    endif()

    # A file that would not change is left alone, so that it is not compiled again.
    set(source ${folder}/block_${n}.cpp)
    set(before "")
    if(EXISTS ${source})
      file(READ ${source} before)
    endif()
    if(NOT before STREQUAL code)
      file(WRITE ${source} "${code}")
    endif()
    list(APPEND sources ${source})
  endforeach()
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()
