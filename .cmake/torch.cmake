# Sets Torch_FOUND where there is a LibTorch that fits the compiler.
if(CMAKE_CXX_FLAGS MATCHES "-stdlib=libc\\+\\+" AND NOT APPLE)
  message(STATUS "cutmix: LibTorch is built with libstdc++, what needs it is skipped with libc++")
  return()
endif()

# Torch looks for packages whose names it spells otherwise; nobody here can change that.
set(FPHSA_NAME_MISMATCHED TRUE)
find_package(Torch QUIET)
unset(FPHSA_NAME_MISMATCHED)
if(NOT Torch_FOUND)
  message(STATUS "cutmix: LibTorch not found, what needs it is skipped (Debian: libtorch-dev)")
endif()
