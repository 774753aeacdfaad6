#ifndef CUTMIX_VIEW_HPP
#define CUTMIX_VIEW_HPP

/// @file view.hpp
/// Views: how the library sees a batch, whatever holds it. A pointer, sizes, strides, a scalar
/// kind, and which axes are batch, depth, height and width.

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "detail/index.hpp"
#include "detail/scalar_kind.hpp"
#include "detail/sizes.hpp"
#include "plan.hpp"

namespace cutmix {

/// The kind of a C++ type: that of an arithmetic type by its size, `opaque` for anything else that
/// can be copied byte by byte.
///
/// @code
/// template <>
/// struct cutmix::ScalarTraits<my::half> {
///   static constexpr auto kind = cutmix::ScalarKind::half;
/// };
/// @endcode
template <class T, class = void>
struct ScalarTraits {
  /// What T is to the library.
  static constexpr ScalarKind kind = detail::kind_of<T>();
};

/// Teaches the library a tensor type: specialise it for yours.
///
/// @code
/// template <>
/// struct cutmix::TensorTraits<my::Batch> {
///   static BatchView view(my::Batch& b) { return cutmix::view(b.data(), {b.n, b.h, b.w}, "BHW"); }
///   static ConstBatchView view(const my::Batch& b) { return view(const_cast<my::Batch&>(b)); }
/// };
/// @endcode
/// What may stand beside it:
/// - `static constexpr bool owns_memory`: false for a handle, map or view, which may be a temporary
///   when it is written to (default true);
/// - `using Scalar` and `static constexpr int rank`, where the type fixes them: then what is wrong
///   is said when the program is compiled;
/// - `static constexpr bool is_row_major`: true where all of its tensors are (B, ..., H, W) without
///   gaps, the last axis fastest: then the ways to mix others are not compiled;
/// - `static auto like(const T&)`: a new tensor of the same shape and scalar;
/// - `static auto targets(const T& labels, Index n_classes)`: new targets for labels, of
///   (B, n_classes) for class ids, else of the labels' shape. Without these two only the forms into
///   memory exist;
/// - `static auto device()`: where it is worked on unless the caller says so;
/// - `static void written(T&)`: told after it was written to;
/// - `static auto view(const T&, std::string_view letters)`: what stands for the tensor with named
///   axes, where that is more than a BatchView; it needs TensorTraits of its own.
template <class T, class = void>
struct TensorTraits {};

/// A batch that can be read. Owns nothing; copies are cheap.
///
/// At most 8 axes. Strides are in scalars and may be 0 or negative. Letters name the logical axes
/// in the order of their index, never memory's: B is the batch, D, H and W are cut, through any
/// other upper-case letter boxes go. Without letters a view is (B, ..., H, W) to images, and (B,
/// ...) to labels.
class ConstBatchView {
 public:
  /// Any memory.
  ///
  /// @param data     the scalar at position 0 of every axis; not null unless the view is empty
  /// @param kind     of the scalars
  /// @param bytes    of one scalar
  /// @param sizes    of each axis
  /// @param letters  one for each axis, or none
  /// @param strides  one for each axis, or none: the last axis is the fastest, without gaps
  ///
  /// Errors: more than 8 axes; a negative size; a size in bytes that overflows; letters that do not
  /// fit the rank, lack B or W, repeat one, or are not upper-case; a null pointer. Never allocates.
  ConstBatchView(const void* data, ScalarKind kind, Index bytes, const Sizes& sizes,
                 std::string_view letters = {}, const Sizes& strides = {})
      : ConstBatchView(data == nullptr, kind, bytes, sizes, letters, strides) {
    data_ = data;
  }

  /// The same memory with other letters; none: without them.
  ConstBatchView with_letters(std::string_view letters) const;

  /// The scalar at position 0 of every axis.
  const void* data() const { return data_; }
  /// The kind of the scalars.
  ScalarKind kind() const { return kind_; }
  /// The bytes of one scalar.
  Index scalar_bytes() const { return bytes_; }
  /// The number of axes.
  int rank() const { return sizes_.rank(); }
  /// The size of an axis.
  Index size(int axis) const { return sizes_[axis]; }
  /// The scalars from one position of an axis to the next.
  Index stride(int axis) const { return strides_[axis]; }
  /// The letters of the axes; empty where there are none.
  std::string_view letters() const {
    return {letters_, has_letters_ ? static_cast<std::size_t>(rank()) : 0};
  }

 private:
  friend class BatchView;

  // Everything but the pointer: one to const would make compilers ask whether outputs have values.
  ConstBatchView(bool is_null, ScalarKind kind, Index bytes, const Sizes& sizes,
                 std::string_view letters, const Sizes& strides);
  void set_letters(std::string_view letters);

  const void* data_ = nullptr;
  ScalarKind kind_;
  bool has_letters_ = false;
  char letters_[Sizes::most] = {};
  Index bytes_;
  Sizes sizes_, strides_;
};

/// A batch that can be written as well.
class BatchView : public ConstBatchView {
 public:
  /// Any memory, as ConstBatchView's.
  BatchView(void* data, ScalarKind kind, Index bytes, const Sizes& sizes,
            std::string_view letters = {}, const Sizes& strides = {})
      : ConstBatchView(data == nullptr, kind, bytes, sizes, letters, strides) {
    data_ = data;
  }

  /// The same memory with other letters; none: without them.
  BatchView with_letters(std::string_view letters) const {
    return BatchView(ConstBatchView::with_letters(letters));
  }
  /// The scalar at position 0 of every axis.
  void* data() const { return const_cast<void*>(ConstBatchView::data()); }

 private:
  explicit BatchView(const ConstBatchView& view) : ConstBatchView(view) {}
};

/// Views raw memory.
///
/// @code
/// auto images = cutmix::view(pixels, {64, 224, 224, 3}, "BHWC");
/// auto labels = cutmix::view(ids, {64});
/// @endcode
/// @param pointer  to scalars of any type that can be copied byte by byte
/// @param sizes    of each axis: integers of any type, or a list of them
/// @param letters  one for each axis, or none: "BCHW", "BHWC", "BCW" (signals), "BCDHW" (volumes)
/// @param strides  in scalars; none: the last axis is the fastest, without gaps
/// @return         a BatchView, or a ConstBatchView of a pointer to const
///
/// Errors: ConstBatchView's. Never allocates.
template <class T>
auto view(T* pointer, const Sizes& sizes, std::string_view letters = {}, const Sizes& strides = {});
/// Strides stand behind the letters, or behind `{}` where there are none: {0, 1} would be a text at
/// address 0.
template <class T, class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
BatchView view(T* pointer, const Sizes& sizes, std::initializer_list<Integer> strides) = delete;

/// Views whatever has TensorTraits: tensors of Eigen and torch with the adaptors' headers, lists of
/// labels (std::vector, std::array), views themselves.
///
/// @code
/// auto images = cutmix::view(tensor);              // (B, ..., H, W)
/// auto channels_last = cutmix::view(tensor, "BHWC");
/// @endcode
/// The tensor must outlive the view. Errors: ConstBatchView's, and the tensor type's own.
template <class T>
auto view(T&& tensor);
/// The same, with other axes than (B, ..., H, W).
template <class T, class = std::enable_if_t<!std::is_pointer_v<std::decay_t<T>>>>
auto view(T&& tensor, std::string_view letters);

/// The same memory with one axis running the other way.
///
/// @code
/// auto rgb = cutmix::flipped(cutmix::view(bgr, {1, 480, 640, 3}, "BHWC"), 'C');
/// auto mirrored = cutmix::flipped(rgb, 'W');
/// @endcode
/// @param letter  names the axis; the view must have letters
///
/// Errors: a letter that the view does not have. Never allocates.
inline ConstBatchView flipped(const ConstBatchView& view, char letter);
/// The same for memory that can be written.
inline BatchView flipped(const BatchView& view, char letter);

/// Positions [begin, end) of one axis, in the same memory.
///
/// @code
/// auto left_half = cutmix::cropped(image, 'W', 0, 320);
/// @endcode
/// @param letter      names the axis; the view must have letters
/// @param begin, end  0 <= begin <= end <= the axis' size
///
/// Errors: a letter that the view does not have, positions out of range. Never allocates.
inline ConstBatchView cropped(const ConstBatchView& view, char letter, Index begin, Index end);
/// The same for memory that can be written.
inline BatchView cropped(const BatchView& view, char letter, Index begin, Index end);

/// What a plan must know of a batch of images.
///
/// @code
/// cutmix::BatchShape shape = cutmix::batch_shape(images);
/// @endcode
/// @param images  rank 3 and up, (B, ..., H, W), or as its letters say
///
/// Errors: a rank below 3 without letters. Never allocates.
template <class X>
BatchShape batch_shape(const X& images);

/// Draws a plan for a batch of images: make_plan for its shape.
///
/// @code
/// cutmix::Plan plan = cutmix::make_plan(images, options, rng);
/// @endcode
template <class X, class Urbg, class = std::enable_if_t<detail::is_no_shape<X>>>
Plan make_plan(const X& images, const Options& options, Urbg& rng);

/// The same into memory that is kept.
///
/// @code
/// cutmix::make_plan(images, options, rng, plan);
/// @endcode
template <class X, class Urbg, class = std::enable_if_t<detail::is_no_shape<X>>>
void make_plan(const X& images, const Options& options, Urbg& rng, Plan& plan);

}  // namespace cutmix

#include "detail/view.hpp"

#endif  // CUTMIX_VIEW_HPP
