#ifndef CUTMIX_DETAIL_CUTMIX_HPP
#define CUTMIX_DETAIL_CUTMIX_HPP

// What cutmix.hpp declares.

#include <utility>

#include "../cutmix.hpp"

namespace cutmix {
namespace detail {

// cutmix(), whose arguments have the right types. Inlined, GCC 12 would warn the caller of indices
// that nobody gave.
template <class X, class Y, class Urbg>
CUTMIX_ONCE auto mix_batch(const X& x, const Y& y, double alpha, Index n_classes, Urbg& rng,
                           std::optional<double> cutmix_lambda, std::optional<BBox> bbox,
                           std::optional<Indices>&& indices) {
  const BatchShape shape = batch_shape(x);
  const ImageSize image = image_size(shape);
  check_alpha("alpha", alpha);
  if (cutmix_lambda) check_unit("cutmix_lambda", *cutmix_lambda);
  if (bbox)
    check_box("bbox", *bbox, image);
  else
    check_image_size(image);
  if (indices) check_indices(*indices, shape);
  auto x_cutmix = TensorTraits<X>::like(x);
  auto y_cutmix = make_targets<X>(y, class_count(n_classes));
  const BatchView x_out = view(x_cutmix), y_out = view(y_cutmix);
  const ImageViewsOf<is_row_major<X>> images(check_images(view(x), nullptr, x_out));
  const MixerViews views{view(x), view(y), {}, {}, x_out, y_out};
  const CheckedLabels labels = check_labels<label_form<Y>>(views, shape, n_classes, {});

  Plan plan;
  plan.shape = shape;
  plan.patches.resize(1);  // memory before draws
  plan.indices = indices ? std::move(*indices) : random_permutation(shape.batch, rng);
  const double lambda = cutmix_lambda ? *cutmix_lambda : draw_lambda(alpha, rng);
  plan.patches[0].box = bbox ? *bbox : ReferenceLaw{}(image, lambda, rng);
  const auto device = default_device<X>();
  const Executor executor(device);
  HostWork work(executor);
  work.begin(plan, false);
  work.images(images);
  apply_labels<label_form<Y>>(work, views, labels, n_classes, {});
  return std::make_pair(std::move(x_cutmix), std::move(y_cutmix));
}

}  // namespace detail

template <class X, class Urbg>
Indices gen_indices(const X& x, Urbg& rng) {
  if constexpr (detail::accepts_view<X>())
    return random_permutation(detail::batch_of(view(x), "B"), rng);
  else
    return {};
}

template <class X>
double adjust_lambda(double cutmix_lambda, const X& x, const BBox& bbox) {
  if constexpr (detail::accepts_images<X>()) {
    const ImageSize image = detail::image_size(batch_shape(x));
    detail::check_unit("cutmix_lambda", cutmix_lambda);
    detail::check_box("bbox", bbox, image);
    return 1 - detail::share_inside(bbox, image);
  } else {
    return 0;
  }
}

template <class X, class Y, class Urbg>
auto cutmix(const X& x, const Y& y, double alpha, Index n_classes, Urbg& rng,
            std::optional<double> cutmix_lambda, std::optional<BBox> bbox,
            std::optional<Indices> indices) {
  if constexpr (detail::accepts_engine<Urbg>()) {
    if constexpr (detail::accepts_new_tensors<X, Y>())
      return detail::mix_batch(x, y, alpha, n_classes, rng, cutmix_lambda, bbox,
                               std::move(indices));
    else
      return std::make_pair(0, 0);
  } else {
    return std::make_pair(0, 0);
  }
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_CUTMIX_HPP
