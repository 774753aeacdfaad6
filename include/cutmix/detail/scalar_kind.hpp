#ifndef CUTMIX_DETAIL_SCALAR_KIND_HPP
#define CUTMIX_DETAIL_SCALAR_KIND_HPP

/// @file scalar_kind.hpp
/// What a view says of its scalars.

namespace cutmix {

/// The scalar of a view. A kind that is `opaque` has any number of bytes: it can be cut, not
/// blended, and is no label.
enum class ScalarKind : unsigned char {
  opaque,
  boolean,  ///< one byte, 0 or 1; cut, not blended
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  uint64,
  int64,
  half,      ///< IEEE binary16
  bfloat16,  ///< the upper half of a float32
  float32,
  float64
};

namespace detail {

constexpr const char* name_of(ScalarKind kind) {
  constexpr const char* names[] = {"opaque", "boolean",  "uint8",   "int8",   "uint16",
                                   "int16",  "uint32",   "int32",   "uint64", "int64",
                                   "half",   "bfloat16", "float32", "float64"};
  return names[static_cast<int>(kind)];
}

// Bytes of a scalar; 0 for an opaque one, which may have any.
constexpr int bytes_of(ScalarKind kind) {
  constexpr int bytes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
  return bytes[static_cast<int>(kind)];
}

constexpr bool is_floating(ScalarKind kind) { return kind >= ScalarKind::half; }
constexpr bool is_integer(ScalarKind kind) {
  return kind >= ScalarKind::boolean && kind <= ScalarKind::int64;
}

// Numbers that can be computed with.
constexpr bool is_blendable(ScalarKind kind) {
  return is_floating(kind) || (is_integer(kind) && kind != ScalarKind::boolean);
}

// More than 24 significant bits: mixed with weights of double.
constexpr bool is_wide(ScalarKind kind) {
  return (kind >= ScalarKind::uint32 && kind <= ScalarKind::int64) || kind == ScalarKind::float64;
}

}  // namespace detail
}  // namespace cutmix

#endif  // CUTMIX_DETAIL_SCALAR_KIND_HPP
