// Fashion-MNIST where it is installed, drawn shapes where it is not.
#ifndef CUTMIX_EXAMPLES_COMMON_AVAILABLE_DATA_HPP
#define CUTMIX_EXAMPLES_COMMON_AVAILABLE_DATA_HPP

#include <iostream>
#include <string>

#include "dataset.hpp"
#include "drawn_shapes.hpp"
#include "fashion_mnist.hpp"

namespace examples {

inline Dataset load_available_data(const std::string& directory, Index train_count,
                                   Index test_count) {
  auto data = load_fashion_mnist(directory, train_count, test_count);
  if (data) return *std::move(data);
  std::cout << "No Fashion-MNIST in " << directory
            << " (Debian: apt-get install dataset-fashion-mnist, or --data DIR).\n"
            << "Using drawn shapes instead." << std::endl;
  return make_drawn_dataset(train_count, test_count);
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_AVAILABLE_DATA_HPP
