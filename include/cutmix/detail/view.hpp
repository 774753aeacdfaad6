#ifndef CUTMIX_DETAIL_VIEW_HPP
#define CUTMIX_DETAIL_VIEW_HPP

// What view.hpp declares, and what every application asks of views.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "../view.hpp"
#include "executor.hpp"

namespace cutmix {
namespace detail {

// ---- what can be known when compiling ----

template <class T, class = void>
constexpr bool owns_memory = true;
template <class T>
constexpr bool owns_memory<T, std::void_t<decltype(TensorTraits<T>::owns_memory)>> =
    TensorTraits<T>::owns_memory;

template <class T, class = void>
struct ScalarOrVoid {
  using Type = void;
};
template <class T>
struct ScalarOrVoid<T, std::void_t<typename TensorTraits<T>::Scalar>> {
  using Type = typename TensorTraits<T>::Scalar;
};
// The scalar and the rank of a tensor type; void and -1 where only a run can tell.
template <class T>
using ScalarOf = typename ScalarOrVoid<Bare<T>>::Type;
template <class T, class = void>
constexpr int rank_of = -1;
template <class T>
constexpr int rank_of<T, std::void_t<decltype(TensorTraits<Bare<T>>::rank)>> =
    TensorTraits<Bare<T>>::rank;

// Whether two types may have the same scalar, or the same rank.
template <class A, class B>
constexpr bool scalars_agree = std::is_void_v<ScalarOf<A>> || std::is_void_v<ScalarOf<B>> ||
                               std::is_same_v<ScalarOf<A>, ScalarOf<B>>;
template <class A, class B>
constexpr bool ranks_agree = rank_of<A> < 0 || rank_of<B> < 0 || rank_of<A> == rank_of<B>;

template <class T>
constexpr ScalarKind static_kind = ScalarTraits<ScalarOf<T>>::kind;
template <class T>
constexpr bool is_known = !std::is_void_v<ScalarOf<T>>;

// Whether all tensors of a type are known to be (B, ..., H, W) without gaps, the last axis fastest.
template <class T, class = void>
constexpr bool is_row_major = false;
template <class T>
constexpr bool is_row_major<T, std::void_t<decltype(TensorTraits<Bare<T>>::is_row_major)>> =
    TensorTraits<Bare<T>>::is_row_major;
template <class X, class Source, class Out>
constexpr bool are_row_major = is_row_major<X>&& is_row_major<Source>&& is_row_major<Out>;

template <class T>
constexpr bool is_list_of_labels = false;
template <class T, class Allocator>
constexpr bool is_list_of_labels<std::vector<T, Allocator>> = true;
template <class T, std::size_t N>
constexpr bool is_list_of_labels<std::array<T, N>> = true;

template <class T>
constexpr bool accepts_scalar() {
  static_assert(std::is_trivially_copyable_v<T>,
                "cutmix: scalars must be trivially copyable; of void there are none: cast the "
                "pointer to the scalar's type");
  return std::is_trivially_copyable_v<T>;
}

template <class T>
constexpr bool accepts_view() {
  using Type = Bare<T>;
  static_assert(!std::is_pointer_v<std::decay_t<Type>>,
                "cutmix: a pointer has no shape; wrap it: cutmix::view(pointer, {B, C, H, W}, "
                "\"BCHW\")");
  if constexpr (!std::is_pointer_v<std::decay_t<Type>>) {
    static_assert(
        has_view<T>,
        "cutmix: no tensor and no view: include <cutmix/eigen.hpp> or <cutmix/torch.hpp>, evaluate "
        "an Eigen expression into a tensor, wrap memory in cutmix::view(pointer, sizes, letters), "
        "or specialise cutmix::TensorTraits");
    return has_view<T>;
  }
  return false;
}

template <class X>
constexpr bool accepts_images() {
  static_assert(!is_list_of_labels<Bare<X>>,
                "cutmix: a std::vector or std::array is a list of labels, never images; wrap its "
                "memory: cutmix::view(list.data(), {B, C, H, W}, \"BCHW\")");
  if constexpr (!is_list_of_labels<Bare<X>>) {
    if constexpr (accepts_view<X>()) {
      constexpr bool has_rank = rank_of<X> < 0 || rank_of<X> >= 3;
      static_assert(has_rank,
                    "cutmix: images must have rank 3 or more: (B, ..., H, W); name other axes: "
                    "cutmix::view(x, \"BCW\")");
      return has_rank;
    }
  }
  return false;
}

// An output must be what can be written and what somebody can read afterwards.
template <class Out>
constexpr bool accepts_output() {
  if constexpr (accepts_view<Out>()) {
    constexpr bool writable =
        std::is_same_v<decltype(TensorTraits<Bare<Out>>::view(std::declval<Out&>())), BatchView>;
    static_assert(writable,
                  "cutmix: the output is const; pass a non-const object or a view of one");
    constexpr bool lasts = std::is_lvalue_reference_v<Out> || !owns_memory<Bare<Out>>;
    static_assert(!writable || lasts,
                  "cutmix: the output is a temporary, which nobody could read; pass a named "
                  "object or a view");
    return writable && lasts;
  }
  return false;
}

// Where the plan stands among a call's arguments, where there is one.
template <class... Arguments>
constexpr std::size_t plan_position() {
  std::size_t position = 0;
  for (const bool is_plan : {std::is_same_v<Bare<Arguments>, Plan>..., true}) {
    if (is_plan) break;
    ++position;
  }
  return position;
}

// Whether the plan stands behind what it is applied to, which no right call has. A device may stand
// before it where there is an argument more than `fewest`.
template <std::size_t fewest, class... Arguments>
constexpr bool plan_stands_late = plan_position<Arguments...>() < sizeof...(Arguments) &&
                                  (plan_position<Arguments...>() > 1 ||
                                   (plan_position<Arguments...>() == 1 &&
                                    sizeof...(Arguments) <= fewest));

template <class T, class = void>
constexpr bool names_axes = false;
template <class T>
constexpr bool names_axes<
    T, std::void_t<decltype(TensorTraits<T>::view(std::declval<const T&>(), std::string_view()))>> =
    true;

// Tensors whose memory a GPU can reach, or nobody here: their traits view them for those who do not
// read them, or not here.
template <class T, class = void>
constexpr bool has_view_for_gpu = false;
template <class T>
constexpr bool has_view_for_gpu<
    T, std::void_t<decltype(TensorTraits<T>::view_for_gpu(std::declval<const T&>()))>> = true;
template <class T>
auto view_for_gpu(T& tensor) {
  if constexpr (has_view_for_gpu<Bare<T>>)
    return TensorTraits<Bare<T>>::view_for_gpu(tensor);
  else
    return view(tensor);
}
template <class T, class = void>
constexpr bool has_view_unread = false;
template <class T>
constexpr bool has_view_unread<
    T, std::void_t<decltype(TensorTraits<T>::view_unread(std::declval<const T&>()))>> = true;
template <class T>
ConstBatchView view_unread(const T& tensor) {
  if constexpr (has_view_unread<T>)
    return TensorTraits<T>::view_unread(tensor);
  else
    return view(tensor);
}

// Views of a call's tensors for the processor.
struct HostViews {
  static constexpr bool reads_labels = true;
  template <class T>
  auto operator()(Role, T& tensor) const {
    return view(tensor);
  }
};

// Of a source, where a call has one.
template <class X>
constexpr const X* no_source = nullptr;
template <class Views, class Source>
std::optional<ConstBatchView> view_source(Views& views, Role role, const Source* source) {
  if (source == nullptr) return std::nullopt;
  return views(role, *source);
}
inline const ConstBatchView* or_null(const std::optional<ConstBatchView>& view) {
  return view ? &*view : nullptr;
}

template <class T, class = void>
constexpr bool is_told_of_writes = false;
template <class T>
constexpr bool
    is_told_of_writes<T, std::void_t<decltype(TensorTraits<T>::written(std::declval<T&>()))>> =
        true;

template <class T>
void mark_written(T& tensor) {
  if constexpr (is_told_of_writes<Bare<T>>) TensorTraits<Bare<T>>::written(tensor);
}

// ---- making a view ----

[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail_product(const char* what, Index a, Index b) {
  fail("% = % x %, must be at most %", {what, a, b, largest_index});
}

// Asked in double, which is faster than a division and refuses nothing that memory could hold. The
// bound leaves room for three roundings of 2^-53.
inline Index checked_product(Index a, Index b, const char* what) {
  constexpr double bound = index_has_64_bits ? 0x1p63 - 0x1p15 : 0x1p31;
  if (static_cast<double>(a) * static_cast<double>(b) >= bound) fail_product(what, a, b);
  return a * b;
}

CUTMIX_ONCE inline Index size_in_bytes(const Sizes& sizes, Index scalar_bytes) {
  bool empty = false;
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    if (sizes[axis] < 0) fail("sizes[%] = %, must be at least 0", {axis, sizes[axis]});
    empty = empty || sizes[axis] == 0;
  }
  // Of an empty view, what one position on each empty axis would take: so that no product of some
  // of the sizes overflows either.
  Index product = scalar_bytes;
  for (int axis = 0; axis < sizes.rank(); ++axis)
    product = checked_product(product, std::max(sizes[axis], Index{1}), "size in bytes");
  return empty ? 0 : product;
}

// An address behind the last byte must still be a distance from the first.
inline void check_span(const Sizes& sizes, const Sizes& strides, Index scalar_bytes) {
  constexpr Index most = std::numeric_limits<Index>::max();
  Index span = scalar_bytes;
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    if (strides[axis] < -most) fail("strides[%] = %, is out of range", {axis, strides[axis]});
    const Index distance = strides[axis] < 0 ? -strides[axis] : strides[axis];
    const Index reach = checked_product(checked_product(distance, sizes[axis] - 1, "reach"),
                                        scalar_bytes, "reach in bytes");
    if (reach > most - span)
      fail("reach in bytes = more than %, must be addressable", {largest_index});
    span += reach;
  }
}

// Where among letters one stands; -1: nowhere.
CUTMIX_ONCE inline int position_of(char letter, std::string_view letters) {
  for (std::size_t i = 0; i < letters.size(); ++i)
    if (letters[i] == letter) return static_cast<int>(i);
  return -1;
}

[[noreturn]] CUTMIX_OUT_OF_LINE inline void fail_letters(std::string_view letters,
                                                         const char* rule) {
  fail("letters = \"%\", %", {letters, rule});
}

inline void check_letters(std::string_view letters, int rank) {
  if (static_cast<int>(letters.size()) != rank)
    fail("letters = \"%\", must be %, one for each axis", {letters, rank});
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] < 'A' || letters[i] > 'Z') fail_letters(letters, "must be A to Z");
    if (position_of(letters[i], letters) != static_cast<int>(i))
      fail_letters(letters, "must not repeat one");
  }
  if (position_of('B', letters) < 0) fail_letters(letters, "must have B, the batch");
  if (position_of('W', letters) < 0) fail_letters(letters, "must have W, the width");
}

inline Sizes dense_strides(const Sizes& sizes) {
  Index reversed[Sizes::most] = {};
  Index stride = 1;
  for (int axis = sizes.rank() - 1; axis >= 0; --axis) {
    reversed[axis] = stride;
    stride *= sizes[axis];
  }
  return Sizes(Span{reversed, sizes.rank()});
}

// The strides of memory without gaps whose first axis is the fastest.
inline Sizes first_fastest(const Sizes& sizes) {
  if (size_in_bytes(sizes, 1) == 0) return sizes;  // and refuses what overflows
  Index strides[Sizes::most] = {};
  Index stride = 1;
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    strides[axis] = stride;
    stride *= std::max(sizes[axis], Index{1});
  }
  return Sizes(Span{strides, sizes.rank()});
}

}  // namespace detail

inline ConstBatchView::ConstBatchView(bool is_null, ScalarKind kind, Index bytes,
                                      const Sizes& sizes, std::string_view letters,
                                      const Sizes& strides)
    : kind_(kind), bytes_(bytes), sizes_(sizes) {
  if (static_cast<int>(kind) > static_cast<int>(ScalarKind::float64))
    detail::fail("scalar kind = %, must be one of cutmix::ScalarKind", {static_cast<int>(kind)});
  const int expected = detail::bytes_of(kind);
  if (bytes < 1 || (expected != 0 && bytes != expected))
    detail::fail(expected == 0 ? "bytes of a scalar = %, must be at least 1"
                               : "bytes of a scalar = %, must be % for %",
                 {bytes, expected, detail::name_of(kind)});
  const bool empty = detail::size_in_bytes(sizes, bytes) == 0;
  if (strides.rank() != 0 && strides.rank() != sizes.rank())
    detail::fail("number of strides = %, must be %, as of sizes", {strides.rank(), sizes.rank()});
  if (!empty) {  // else there is nothing to step to, and they stay 0
    strides_ = strides.rank() == 0 ? detail::dense_strides(sizes) : strides;
    detail::check_span(sizes, strides_, bytes);
  }
  if (is_null && !empty) detail::fail("data = nullptr, must point at the scalars");
  set_letters(letters);
}

inline void ConstBatchView::set_letters(std::string_view letters) {
  has_letters_ = !letters.empty();
  if (!has_letters_) return;
  detail::check_letters(letters, rank());
  std::copy(letters.begin(), letters.end(), letters_);
}

inline ConstBatchView ConstBatchView::with_letters(std::string_view letters) const {
  ConstBatchView view = *this;
  view.set_letters(letters);
  return view;
}

template <>
struct TensorTraits<ConstBatchView> {
  static constexpr bool owns_memory = false;
  static ConstBatchView view(const ConstBatchView& view) { return view; }
};
template <>
struct TensorTraits<BatchView> {
  static constexpr bool owns_memory = false;
  static BatchView view(const BatchView& view) { return view; }
};

// Lists are labels of rank 1.
template <class T, class Allocator>
struct TensorTraits<
    std::vector<T, Allocator>,
    std::enable_if_t<ScalarTraits<T>::kind != ScalarKind::opaque && !std::is_same_v<T, bool>>> {
  using Scalar = T;
  static constexpr int rank = 1;
  static BatchView view(std::vector<T, Allocator>& list) {
    return cutmix::view(list.data(), {list.size()});
  }
  static ConstBatchView view(const std::vector<T, Allocator>& list) {
    return cutmix::view(list.data(), {list.size()});
  }
};
template <class T, std::size_t N>
struct TensorTraits<std::array<T, N>,
                    std::enable_if_t<ScalarTraits<T>::kind != ScalarKind::opaque>> {
  using Scalar = T;
  static constexpr int rank = 1;
  static BatchView view(std::array<T, N>& list) { return cutmix::view(list.data(), {N}); }
  static ConstBatchView view(const std::array<T, N>& list) {
    return cutmix::view(list.data(), {N});
  }
};

template <class T>
auto view(T* pointer, const Sizes& sizes, std::string_view letters, const Sizes& strides) {
  if constexpr (!detail::accepts_scalar<std::remove_cv_t<T>>()) {
    return BatchView(nullptr, ScalarKind::opaque, 1, {0});  // after one message there is no second
  } else {
    constexpr ScalarKind kind = ScalarTraits<std::remove_cv_t<T>>::kind;
    if constexpr (std::is_const_v<T>)
      return ConstBatchView(pointer, kind, sizeof(T), sizes, letters, strides);
    else
      return BatchView(pointer, kind, sizeof(T), sizes, letters, strides);
  }
}

template <class T>
auto view(T&& tensor) {
  if constexpr (detail::accepts_view<T>())
    return TensorTraits<detail::Bare<T>>::view(tensor);
  else
    return BatchView(nullptr, ScalarKind::opaque, 1, {0});  // as above
}

template <class T, class>
auto view(T&& tensor, std::string_view letters) {
  if constexpr (detail::names_axes<detail::Bare<T>>)
    return TensorTraits<detail::Bare<T>>::view(tensor, letters);
  else
    return view(std::forward<T>(tensor)).with_letters(letters);
}

namespace detail {

// ---- other views of the same memory ----

inline int axis_of(const ConstBatchView& view, char letter) {
  const int axis = position_of(letter, view.letters());
  if (axis < 0)
    fail("letter = '%', must be one of the view's letters, \"%\"",
         {std::string_view(&letter, 1), view.letters()});
  return axis;
}

// The view with another axis: from position `first` on, of another size and stride.
template <class View>
View with_axis(const View& view, int axis, Index first, Index size, Index stride) {
  using Memory = std::conditional_t<std::is_same_v<View, BatchView>, char, const char>;
  Index sizes[Sizes::most] = {}, strides[Sizes::most] = {};
  for (int i = 0; i < view.rank(); ++i) sizes[i] = view.size(i), strides[i] = view.stride(i);
  sizes[axis] = size, strides[axis] = stride;
  auto* data = static_cast<Memory*>(view.data());
  if (size != 0) data += first * view.stride(axis) * view.scalar_bytes();
  return View(data, view.kind(), view.scalar_bytes(), Sizes(Span{sizes, view.rank()}),
              view.letters(), Sizes(Span{strides, view.rank()}));
}

template <class View>
View flipped_view(const View& view, char letter) {
  const int axis = axis_of(view, letter);
  return with_axis(view, axis, view.size(axis) - 1, view.size(axis), -view.stride(axis));
}

template <class View>
View cropped_view(const View& view, char letter, Index begin, Index end) {
  const int axis = axis_of(view, letter);
  if (begin < 0 || begin > end) fail("begin = %, must be in [0, %], up to end", {begin, end});
  if (end > view.size(axis))
    fail("end = %, must be at most %, the size of the axis", {end, view.size(axis)});
  return with_axis(view, axis, begin, end - begin, view.stride(axis));
}

}  // namespace detail

inline ConstBatchView flipped(const ConstBatchView& view, char letter) {
  return detail::flipped_view(view, letter);
}
inline BatchView flipped(const BatchView& view, char letter) {
  return detail::flipped_view(view, letter);
}
inline ConstBatchView cropped(const ConstBatchView& view, char letter, Index begin, Index end) {
  return detail::cropped_view(view, letter, begin, end);
}
inline BatchView cropped(const BatchView& view, char letter, Index begin, Index end) {
  return detail::cropped_view(view, letter, begin, end);
}

namespace detail {

// ---- what views mean ----

CUTMIX_ONCE inline bool is_empty(const ConstBatchView& view) {
  for (int axis = 0; axis < view.rank(); ++axis)
    if (view.size(axis) == 0) return true;
  return false;
}

// The letters of images that have none: (B, ..., H, W), with small letters for what lies between.
inline std::string_view image_letters(const ConstBatchView& view, const char* name) {
  if (!view.letters().empty()) return view.letters();
  constexpr std::string_view by_rank[] = {"BHW", "BcHW", "BcdHW", "BcdeHW", "BcdefHW", "BcdefgHW"};
  const int rank = view.rank();
  if (rank < 3)
    fail(
        "rank of % = %, must be at least 3: (B, ..., H, W); name other axes: cutmix::view(x, "
        "\"BCW\")",
        {name, rank});
  return by_rank[rank - 3];
}

// Of views whose axes are matched, the one whose letters name those of all: the first that has any,
// and else x. Others of another rank are an error that is found later.
inline const ConstBatchView& first_with_letters(const ConstBatchView& x, const ConstBatchView& out,
                                                const ConstBatchView* source) {
  if (x.letters().empty())
    for (const ConstBatchView* other : {&out, source})
      if (other != nullptr && !other->letters().empty() && other->rank() == x.rank()) return *other;
  return x;
}

// The axes of a view in the order of `letters`: its own letters say where each stands. Of views in
// a list the name is the list's, and comes with the view's number.
CUTMIX_ONCE inline Sizes axes_in_order(const ConstBatchView& view, std::string_view letters,
                                       const char* name, Index number = -1) {
  const auto named = [&] { return text_of(number < 0 ? "%" : "%[%]", {name, number}); };
  const int rank = static_cast<int>(letters.size());
  if (view.rank() != rank) fail("rank of % = %, must be %", {named(), view.rank(), rank});
  const std::string_view own = view.letters();
  Index axes[Sizes::most] = {};
  for (int i = 0; i < rank; ++i) {
    axes[i] = own.empty() ? i : position_of(letters[static_cast<std::size_t>(i)], own);
    if (axes[i] < 0)
      fail(R"(letters of % = "%", must be those of "%", in any order)", {named(), own, letters});
  }
  return Sizes(Span{axes, rank});
}

inline BatchShape shape_of(const ConstBatchView& view, std::string_view letters,
                           const Sizes& axes) {
  const auto size = [&](char letter) {
    const int i = position_of(letter, letters);
    return i < 0 ? Index{1} : view.size(static_cast<int>(axes[i]));
  };
  return {size('B'), size('H'), size('W'), size('D'), -1};
}

// Bytes from one position of an axis to the next. Where there is none, a view may say anything.
inline Index step_of(const ConstBatchView& view, int axis) {
  return view.size(axis) > 1 ? view.stride(axis) * view.scalar_bytes() : 0;
}

inline int batch_position(std::string_view letters) { return position_of('B', letters); }

inline std::string shape_text(const ConstBatchView& view) {
  return list_text(" x ", view.rank(),
                   [&](Index axis) { return view.size(static_cast<int>(axis)); });
}

CUTMIX_ONCE inline void check_kind(const char* name, const ConstBatchView& view,
                                   const char* like_name, const ConstBatchView& like) {
  if (view.kind() != like.kind())
    fail("scalar of % = %, must be %, as of %",
         {name, name_of(view.kind()), name_of(like.kind()), like_name});
  if (view.scalar_bytes() != like.scalar_bytes())
    fail("bytes of a scalar of % = %, must be %, as of %",
         {name, view.scalar_bytes(), like.scalar_bytes(), like_name});
}

// ---- overlap ----

// The axes of a view that are longer than 1, in bytes, slowest first.
struct MemoryAxes {
  int rank = 0;
  Index size[Sizes::most] = {};
  Index stride[Sizes::most] = {};

  CUTMIX_OUT_OF_LINE explicit MemoryAxes(const ConstBatchView& view) {
    for (int axis = 0; axis < view.rank(); ++axis) {
      if (view.size(axis) == 1) continue;
      const Index bytes = view.stride(axis) * view.scalar_bytes();
      int place = rank++;
      for (; place > 0 && std::abs(stride[place - 1]) < std::abs(bytes); --place)
        size[place] = size[place - 1], stride[place] = stride[place - 1];
      size[place] = view.size(axis), stride[place] = bytes;
    }
  }
};

// Bytes [begin, end) that a view reaches, as addresses.
struct AddressRange {
  std::uintptr_t begin, end;
};
CUTMIX_ONCE inline AddressRange addresses_of(const ConstBatchView& view) {
  const auto at = reinterpret_cast<std::uintptr_t>(view.data());
  const Index bytes = view.scalar_bytes();
  AddressRange range{at, at + static_cast<std::uintptr_t>(bytes)};
  for (int axis = 0; axis < view.rank(); ++axis) {
    const Index reach = (view.size(axis) - 1) * view.stride(axis) * bytes;
    (reach < 0 ? range.begin : range.end) += static_cast<std::uintptr_t>(reach);
  }
  return range;
}

// The axes of two views in one order. Along a stride that only one of them has, the other has one
// position.
struct AxesOfBoth {
  int rank = 0;
  Index stride[2 * Sizes::most] = {}, a_size[2 * Sizes::most] = {}, b_size[2 * Sizes::most] = {};

  AxesOfBoth(const MemoryAxes& a, const MemoryAxes& b) {
    for (int i = 0, k = 0; i < a.rank || k < b.rank; ++rank) {
      const bool both = i < a.rank && k < b.rank && a.stride[i] == b.stride[k];
      const bool first =
          both || k == b.rank || (i < a.rank && std::abs(a.stride[i]) >= std::abs(b.stride[k]));
      stride[rank] = first ? a.stride[i] : b.stride[k];
      a_size[rank] = first ? a.size[i++] : 1;
      b_size[rank] = both || !first ? b.size[k++] : 1;
    }
  }

  // Whether no two positions share a byte in a view that has the positions of both, by the rule
  // that each axis steps over all that lies within.
  bool are_unfolded(Index scalar) const {
    // Each view's reach is below what Index has, and both together are below what this has.
    auto within = static_cast<std::size_t>(scalar);
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto step = static_cast<std::size_t>(std::abs(stride[axis]));
      if (step < within) return false;
      within += static_cast<std::size_t>(std::max(a_size[axis], b_size[axis]) - 1) * step;
    }
    return true;
  }

  // Whether some scalar of one view meets one of the other, `difference` bytes behind it. A
  // position apart on an axis takes a stride off the difference, and the axes within it can make up
  // for less than one stride: so two counts are to be tried on each.
  CUTMIX_ONCE bool meet(Index difference, Index scalar, int axis = 0) const {
    if (axis == rank) return std::abs(difference) < scalar;
    Index apart = difference / stride[axis];
    if (difference % stride[axis] != 0 && (difference < 0) != (stride[axis] < 0))
      --apart;  // rounded down
    for (const Index count : {apart, apart + 1})
      if (count < a_size[axis] && -count < b_size[axis] &&
          meet(difference - count * stride[axis], scalar, axis + 1))
        return true;
    return false;
  }
};

// Exact for contiguous views and where both have the same strides; elsewhere address ranges decide.
inline bool views_overlap(const ConstBatchView& out, const ConstBatchView& in) {
  if (is_empty(out) || is_empty(in)) return false;
  const AddressRange a = addresses_of(out), b = addresses_of(in);
  if (a.end <= b.begin || b.end <= a.begin) return false;
  const Index scalar = out.scalar_bytes();
  const AxesOfBoth axes{MemoryAxes(out), MemoryAxes(in)};
  if (in.scalar_bytes() != scalar || !axes.are_unfolded(scalar)) return true;
  const auto to = reinterpret_cast<std::uintptr_t>(out.data());
  const auto from = reinterpret_cast<std::uintptr_t>(in.data());
  const auto difference = static_cast<Index>(from - to);
  if ((from < to) != (difference < 0)) return true;  // further apart than Index can say
  return axes.meet(difference, scalar);
}

// An output must not overlap an input: `advice` may end the message.
CUTMIX_ONCE inline void check_apart(const char* out_name, const ConstBatchView& out,
                                    const char* in_name, const ConstBatchView& in,
                                    const char* advice = "") {
  if (!views_overlap(out, in)) return;
  const auto o = reinterpret_cast<std::uintptr_t>(out.data());
  const auto i = reinterpret_cast<std::uintptr_t>(in.data());
  fail("distance in bytes from % to % = %, must leave no overlap%",
       {in_name, out_name, static_cast<Index>(o - i), advice});
}

// Whether the last axis is the fastest and there are no gaps.
inline bool is_contiguous(const ConstBatchView& view) {
  Index expected = 1;
  for (int axis = view.rank() - 1; axis >= 0; --axis) {
    if (view.size(axis) != 1 && view.stride(axis) != expected) return false;
    expected *= view.size(axis);
  }
  return true;
}

CUTMIX_ONCE inline void check_unfolded(const char* name, const ConstBatchView& out) {
  if (is_empty(out) || is_contiguous(out)) return;
  const MemoryAxes axes(out);
  if (AxesOfBoth(axes, axes).are_unfolded(out.scalar_bytes())) return;
  const auto stride = [&](Index axis) { return out.stride(static_cast<int>(axis)); };
  fail("strides of % = %, must not fold memory onto itself: each position is written",
       {name, list_text(", ", out.rank(), stride)});
}

}  // namespace detail

template <class X>
BatchShape batch_shape(const X& images) {
  if constexpr (detail::accepts_images<const X>()) {
    const ConstBatchView x = detail::view_unread(images);
    const std::string_view letters = detail::image_letters(x, "x");
    return detail::shape_of(x, letters, detail::axes_in_order(x, letters, "x"));
  } else {
    return {};
  }
}

template <class X, class Urbg, class>
void make_plan(const X& images, const Options& options, Urbg& rng, Plan& plan) {
  if constexpr (detail::accepts_images<const X>())
    make_plan(batch_shape(images), options, rng, plan);
}

template <class X, class Urbg, class>
Plan make_plan(const X& images, const Options& options, Urbg& rng) {
  Plan plan;
  make_plan(images, options, rng, plan);
  return plan;
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_VIEW_HPP
