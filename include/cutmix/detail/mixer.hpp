#ifndef CUTMIX_DETAIL_MIXER_HPP
#define CUTMIX_DETAIL_MIXER_HPP

// What mixer.hpp declares. The templates only view what they are given; the work is done on views.

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "../mixer.hpp"

namespace cutmix {
namespace detail {

// What one call of the functor is given.
struct MixerViews {
  ConstBatchView x, y;
  std::optional<ConstBatchView> source, source_y;
  BatchView x_out;  // x itself, where it is mixed in place
  BatchView y_out;
};

// ---- what can be known when compiling ----

template <class Y, class YOut>
constexpr bool accepts_labels_and_targets() {
  if constexpr (are_class_ids<Y>)
    return accepts_ids_and_targets<Y, YOut>();
  else if constexpr (rank_of<Y> > 1)
    return accepts_dense_and_targets<Y, YOut>();
  else if constexpr (accepts_labels<Y>())  // torch knows only when it runs
    return accepts_targets<YOut>();
  return false;
}

// x is written to in place, where XOut is void.
template <class Device, class X, class Y, class S, class SY, class XOut, class YOut>
constexpr bool accepts_call() {
  if constexpr (accepts_device_of_plans<Device>()) {
    constexpr bool images = [] {
      if constexpr (std::is_void_v<XOut>)
        return accepts_images_in_place<X>();
      else
        return accepts_images_and_output<X, XOut>();
    }();
    if constexpr (images) {  // nested, so that two wrong types give one line
      if constexpr (accepts_labels_and_targets<Y, YOut>()) {
        if constexpr (std::is_void_v<S>)
          return true;
        else if constexpr (accepts_source<X, S>())
          return accepts_label_source<Y, SY>();
      }
    }
  }
  return false;
}

template <class T, class = void>
constexpr bool makes_images = false;
template <class T>
constexpr bool
    makes_images<T, std::void_t<decltype(TensorTraits<T>::like(std::declval<const T&>()))>> = true;
template <class T, class = void>
constexpr bool makes_targets = false;
template <class T>
constexpr bool makes_targets<
    T, std::void_t<decltype(TensorTraits<T>::targets(std::declval<const T&>(), Index{}))>> = true;
template <class X, class Y, class = void>
constexpr bool makes_targets_of_lists = false;
template <class X, class Y>
constexpr bool makes_targets_of_lists<
    X, Y,
    std::void_t<decltype(TensorTraits<X>::targets_of_list(std::declval<const Y&>(), Index{}))>> =
    true;

// Whether new tensors can be made for a call that returns them.
template <class X, class Y>
constexpr bool accepts_new_tensors() {
  if constexpr (accepts_images<X>()) {
    if constexpr (accepts_labels<Y>()) {
      constexpr bool made = makes_images<X> && (makes_targets<Y> || makes_targets_of_lists<X, Y>);
      static_assert(made,
                    "cutmix: there is no way to make new tensors like these; use the form into "
                    "memory: mixer(x, y, x_out, y_out)");
      return made;
    }
  }
  return false;
}

// Dense targets are of float where labels are integers, which may be narrower.
inline void check_size_of_targets(const ConstBatchView& labels) {
  Index sizes[Sizes::most] = {};
  for (int axis = 0; axis < labels.rank(); ++axis) sizes[axis] = labels.size(axis);
  size_in_bytes(Sizes(Span{sizes, labels.rank()}),
                std::max(labels.scalar_bytes(), static_cast<Index>(sizeof(float))));
}

// A list of labels has no layout of its own: its targets take the images'.
template <class X, class Y>
auto make_targets(const Y& y, Index n_classes) {
  const ConstBatchView labels = view(y);
  // Or their maker would be asked for more than there can be.
  if (holds_class_ids(labels))
    size_in_bytes({labels.size(0), n_classes}, sizeof(float));
  else
    check_size_of_targets(labels);
  if constexpr (makes_targets<Y>)
    return TensorTraits<Y>::targets(y, n_classes);
  else
    return TensorTraits<X>::targets_of_list(y, n_classes);
}

// ---- text ----

template <class Urbg, class = void>
constexpr bool is_streamable = false;
template <class Urbg>
constexpr bool is_streamable<
    Urbg, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const Urbg&>()),
                      decltype(std::declval<std::istream&>() >> std::declval<Urbg&>())>> = true;

template <class Urbg>
constexpr bool has_text() {
  static_assert(is_streamable<Urbg> || !is_urbg<Urbg>,
                "cutmix: a functor is printed and read with its engine, and this engine has no "
                "operator<< and operator>>");
  return is_streamable<Urbg> && is_urbg<Urbg>;
}

// Streams keep what is thrown inside to themselves unless they are told not to, and memory that
// runs out would look like a damaged text, or leave one.
inline Index count_words(const std::string& text) {
  std::istringstream in(text);
  in.exceptions(std::ios_base::badbit);
  Index count = 0;
  for (std::string word; in >> word;) ++count;
  return count;
}

// Whether an engine is in a state of its own. The standard library takes any number for that of a
// linear congruential engine, and of 0 follows 0 for ever, which is below the least that the engine
// promises: what draws until a number serves would not end.
template <class Urbg>
bool keeps_its_range(Urbg engine) {
  if constexpr (Urbg::min() > 0)
    return engine() >= Urbg::min();
  else
    return true;
}

// Reads a count and so many words, which must be the whole text of an engine: an engine of
// somebody else's then sees a stream with nothing odd about it, and takes no word that is not its.
template <class Urbg>
void read_words_as(std::istream& in, Urbg& engine) {
  Index count = 0;
  read_integer(in, count);
  std::string text;
  for (Index i = 0; in && i < count; ++i) text += read_word(in) + ' ';
  if (!in) return;
  std::istringstream words(text);
  words.exceptions(std::ios_base::badbit);
  words.imbue(std::locale::classic());
  std::string rest;
  if (!(words >> engine) || words >> rest) in.setstate(std::ios_base::failbit);
  if (in && !keeps_its_range(engine)) in.setstate(std::ios_base::failbit);
}

// ---- checks ----

// What is known of labels when compiling, so that only what is needed is compiled. torch knows only
// when it runs.
enum class LabelForm { ids, dense, either };
template <class Y>
constexpr LabelForm label_form = are_class_ids<Y>                 ? LabelForm::ids
                                 : rank_of<Y> < 0 || !is_known<Y> ? LabelForm::either
                                                                  : LabelForm::dense;

template <LabelForm form>
bool are_ids(const ConstBatchView& labels) {
  if constexpr (form == LabelForm::either)
    return holds_class_ids(labels);
  else
    return form == LabelForm::ids;
}

// Labels that have been checked; dense ones remember how they lie.
struct CheckedLabels {
  std::optional<DenseViews> dense;  // none: class ids
};

template <LabelForm form>
CheckedLabels check_labels(const MixerViews& views, const BatchShape& shape, Index n_classes,
                           const LabelOptions& options, bool readable = true) {
  const ConstBatchView& y = views.y;
  const ConstBatchView* const source = or_null(views.source_y);
  CheckedLabels labels;
  const std::string_view letters = shared_label_letters(y, views.y_out, source);
  const auto check_batch = [letters](const char* name, const ConstBatchView& view, Index expected,
                                     const char* like) {
    const Index count = batch_of(view, letters);
    if (count != expected)
      fail("size of % along the batch = %, must be %, as of %", {name, count, expected, like});
  };
  check_batch("y", y, shape.batch, "x");
  if (source) check_batch("source_y", *source, shape.source, "source");
  if (are_ids<form>(y)) {
    if constexpr (form != LabelForm::dense)
      check_id_labels(y, source, n_classes, rows_first(views.y_out), options, readable);
  } else if constexpr (form != LabelForm::ids) {
    const Index width = y.rank() == 2 ? y.size(1 - batch_position(letters)) : n_classes;
    if (width != n_classes)
      fail("width of y = %, must be %, the number of classes; class ids have rank 1",
           {width, n_classes});
    labels.dense = check_dense_labels(y, source, views.y_out);
  }
  return labels;
}

// Where a whole batch is mixed by this processor.
class HostWork : public HostLabels {
 public:
  explicit HostWork(const Executor& executor, Cycles* kept = nullptr) : images_(executor, kept) {}

  void begin(const Plan& plan, bool follows_cycles) {
    HostLabels::begin(plan, follows_cycles);
    images_.begin(plan, follows_cycles);
  }
  template <class Images>
  void images(const Images& images) const {
    images_.images(images);
  }
  void in_place(const InPlaceViews& images) const { images_.in_place(images); }

 private:
  HostImages images_;
};

template <LabelForm form, class Work>
void apply_labels(Work& work, const MixerViews& views, const CheckedLabels& labels, Index n_classes,
                  const LabelOptions& options) {
  if constexpr (form != LabelForm::ids)
    if (labels.dense) work.dense(*labels.dense);
  if constexpr (form != LabelForm::dense)
    if (!labels.dense)
      work.ids(views.y, or_null(views.source_y), n_classes, rows_first(views.y_out), options);
}

// What check_images and check_labels do not see: images against labels.
inline void check_all_apart(const MixerViews& views, const char* x_out_name) {
  check_apart(x_out_name, views.x_out, "y", views.y);
  check_apart(x_out_name, views.x_out, "y_out", views.y_out);
  check_apart("y_out", views.y_out, "x", views.x);
  if (!views.source) return;
  check_apart(x_out_name, views.x_out, "source_y", *views.source_y);
  check_apart("y_out", views.y_out, "source", *views.source);
}

// The engine among the arguments of a constructor; one that is none, where the arguments are wrong.
struct NoEngine {};
template <class First, class N, class Urbg>
constexpr bool are_mixer_arguments() {
  const bool draws = std::is_arithmetic_v<First> || std::is_convertible_v<First, Options>;
  return draws && std::is_integral_v<N> && is_urbg<Urbg>;
}
template <class First, class N, class Urbg>
using EngineAmong = std::conditional_t<are_mixer_arguments<First, N, Urbg>(), Urbg, NoEngine>;

}  // namespace detail

template <class First, class N, class Urbg>
CutMix(First, N, Urbg) -> CutMix<detail::EngineAmong<First, N, Urbg>>;
template <class N, class Urbg>
CutMix(Options, N, Urbg) -> CutMix<detail::EngineAmong<Options, N, Urbg>>;
template <class... Wrong>
CutMix(Wrong...) -> CutMix<detail::NoEngine>;

template <class Urbg>
CutMix<Urbg>::CutMix(Options options, Index n_classes, Urbg rng)
    : options_(std::move(options)),
      n_classes_(detail::class_count(n_classes)),
      rng_(std::move(rng)) {
  detail::check_options(options_);
  detail::check_label_options(options_.labels);
}

template <class Urbg>
void CutMix<Urbg>::draw_next(const BatchShape& shape) {
  next_.indices.clear();  // nobody sees it: what it holds need not be kept beside the new draws
  next_.patches.clear();
  if constexpr (detail::is_urbg<Urbg>) {
    if (enabled)
      make_plan(shape, options_, rng_, next_);
    else
      detail::assign_identity(shape, next_);
  }
}

template <class Urbg>
void CutMix<Urbg>::keep_next() {
  std::swap(plan_.shape, next_.shape);
  plan_.indices.swap(next_.indices);
  plan_.patches.swap(next_.patches);
}

template <class Urbg>
CutMix<Urbg>& CutMix<Urbg>::at(std::int64_t epoch, std::int64_t step, std::int64_t rank) {
  constexpr bool has_streams = std::is_same_v<Urbg, Philox4x32>;
  static_assert(
      has_streams || !detail::is_urbg<Urbg>,
      "cutmix: at() needs the streams of cutmix::Philox4x32; seed another engine for each "
      "batch: mixer.rng() = Engine(...)");
  if constexpr (has_streams) rng_ = philox_stream(rng_.key(), epoch, step, rank);
  return *this;
}

template <class Urbg>
void CutMix<Urbg>::print(std::ostream& out) const {
  if constexpr (detail::has_text<Urbg>()) {
    std::ostringstream written, plan;
    written.exceptions(std::ios_base::badbit), plan.exceptions(std::ios_base::badbit);
    written.imbue(std::locale::classic());
    written << rng_;
    plan << plan_;
    const std::string engine = written.str();
    detail::write_text(out,
                       detail::text_of("cutmix-mixer 1 enabled % engine % % plan % end",
                                       {enabled, detail::count_words(engine), engine, plan.str()}));
  }
}

template <class Urbg>
void CutMix<Urbg>::read(std::istream& in) {
  if constexpr (detail::has_text<Urbg>()) {
    int enabled_read = 0;
    Urbg engine = rng_;
    Plan plan;
    detail::expect_word(in, "cutmix-mixer");
    detail::expect_word(in, "1");
    detail::expect_word(in, "enabled");
    detail::read_integer(in, enabled_read);
    detail::expect_word(in, "engine");
    detail::read_words_as(in, engine);
    detail::expect_word(in, "plan");
    if (in) in >> plan;
    detail::expect_word(in, "end");
    if (in && enabled_read != 0 && enabled_read != 1) in.setstate(std::ios_base::failbit);
    if (!in) return;
    enabled = enabled_read == 1;
    rng_ = std::move(engine);
    plan_ = std::move(plan);
  }
}

template <class Urbg>
const Plan& CutMix<Urbg>::draw(const BatchShape& shape) {
  draw_next(shape);
  keep_next();
  return plan_;
}

template <class Urbg>
void CutMix<Urbg>::check_options_for(const BatchShape& shape, ScalarKind kind) const {
  if (!enabled) return;
  if (options_.mixup_prob > 0) detail::check_blendable(kind);
  detail::check_draw(shape, options_);
}

template <class Urbg>
template <class Labels, bool row_major, class Work>
void CutMix<Urbg>::mix(Work& work, const detail::MixerViews& views) {
  constexpr detail::LabelForm form = detail::label_form<Labels>;
  const detail::ImageViewsOf<row_major> images(
      detail::check_images(views.x, detail::or_null(views.source), views.x_out));
  const auto labels = detail::check_labels<form>(views, images.shape, n_classes_, options_.labels,
                                                 Work::reads_labels);
  detail::check_all_apart(views, "x_out");
  check_options_for(images.shape, views.x.kind());
  draw_next(images.shape);
  work.begin(next_, false);
  work.images(images);
  detail::apply_labels<form>(work, views, labels, n_classes_, options_.labels);
  work.end();
  keep_next();
}

template <class Urbg>
template <class Labels, class Work>
void CutMix<Urbg>::mix_in_place(Work& work, const detail::MixerViews& views) {
  constexpr detail::LabelForm form = detail::label_form<Labels>;
  const auto images = detail::check_images_in_place(views.x_out, detail::or_null(views.source));
  const auto labels = detail::check_labels<form>(views, images.shape, n_classes_, options_.labels,
                                                 Work::reads_labels);
  detail::check_all_apart(views, "x");
  check_options_for(images.shape, views.x.kind());
  const bool cycles = !views.source;
  if (cycles) cycles_.reserve(images.shape.batch);
  if (enabled && cycles && options_.indices) cycles_.find(*options_.indices, false);
  draw_next(images.shape);
  work.begin(next_, cycles);
  work.in_place(images);
  detail::apply_labels<form>(work, views, labels, n_classes_, options_.labels);
  work.end();
  keep_next();
}

template <class Urbg>
template <class Device, class X, class Run>
void CutMix<Urbg>::run_on(const Device& device, const X& x, const Run& run) {
  if (detail::runs_elsewhere(device, x, run, &kept_by_device_)) return;
  if constexpr (!detail::is_accelerator<Device>) {
    const detail::Executor executor(device);
    detail::HostWork work(executor, &cycles_);
    run(work);
  }
}

template <class Urbg>
template <class Device, class X, class Y, class XOut, class YOut>
void CutMix<Urbg>::operator()(const Device& device, const X& x, const Y& y, XOut&& x_out,
                              YOut&& y_out) {
  if constexpr (detail::accepts_call<Device, X, Y, void, void, XOut, YOut>()) {
    using detail::Role;
    run_on(device, x, [&](auto& work) {
      mix<Y, detail::are_row_major<X, X, XOut>>(
          work, {work(Role::x, x), work(Role::y, y), std::nullopt, std::nullopt,
                 work(Role::x_out, x_out), work(Role::y_out, y_out)});
    });
    detail::mark_written(x_out);
    detail::mark_written(y_out);
  }
}

template <class Urbg>
template <class Device, class X, class Y, class S, class SY, class XOut, class YOut>
void CutMix<Urbg>::operator()(const Device& device, const X& x, const Y& y, const S& source,
                              const SY& source_y, XOut&& x_out, YOut&& y_out) {
  if constexpr (detail::accepts_call<Device, X, Y, S, SY, XOut, YOut>()) {
    using detail::Role;
    run_on(device, x, [&](auto& work) {
      mix<Y, detail::are_row_major<X, S, XOut>>(
          work,
          {work(Role::x, x), work(Role::y, y), work(Role::source, source),
           work(Role::source_y, source_y), work(Role::x_out, x_out), work(Role::y_out, y_out)});
    });
    detail::mark_written(x_out);
    detail::mark_written(y_out);
  }
}

template <class Urbg>
template <class Device, class X, class Y, class YOut>
void CutMix<Urbg>::in_place(const Device& device, X&& x, const Y& y, YOut&& y_out) {
  if constexpr (detail::accepts_call<Device, X, Y, void, void, void, YOut>()) {
    using detail::Role;
    run_on(device, x, [&](auto& work) {
      mix_in_place<Y>(work, {work(Role::x, x), work(Role::y, y), std::nullopt, std::nullopt,
                             work(Role::x, x), work(Role::y_out, y_out)});
    });
    detail::mark_written(x);
    detail::mark_written(y_out);
  }
}

template <class Urbg>
template <class Device, class X, class Y, class S, class SY, class YOut>
void CutMix<Urbg>::in_place(const Device& device, X&& x, const Y& y, const S& source,
                            const SY& source_y, YOut&& y_out) {
  if constexpr (detail::accepts_call<Device, X, Y, S, SY, void, YOut>()) {
    using detail::Role;
    run_on(device, x, [&](auto& work) {
      mix_in_place<Y>(work,
                      {work(Role::x, x), work(Role::y, y), work(Role::source, source),
                       work(Role::source_y, source_y), work(Role::x, x), work(Role::y_out, y_out)});
    });
    detail::mark_written(x);
    detail::mark_written(y_out);
  }
}

// Without a device: where x's type says.

template <class Urbg>
template <class X, class Y, class XOut, class YOut>
void CutMix<Urbg>::operator()(const X& x, const Y& y, XOut&& x_out, YOut&& y_out) {
  (*this)(detail::default_device<X>(), x, y, std::forward<XOut>(x_out), std::forward<YOut>(y_out));
}

template <class Urbg>
template <class X, class Y, class S, class SY, class XOut, class YOut>
void CutMix<Urbg>::operator()(const X& x, const Y& y, const S& source, const SY& source_y,
                              XOut&& x_out, YOut&& y_out) {
  (*this)(detail::default_device<X>(), x, y, source, source_y, std::forward<XOut>(x_out),
          std::forward<YOut>(y_out));
}

template <class Urbg>
template <class X, class Y, class YOut>
void CutMix<Urbg>::in_place(X&& x, const Y& y, YOut&& y_out) {
  in_place(detail::default_device<X>(), std::forward<X>(x), y, std::forward<YOut>(y_out));
}

template <class Urbg>
template <class X, class Y, class S, class SY, class YOut>
void CutMix<Urbg>::in_place(X&& x, const Y& y, const S& source, const SY& source_y, YOut&& y_out) {
  in_place(detail::default_device<X>(), std::forward<X>(x), y, source, source_y,
           std::forward<YOut>(y_out));
}

template <class Urbg>
template <class X, class Y>
auto CutMix<Urbg>::operator()(const X& x, const Y& y) {
  if constexpr (detail::accepts_new_tensors<X, Y>()) {
    auto x_out = TensorTraits<X>::like(x);
    auto y_out = detail::make_targets<X>(y, n_classes_);
    (*this)(x, y, x_out, y_out);
    return std::make_pair(std::move(x_out), std::move(y_out));
  } else {
    return std::make_pair(0, 0);
  }
}

}  // namespace cutmix

#endif  // CUTMIX_DETAIL_MIXER_HPP
