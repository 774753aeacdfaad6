#ifndef CUTMIX_TESTS_README_PREAMBLE_HPP
#define CUTMIX_TESTS_README_PREAMBLE_HPP

// What fragments of the README may use without saying where it comes from. Compiled, never linked
// or run. A fragment may declare any of these names again; it then means its own.
//
//   images, x, mixed, x_out            (B, C, H, W) of float
//   left, right, left_out, right_out   the same: two images of a pair
//   pixels, output                     std::uint8_t*: memory of one's own
//   samples                            a std::vector of (C, H, W) of float: images not yet a batch
//   masks, masks_out                   (B, H, W) of std::uint8_t
//   labels, ids                        (B) of int: class ids
//   y, soft, soft_out                  (B, n_classes) of float: dense targets
//   targets, y_out                     (B, n_classes) of float: mixed targets
//   logits, gradient                   (B, n_classes) of float
//   partners                           (B) of int: the partners' class ids
//   n_classes, epochs, epoch, step, rank, seed
//   rng                                a cutmix::Philox4x32
//   options                            cutmix::Options
//   plan                               a cutmix::Plan
//   mixer                              a cutmix::CutMix<>
//   device                             an Eigen::ThreadPoolDevice
//   loader                             gives (images, labels) pairs to a range-based for
//   model(images)                      gives logits
//   loss(logits, labels)               gives a double

#define EIGEN_USE_THREADS  // a user's choice, for ThreadPoolDevice
#include <cstdint>
#include <cutmix/cutmix.hpp>
#include <iostream>
#include <utility>
#include <vector>

extern Eigen::Tensor<float, 4> images, x, mixed, x_out, left, right, left_out, right_out;
extern std::vector<Eigen::Tensor<float, 3>> samples;
extern Eigen::Tensor<std::uint8_t, 3> masks, masks_out;
extern std::uint8_t *pixels, *output;
extern Eigen::Tensor<int, 1> labels, ids, partners;
extern Eigen::Tensor<float, 2> y, soft, soft_out, targets, y_out, logits, gradient;
extern cutmix::Index n_classes;
extern std::uint32_t epochs, epoch, step, rank, seed;
extern cutmix::Philox4x32 rng;
extern cutmix::Options options;
extern cutmix::Plan plan;
extern cutmix::CutMix<> mixer;
extern Eigen::ThreadPoolDevice device;
extern std::vector<std::pair<Eigen::Tensor<float, 4>, Eigen::Tensor<int, 1>>> loader;
Eigen::Tensor<float, 2> model(const Eigen::Tensor<float, 4>& images);
double loss(const Eigen::Tensor<float, 2>& logits, const Eigen::Tensor<int, 1>& labels);

#endif  // CUTMIX_TESTS_README_PREAMBLE_HPP
