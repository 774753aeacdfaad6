# The LibTorch example, where there is a LibTorch that fits the compiler. Needs ZLIB::ZLIB.
if(CMAKE_CXX_FLAGS MATCHES "-stdlib=libc\\+\\+" AND NOT APPLE)
  message(STATUS "cutmix: LibTorch is built with libstdc++, its example is skipped with libc++")
  return()
endif()

# Torch looks for packages whose names it spells otherwise; nobody here can change that.
set(FPHSA_NAME_MISMATCHED TRUE)
find_package(Torch QUIET)
unset(FPHSA_NAME_MISMATCHED)
if(NOT Torch_FOUND)
  message(STATUS "cutmix: LibTorch not found, its example is skipped (Debian: libtorch-dev)")
  return()
endif()

add_executable(libtorch_train libtorch_train.cpp)
target_link_libraries(libtorch_train PRIVATE cutmix_development ZLIB::ZLIB ${TORCH_LIBRARIES})
