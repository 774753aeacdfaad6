// What the implementations in use do, as the same operations of ATen on the same memory. Flip and
// roll stand for their partners: the others take the plan's.

#include <torch/torch.h>
#include <torch/version.h>

#include <utility>

#ifdef CUTMIX_BENCH_OPENCV
#include <opencv2/dnn.hpp>
#endif

#include "contenders.hpp"

namespace bench {

namespace {

using torch::indexing::Ellipsis;
using torch::indexing::Slice;
using torch::indexing::TensorIndex;

template <class Scalar>
constexpr torch::ScalarType torch_scalar = torch::kFloat32;
template <>
constexpr torch::ScalarType torch_scalar<Eigen::bfloat16> = torch::kBFloat16;
template <>
constexpr torch::ScalarType torch_scalar<std::uint8_t> = torch::kUInt8;

torch::Tensor tensor_of(const std::vector<Index>& values) {
  return torch::tensor(std::vector<std::int64_t>(values.begin(), values.end()));
}

// A sequence that returns its result; freed before the next call makes another.
template <class Sequence>
std::function<const void*()> keep_result(Sequence sequence) {
  return [sequence, kept = torch::Tensor()]() mutable -> const void* {
    kept = torch::Tensor();
    kept = sequence();
    return kept.data_ptr();
  };
}

}  // namespace

template <class Scalar>
std::vector<Contender> torch_image_contenders(const Images<Scalar>& images, const Plans& plans) {
  const Shape& shape = images.shape;
  const auto tensor_at = [&](const Buffer<Scalar>& buffer) {
    return torch::from_blob(buffer.data(), {shape.batch, shape.channels, shape.height, shape.width},
                            torch_scalar<Scalar>);
  };
  const torch::Tensor x = tensor_at(images.x), out = tensor_at(images.out),
                      work = tensor_at(images.work), indices = tensor_of(plans.random.indices);
  const cutmix::BBox box = plans.random.box(0);
  const Slice rows(box.y1, box.y2), columns(box.x1, box.x2);
  const std::vector<TensorIndex> patch = {Ellipsis, rows, columns};
  const std::vector<TensorIndex> partners = {indices, Slice(), rows, columns};

  std::vector<Contender> contenders;
  for (const int threads : {1, 2}) {
    const auto add = [&](const std::string& table, const std::string& name,
                         const cutmix::Plan& plan, std::function<const void*()> run) {
      const std::string& base = one_thread_of(table) == out_of_place ? copy_batch : copy_patch;
      const auto prepare = [threads] { torch::set_num_threads(threads); };
      const auto is_right = [&images, &plan, run, prepare] {
        prepare();
        images.out.fill(0xa5);
        images.work.copy(images.x);
        const auto* result = static_cast<const Scalar*>(run());
        return is_mixed(result, images.x.data(), images.shape, nchw(images.shape), plan);
      };
      contenders.push_back({table, name, base, Role::torch, std::move(run), is_right, prepare});
    };
    const std::string& apart = threads == 1 ? out_of_place : out_of_place_2;
    const std::string& within = threads == 1 ? in_place : in_place_2;
    add(apart, "LibTorch: copy_, indexed copy", plans.random,
        [=]() -> const void* {  // as Composer's, into memory that is there
          out.copy_(x);
          out.index(patch).copy_(x.index(partners));
          return out.data_ptr();
        });
    add(apart, "LibTorch: clone, indexed copy (Composer)", plans.random, keep_result([=] {
          torch::Tensor mixed = x.clone();
          mixed.index_put_(patch, x.index(partners));
          return mixed;
        }));
    add(apart, "LibTorch: roll, clone, slice (torchvision)", plans.rolled, keep_result([=] {
          const torch::Tensor rolled = x.roll(1, 0);
          torch::Tensor mixed = x.clone();
          mixed.index_put_(patch, rolled.index(patch));
          return mixed;
        }));
    add(within, "LibTorch: indexed copy (the authors)", plans.random, [=]() -> const void* {
      work.index(patch).copy_(work.index(partners));
      return work.data_ptr();
    });
    add(within, "LibTorch: flip, slice (timm)", plans.flipped, [=]() -> const void* {
      work.index(patch).copy_(work.flip(0).index(patch));
      return work.data_ptr();
    });
  }
  return contenders;
}

template std::vector<Contender> torch_image_contenders(const Images<float>&, const Plans&);
template std::vector<Contender> torch_image_contenders(const Images<Eigen::bfloat16>&,
                                                       const Plans&);
template std::vector<Contender> torch_image_contenders(const Images<std::uint8_t>&, const Plans&);

std::vector<Contender> torch_mixup_contenders(const Images<float>& images, const Plans& plans) {
  const Shape& shape = images.shape;
  const torch::Tensor x =
      torch::from_blob(images.x.data(), {shape.batch, shape.channels, shape.height, shape.width});
  const double lambda = plans.blended.lambda(0);
  Contender contender{mixup, "LibTorch: flip, mul, mul, add (timm)", blend_loop, Role::torch};
  contender.run = keep_result([=] { return x.mul(lambda).add_(x.flip(0).mul_(1 - lambda)); });
  contender.prepare = [] { torch::set_num_threads(1); };
  contender.is_right = [&images, &plans, run = contender.run, prepare = contender.prepare] {
    prepare();
    return is_blended(static_cast<const float*>(run()), images, plans.blended);
  };
  return {contender};
}

std::vector<Contender> torch_label_contenders(const Labels& labels_row, const Plans& plans) {
  const Index batch = labels_row.batch, classes = labels_row.classes;
  const torch::Tensor ids = torch::tensor(labels_row.ids).view({batch, 1}),
                      out = torch::from_blob(labels_row.out.data(), {batch, classes}),
                      indices = tensor_of(plans.random.indices);
  const double lambda = plans.random.lambda(0);

  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, std::function<const void*()> run) {
    const auto prepare = [] { torch::set_num_threads(1); };
    const auto is_right = [&labels_row, &plans, run, prepare] {
      prepare();
      labels_row.out.fill(0xa5);
      return is_mixed(static_cast<const float*>(run()), labels_row, plans.random);
    };
    contenders.push_back(
        {labels, name, set_labels, Role::torch, std::move(run), is_right, prepare});
  };
  add("LibTorch: zero_, scatter_, scatter_add_", [=]() -> const void* {
    out.zero_();
    out.scatter_(1, ids, lambda);
    out.scatter_add_(1, ids.index({indices}), torch::full({batch, 1}, 1 - lambda));
    return out.data_ptr();
  });
  add("LibTorch: one-hots, weighted sum (timm)", keep_result([=] {
        const auto one_hot = [&](const torch::Tensor& some) {
          return torch::zeros({batch, classes}).scatter_(1, some, 1.0);
        };
        return one_hot(ids) * lambda + one_hot(ids.index({indices})) * (1 - lambda);
      }));
  return contenders;
}

std::vector<Contender> torch_bytes_contenders(const Decoded& decoded, const Plans& plans) {
  const Shape& s = decoded.shape;
  const cutmix::BBox box = plans.random.box(0);
  const Slice rows(box.y1, box.y2), columns(box.x1, box.x2);
  const std::vector<TensorIndex> patch = {Ellipsis, rows, columns};
  const std::vector<TensorIndex> partners = {tensor_of(plans.random.indices), Slice(), rows,
                                             columns};
  const auto floats = [](const std::vector<double>& values) {
    return torch::tensor(values, torch::kFloat).view({1, -1, 1, 1});
  };
  const torch::Tensor means = floats(decoded.means), deviations = floats(decoded.deviations);
  std::vector<torch::Tensor> images;
  for (Index b = 0; b < s.batch; ++b)
    images.push_back(torch::from_blob(decoded.bytes.data() + b * s.sample(),
                                      {s.height, s.width, s.channels}, torch::kByte));
  const auto mix = [=](torch::Tensor batch) {
    batch.index_put_(patch, batch.index(partners));
    return batch;
  };

  std::vector<Contender> contenders;
  for (const int threads : {1, 2}) {
    const auto add = [&](const std::string& name, std::function<void()> prepare, auto sequence) {
      auto run = keep_result(sequence);
      const auto is_right = [&decoded, &plans, run, prepare]() mutable {
        prepare();
        return is_converted(static_cast<const float*>(run()), decoded, plans.random);
      };
      contenders.push_back({threads == 1 ? from_bytes : from_bytes_2, name, not_mixed, Role::torch,
                            run, is_right, prepare});
    };
    const auto with_torch = [threads] { torch::set_num_threads(threads); };
    add("LibTorch: stack, permute, to, div, sub, div, indexed copy", with_torch, [=] {
      return mix(torch::stack(images)
                     .permute({0, 3, 1, 2})
                     .to(torch::kFloat, false, false, torch::MemoryFormat::Contiguous)
                     .div_(255)
                     .sub_(means)
                     .div_(deviations));
    });
#ifdef CUTMIX_BENCH_OPENCV
    std::vector<cv::Mat> mats;
    for (Index b = 0; b < s.batch; ++b)
      mats.emplace_back(static_cast<int>(s.height), static_cast<int>(s.width), CV_8UC3,
                        decoded.bytes.data() + b * s.sample());
    const cv::Scalar mean(255 * decoded.means[0], 255 * decoded.means[1], 255 * decoded.means[2]);
    const cv::Size size(static_cast<int>(s.width), static_cast<int>(s.height));
    const auto with_opencv = [threads] {
      torch::set_num_threads(threads);
      cv::setNumThreads(threads);
    };
    add("OpenCV: blobFromImages; LibTorch: div, indexed copy", with_opencv,
        [=, blob = cv::Mat()]() mutable {
          cv::dnn::blobFromImages(mats, blob, 1 / 255.0, size, mean, false, false);
          return mix(torch::from_blob(blob.data, {s.batch, s.channels, s.height, s.width})
                         .div_(deviations));
        });
#endif
  }
  return contenders;
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace bench
