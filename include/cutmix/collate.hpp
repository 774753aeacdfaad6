#ifndef CUTMIX_COLLATE_HPP
#define CUTMIX_COLLATE_HPP

/// @file collate.hpp
/// Builds a mixed batch straight from samples that lie anywhere in memory, bytes converted on the
/// way.

#include <cstdint>
#include <type_traits>
#include <vector>

#include "images.hpp"
#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// Puts samples together into a mixed batch, in the one pass that builds the batch.
///
/// @code
/// cutmix::Plan plan = cutmix::make_plan({64, 224, 224}, options, rng);
/// cutmix::collate(plan, samples, mixed);  // a std::vector of 64 tensors, views or pointers
/// @endcode
/// @param device   as for mix_images
/// @param plan     drawn for B images of this shape
/// @param samples  B of them, in anything with size() and operator[]: whatever has a view, of
///                 x_out's axes without B in the same order, or of all of them by its letters with
///                 B of size 1 (x_out's are BHW or BCHW where it has none); or pointers to as many
///                 scalars, in the order of x_out's memory
/// @param x_out    (B, ..., H, W), rank 3 and up, or as its letters say; the samples' scalar, any
///                 strides; overwritten
///
/// The result is that of mix_images on the stacked samples. Aliasing: x_out must not overlap a
/// sample; samples may overlap each other. Errors: a plan that does not fit, a number or shape of
/// samples that does not, a null pointer, an overlap; all before anything is written. No draws.
/// Allocates the strides and a pointer of each sample, before anything is written, and keeps
/// samples that are returned by value until it is done. What samples or their view throw comes
/// before too.
template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out);
/// Where x_out's type says.
template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out);

/// What each byte of an image becomes: a table of 256 numbers for each channel.
///
/// @code
/// const auto imagenet =
///     cutmix::ByteConversion::normalized({0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});
/// const cutmix::ByteConversion unit(1, [](std::uint8_t byte, cutmix::Index) { return byte / 255.0;
/// });
/// @endcode
/// Numbers are kept as double and rounded once, to the scalar of the batch. A table is made once
/// and used for any number of batches, by any number of threads.
class ByteConversion {
 public:
  /// (byte / 255 - mean) / deviation, computed in double.
  ///
  /// One mean and one deviation a channel, in the order of the batch's channels; finite, deviations
  /// above 0, or std::invalid_argument. A single one of each serves all channels.
  static ByteConversion normalized(const std::vector<double>& means,
                                   const std::vector<double>& deviations);

  /// Any function (std::uint8_t byte, Index channel) -> number, called once for each pair.
  ///
  /// channels at least 1, and no more than memory could hold tables, or std::invalid_argument; 1
  /// serves any number. What the function throws comes through.
  template <class Function, class = std::enable_if_t<std::is_arithmetic_v<
                                std::invoke_result_t<const Function&, std::uint8_t, Index>>>>
  ByteConversion(Index channels, const Function& function);

  /// The number of tables.
  Index channels() const { return static_cast<Index>(table_.size() / 256); }
  /// What a byte becomes in one of these channels.
  double operator()(std::uint8_t byte, Index channel) const {
    return table_[static_cast<std::size_t>(channel) * 256 + byte];
  }

 private:
  std::vector<double> table_;
};

/// Puts samples of bytes together into a mixed batch of numbers, in one pass.
///
/// @code
/// samples.push_back(cutmix::view(rgb, {1, 224, 224, 3}, "BHWC"));
/// cutmix::collate(plan, samples, cutmix::view(batch, {64, 3, 224, 224}, "BCHW"), imagenet);
/// @endcode
/// @param device, plan  as above
/// @param samples       as above, but of std::uint8_t whatever x_out's scalar is; their order of
///                      axes and channels is that of their views: cutmix::flipped(view, 'C') for
///                      BGR
/// @param x_out         as above, of any floating or integer scalar
/// @param conversion    one table, or one for each channel of x_out: its letter C, or the axis
///                      behind B where it has no letters and rank 4 and up
///
/// The result is bit for bit that of converting each sample to x_out's scalar and mixing the stack
/// of them: pixels that are cut are entries of the table, blends are mixes of two. Aliasing and
/// draws as above. Errors: as above; a number of channels that does not fit; NaN where x_out has
/// integers. Allocates the strides and a pointer of each sample, and the table in x_out's scalar.
template <class Device, class Samples, class Out>
void collate(const Device& device, const Plan& plan, const Samples& samples, Out&& x_out,
             const ByteConversion& conversion);
/// Where x_out's type says.
template <class Samples, class Out>
void collate(const Plan& plan, const Samples& samples, Out&& x_out,
             const ByteConversion& conversion);

}  // namespace cutmix

#include "detail/collate.hpp"

#endif  // CUTMIX_COLLATE_HPP
