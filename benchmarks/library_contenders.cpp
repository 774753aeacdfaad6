#include <unsupported/Eigen/CXX11/ThreadPool>
#include <utility>

#include "contenders.hpp"

namespace bench {

namespace {

using cutmix::BBox;
using cutmix::Plan;

template <class Scalar, int rank, int layout = Eigen::RowMajor>
using Map = Eigen::TensorMap<Eigen::Tensor<Scalar, rank, layout>>;
template <class Scalar, int rank, int layout = Eigen::RowMajor>
using ConstMap = Eigen::TensorMap<const Eigen::Tensor<const Scalar, rank, layout>>;

const Eigen::ThreadPoolDevice& two_threads() {
  static Eigen::ThreadPool pool(2);
  static const Eigen::ThreadPoolDevice device(&pool, 2);
  return device;
}

// A contender whose output is images.out, or images.work where its table is in place.
template <class Scalar, class Run>
Contender make_contender(const std::string& table, const std::string& name, const std::string& base,
                         Role role, const Images<Scalar>& images, const Plan& plan,
                         const Strides& strides, Run run) {
  const bool works_in_place = one_thread_of(table) == in_place;
  const Scalar* const result = works_in_place ? images.work.data() : images.out.data();
  Contender contender{table, name, base, role};
  contender.run = [run, result]() mutable -> const void* {
    run();
    return result;
  };
  contender.is_right = [run, result, &images, &plan, strides]() mutable {
    images.out.fill(0xa5);
    images.work.copy(images.x);
    run();
    return is_mixed(result, images.x.data(), images.shape, strides, plan);
  };
  return contender;
}

}  // namespace

Plans make_plans(const Shape& shape) {
  cutmix::Philox4x32 rng(2019);
  Plans plans;
  // About 1/sqrt(2) of each side; the left edge is made odd.
  const Index w = shape.width * 181 / 256, h = shape.height * 181 / 256;
  const Index x1 = (shape.width - w) / 2 | 1, y1 = (shape.height - h) / 2;
  const BBox box{x1, y1, x1 + w, y1 + h};
  const auto batch = static_cast<std::size_t>(shape.batch);

  cutmix::make_plan({shape.batch, shape.height, shape.width}, cutmix::Options(), rng, plans.random);
  plans.random.patches = {{box, 1}};
  plans.flipped = plans.rolled = plans.each = plans.none = plans.random;
  for (std::size_t b = 0; b < batch; ++b) {
    plans.flipped.indices[b] = static_cast<Index>(batch - 1 - b);
    plans.rolled.indices[b] = static_cast<Index>((b + batch - 1) % batch);
  }
  plans.each.patches.clear();
  for (std::size_t b = 0; b < batch; ++b) {
    const Index left = cutmix::uniform_index(shape.width - w + 1, rng);
    const Index top = cutmix::uniform_index(shape.height - h + 1, rng);
    plans.each.patches.push_back({{left, top, left + w, top + h}, 1});
  }
  plans.none.patches = {{}};
  plans.blended = plans.flipped;
  plans.blended.patches = {{{0, 0, shape.width, shape.height}, 0.3}};
  return plans;
}

template <class Scalar>
std::vector<Contender> image_contenders(const Images<Scalar>& images, const Plans& plans) {
  using namespace cutmix::detail;
  const Shape& s = images.shape;
  const Eigen::array<Index, 4> size{s.batch, s.channels, s.height, s.width};
  const ConstMap<Scalar, 4> x(images.x.data(), size);
  Map<Scalar, 4> out(images.out.data(), size), work(images.work.data(), size);
  const Plan& plan = plans.random;
  const std::size_t bytes = images.x.bytes();
  const std::size_t patch_bytes =
      static_cast<std::size_t>(s.batch * s.channels * plan.patches[0].box.volume()) *
      sizeof(Scalar);
  // Memory as void, since memcpy into a class like bfloat16 draws a warning.
  const void* const from = images.x.data();
  void* const to = images.out.data();
  void* const to_work = images.work.data();

  std::vector<Contender> contenders;
  const auto add = [&](const std::string& table, const std::string& name, Role role, const Plan& of,
                       auto run) {
    const std::string& base = one_thread_of(table) == out_of_place ? copy_batch : copy_patch;
    contenders.push_back(make_contender(table, name, base, role, images, of, nchw(s), run));
  };
  // The library's kernels by themselves, whatever it would choose for this size and machine.
  const auto add_kernel = [&](const std::string& name, const Plan& of, StreamWidth width) {
    const ImageViews views = check_images(cutmix::view(x), nullptr, cutmix::view(out));
    const Dense dense = make_dense(views.order.axes(), views.out.strides, sizeof(Scalar));
    add(out_of_place, name, Role::kernel, of, [=, &of] {
      mix_dense(dense, views.kind, PlanCuts(of), views.own, views.partners, views.out, 0,
                of.shape.batch * dense.planes, width);
    });
  };

  add(out_of_place, copy_batch, Role::memory, plans.none, [=] { std::memcpy(to, from, bytes); });
  add(out_of_place, library, Role::library, plan, [=, &plan] { cutmix::mix_images(plan, x, out); });
  const StreamWidth widest = stream_width();
  if (widest == StreamWidth::avx512) add_kernel("64-byte stores", plan, StreamWidth::avx512);
  if (widest != StreamWidth::none) add_kernel("32-byte stores", plan, StreamWidth::avx2);
  add_kernel("ordinary stores", plan, StreamWidth::none);
  if (widest != StreamWidth::none) add_kernel("stream copy", plans.none, widest);
  add(out_of_place, "Eigen: chip and slice", Role::eigen, plan, [=, &plan]() mutable {
    const BBox box = plan.box(0);
    const Eigen::array<Index, 3> first{0, box.y1, box.x1};
    const Eigen::array<Index, 3> extent{size[1], box.height(), box.width()};
    out = x;
    for (Index b = 0; b < size[0]; ++b)
      out.template chip<0>(b).slice(first, extent) =
          x.template chip<0>(plan.indices[static_cast<std::size_t>(b)]).slice(first, extent);
  });

  add(out_of_place_2, copy_batch, Role::memory, plans.none,
      [=] { two_threads().memcpy(to, from, bytes); });
  add(out_of_place_2, library, Role::library, plan,
      [=, &plan] { cutmix::mix_images(two_threads(), plan, x, out); });

  // The patch's bytes, side by side: what is right about them is that they were moved.
  add(in_place, copy_patch, Role::memory, plans.none,
      [=] { std::memcpy(to_work, from, patch_bytes); });
  add(in_place, library_in_place, Role::library, plan,
      [=, &plan]() mutable { cutmix::mix_images_in_place(plan, work); });
  add(in_place_2, copy_patch, Role::memory, plans.none,
      [=] { two_threads().memcpy(to_work, from, patch_bytes); });
  add(in_place_2, library_in_place, Role::library, plan,
      [=, &plan]() mutable { cutmix::mix_images_in_place(two_threads(), plan, work); });
  return contenders;
}

template std::vector<Contender> image_contenders(const Images<float>&, const Plans&);
template std::vector<Contender> image_contenders(const Images<Eigen::bfloat16>&, const Plans&);
template std::vector<Contender> image_contenders(const Images<std::uint8_t>&, const Plans&);

std::vector<Contender> variant_contenders(const Images<float>& images, const Plans& plans) {
  const Shape& s = images.shape;
  const float* const in = images.x.data();
  float* const to = images.out.data();
  const ConstMap<float, 4> x(in, s.batch, s.channels, s.height, s.width);
  Map<float, 4> out(to, s.batch, s.channels, s.height, s.width);
  const ConstMap<float, 4> x_last(in, s.batch, s.height, s.width, s.channels);
  Map<float, 4> out_last(to, s.batch, s.height, s.width, s.channels);
  const ConstMap<float, 4, Eigen::ColMajor> x_col(in, s.batch, s.channels, s.height, s.width);
  Map<float, 4, Eigen::ColMajor> out_col(to, s.batch, s.channels, s.height, s.width);
  std::vector<const float*> samples;
  for (Index b = 0; b < s.batch; ++b) samples.push_back(in + b * s.sample());
  const Plan &plan = plans.random, &each = plans.each, &last = plans.random;

  return {
      make_contender(variants, "a box per sample / cutmix", library, Role::library, images, each,
                     nchw(s), [=, &each] { cutmix::mix_images(each, x, out); }),
      make_contender(
          variants, "channels last / cutmix", library, Role::library, images, plan, nhwc(s),
          [=, &last] { cutmix::mix_images(last, cutmix::view(x_last, "BHWC"), out_last); }),
      make_contender(variants, "collate / cutmix", library, Role::library, images, plan, nchw(s),
                     [=, &plan] { cutmix::collate(plan, samples, out); }),
      make_contender(variants, "ColMajor NCHW / memcpy", copy_batch, Role::library, images, plan,
                     column_major_nchw(s),
                     [=, &plan] { cutmix::mix_images(plan, x_col, out_col); }),
  };
}

std::vector<Contender> mixup_contenders(const Images<float>& images, const Plans& plans) {
  const Shape& s = images.shape;
  const float* const in = images.x.data();
  float* const to = images.out.data();
  const ConstMap<float, 4> x(in, s.batch, s.channels, s.height, s.width);
  Map<float, 4> out(to, s.batch, s.channels, s.height, s.width);
  const Plan& plan = plans.blended;
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, Role role, auto run) {
    Contender contender{mixup, name, blend_loop, role};
    contender.run = [run, to]() mutable -> const void* {
      run();
      return to;
    };
    contender.is_right = [run, &images, &plan]() mutable {
      images.out.fill(0xa5);
      run();
      return is_blended(images.out.data(), images, plan);
    };
    contenders.push_back(contender);
  };
  // What the traffic costs: two reads and a write, and nothing else.
  add(blend_loop, Role::memory, [=, &plan] {
    const float keep = static_cast<float>(plan.lambda(0)), give = 1 - keep;
    for (Index b = 0; b < s.batch; ++b) {
      const float* const own = in + b * s.sample();
      const float* const partner = in + plan.indices[static_cast<std::size_t>(b)] * s.sample();
      float* const mixed = to + b * s.sample();
      for (Index i = 0; i < s.sample(); ++i) mixed[i] = keep * own[i] + give * partner[i];
    }
  });
  add(library, Role::library, [=, &plan] { cutmix::mix_images(plan, x, out); });
  return contenders;
}

std::vector<Contender> label_contenders(const Labels& row, const Plans& plans) {
  const Plan& plan = plans.random;
  Map<float, 2> out(row.out.data(), row.batch, row.classes);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, Role role, auto run) {
    Contender contender{labels, name, set_labels, role};
    contender.run = [run, &row]() mutable -> const void* {
      run();
      return row.out.data();
    };
    contender.is_right = [run, &row, &plan]() mutable {
      row.out.fill(0xa5);
      run();
      return is_mixed(row.out.data(), row, plan);
    };
    contenders.push_back(contender);
  };
  add(set_labels, Role::memory, [&row] { row.out.fill(0); });
  contenders.back().is_right = [&row] {
    row.out.fill(0);
    return std::all_of(row.out.data(), row.out.data() + row.batch * row.classes,
                       [](float value) { return value == 0; });
  };
  add(library, Role::library,
      [=, &row, &plan] { cutmix::mix_labels(plan, row.ids, row.classes, out); });
  add("Eigen: setZero, two additions a row", Role::eigen, [=, &row, &plan]() mutable {
    out.setZero();
    for (Index b = 0; b < row.batch; ++b) {
      const auto own = static_cast<std::size_t>(b);
      const auto partner = static_cast<std::size_t>(plan.indices[own]);
      out(b, row.ids[own]) += static_cast<float>(plan.lambda(b));
      out(b, row.ids[partner]) += static_cast<float>(1 - plan.lambda(b));
    }
  });
  return contenders;
}

std::vector<Contender> bytes_contenders(const Decoded& decoded, const Plans& plans) {
  const Shape& s = decoded.shape;
  const Map<float, 4> out(decoded.out.data(), s.batch, s.channels, s.height, s.width);
  const auto conversion = cutmix::ByteConversion::normalized(decoded.means, decoded.deviations);
  std::vector<cutmix::ConstBatchView> samples;
  const std::uint8_t* const in = decoded.bytes.data();
  for (Index b = 0; b < s.batch; ++b)
    samples.push_back(
        cutmix::view(in + b * s.sample(), {Index{1}, s.height, s.width, s.channels}, "BHWC"));
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& table, const std::string& name, Role role,
                       const Plan& plan, auto run) {
    Contender contender{table, name, not_mixed, role};
    contender.run = [run, &decoded]() mutable -> const void* {
      run();
      return decoded.out.data();
    };
    contender.is_right = [run, &decoded, &plan]() mutable {
      decoded.out.fill(0xa5);
      run();
      return is_converted(decoded.out.data(), decoded, plan);
    };
    contenders.push_back(contender);
  };
  const auto collate_on = [=](const auto& device, const Plan& plan) {
    return [=, &device, &plan] { cutmix::collate(device, plan, samples, out, conversion); };
  };
  static const Eigen::DefaultDevice one_thread;
  const auto& two = two_threads();
  add(from_bytes, not_mixed, Role::memory, plans.none, collate_on(one_thread, plans.none));
  add(from_bytes, library, Role::library, plans.random, collate_on(one_thread, plans.random));
  add(from_bytes, "cutmix, a box per sample", Role::library, plans.each,
      collate_on(one_thread, plans.each));
  // What the memory can do: the output alone.
  const Buffer<float>& copied = decoded.copy;
  add(from_bytes, "memcpy of the batch", Role::memory, plans.none,
      [&decoded, &copied] { decoded.out.copy(copied); });
  add(from_bytes_2, not_mixed, Role::memory, plans.none, collate_on(two, plans.none));
  add(from_bytes_2, library, Role::library, plans.random, collate_on(two, plans.random));
  return contenders;
}

std::vector<Contender> drawing_contenders() {
  Contender contender{drawing, "make_plan", "make_plan", Role::library};
  contender.run = [plan = Plan(), rng = cutmix::Philox4x32(2019)]() mutable -> const void* {
    cutmix::make_plan({256, 224, 224}, cutmix::Options(), rng, plan);
    return plan.indices.data();
  };
  contender.is_right = [run = contender.run] {
    auto* const first = static_cast<const Index*>(run());
    std::vector<Index> indices(first, first + 256);
    std::sort(indices.begin(), indices.end());
    for (Index b = 0; b < 256; ++b)
      if (indices[static_cast<std::size_t>(b)] != b) return false;
    return true;
  };
  return {contender};
}

}  // namespace bench
