// As in the paper's code: functions that return new tensors. Whatever is given is not drawn.
#include <cutmix/cutmix.hpp>
#include <iostream>

int main() {
  const int batch = 8, classes = 4;
  Eigen::Tensor<float, 4, Eigen::RowMajor> x(batch, 3, 24, 32);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  Eigen::Tensor<int, 1> y(batch);
  for (int b = 0; b < batch; ++b) y(b) = b % classes;

  cutmix::Philox4x32 rng(42), same_rng(42);
  const auto [x_cutmix, y_cutmix] = cutmix::cutmix(x, y, 1.0, classes, rng);

  // The same step by step.
  const cutmix::Indices indices = cutmix::gen_indices(x, same_rng);
  const double drawn = cutmix::gen_cutmix_lambda(1.0, same_rng);
  const cutmix::BBox box = cutmix::rand_bbox(32, 24, drawn, same_rng);  // W, H
  const double lambda = cutmix::adjust_lambda(drawn, x, box);
  std::cout << "lambda " << drawn << ", of pixels " << lambda << ", box " << box << "\ntargets\n"
            << y_cutmix << '\n';

  const auto [x_again, y_again] = cutmix::cutmix(x, y, 1.0, classes, rng, drawn, box, indices);
  const Eigen::Tensor<bool, 0, Eigen::RowMajor> equal =
      (x_cutmix == x_again).all() && (y_cutmix == y_again).all();
  return equal() ? 0 : 1;
}
