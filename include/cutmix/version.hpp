#ifndef CUTMIX_VERSION_HPP
#define CUTMIX_VERSION_HPP

/// @file version.hpp
/// The version, in the form that the preprocessor can compare; CMake reads it from here.

#define CUTMIX_VERSION_MAJOR 1  ///< changes where programs must change
#define CUTMIX_VERSION_MINOR 0  ///< changes where something is added
#define CUTMIX_VERSION_PATCH 0  ///< changes where something is put right

#endif  // CUTMIX_VERSION_HPP
