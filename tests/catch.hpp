#ifndef CUTMIX_TESTS_CATCH_HPP
#define CUTMIX_TESTS_CATCH_HPP

// Catch2 2 or 3, whichever is installed; the fuzzers do without.
#if defined(CUTMIX_FUZZING)
#include "fuzz/require.hpp"
#elif __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#endif  // CUTMIX_TESTS_CATCH_HPP
