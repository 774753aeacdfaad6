# What readme_sources says of README, without a build.
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/readme.cmake)
readme_sources(${README} . preamble.hpp OFF sources)
