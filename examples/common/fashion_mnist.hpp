// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) from IDX files, gzip'd or plain.
#ifndef CUTMIX_EXAMPLES_COMMON_FASHION_MNIST_HPP
#define CUTMIX_EXAMPLES_COMMON_FASHION_MNIST_HPP

#include <zlib.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "dataset.hpp"

namespace examples {

// Where Debian's package dataset-fashion-mnist puts it.
inline const char* const fashion_mnist_directory = "/usr/share/datasets/fashion-mnist";

// Reads an IDX file of bytes front to back; zlib passes files that are not compressed through.
class IdxFile {
 public:
  IdxFile(std::string path, std::size_t rank)
      : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb"), &gzclose) {
    if (file_ == nullptr) throw std::runtime_error(path_ + ": cannot be opened");
    std::array<std::uint8_t, 4> word{};
    read(word.data(), 4);
    const bool is_idx = word[0] == 0 && word[1] == 0 && word[2] == 8 && word[3] == rank;
    if (!is_idx) {
      throw std::runtime_error(path_ + ": is not an IDX file of bytes with " +
                               std::to_string(rank) + " dimension" + (rank == 1 ? "" : "s"));
    }
    for (std::size_t i = 0; i < rank; ++i) {
      read(word.data(), 4);
      dimensions_.push_back(Index(word[0]) << 24 | Index(word[1]) << 16 | Index(word[2]) << 8 |
                            Index(word[3]));
    }
  }

  Index dimension(std::size_t i) const { return dimensions_[i]; }

  void read(std::uint8_t* data, Index size) {
    // gzread() counts in int.
    const Index most = 1 << 24;
    for (Index done = 0; done < size;) {
      const auto wanted = static_cast<unsigned>(std::min(most, size - done));
      const int got = gzread(file_.get(), data + done, wanted);
      if (got < 0) throw std::runtime_error(path_ + ": is damaged, it cannot be unpacked");
      if (got == 0) throw std::runtime_error(path_ + ": ends early");
      done += got;
    }
  }

 private:
  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  std::vector<Index> dimensions_;
};

// The file with or without .gz, if either is there.
inline std::optional<std::string> find_idx(const std::filesystem::path& directory,
                                           const std::string& name) {
  std::error_code ignored;
  for (const std::string& candidate : {name + ".gz", name}) {
    const std::filesystem::path path = directory / candidate;
    if (std::filesystem::is_regular_file(path, ignored)) return path.string();
  }
  return std::nullopt;
}

// The first `count` images and labels, or all where there are fewer.
inline LabelledImages read_idx_pair(const std::string& images_path, const std::string& labels_path,
                                    Index count, Index classes) {
  const Index side = 28;
  IdxFile images(images_path, 3);
  IdxFile labels(labels_path, 1);
  if (images.dimension(1) != side || images.dimension(2) != side) {
    throw std::runtime_error(images_path + ": holds images of " +
                             std::to_string(images.dimension(1)) + " x " +
                             std::to_string(images.dimension(2)) + " pixels, must be 28 x 28");
  }
  if (images.dimension(0) != labels.dimension(0)) {
    throw std::runtime_error(labels_path + ": holds " + std::to_string(labels.dimension(0)) +
                             " labels, must be " + std::to_string(images.dimension(0)) +
                             ", one for each image");
  }
  count = std::min(count, images.dimension(0));
  if (count == 0) throw std::runtime_error(images_path + ": holds no images");

  LabelledImages result{ByteImages(count, 1, side, side), Labels(count)};
  images.read(result.images.data(), result.images.size());
  std::vector<std::uint8_t> ids(static_cast<std::size_t>(count));
  labels.read(ids.data(), count);
  for (Index i = 0; i < count; ++i) {
    result.labels(i) = ids[static_cast<std::size_t>(i)];
    if (result.labels(i) >= classes) {
      throw std::runtime_error(labels_path + ": label " + std::to_string(i) + " is " +
                               std::to_string(result.labels(i)) + ", must be in [0, " +
                               std::to_string(classes) + ")");
    }
  }
  return result;
}

// Nothing where the directory holds none of the four files; throws where they are malformed.
inline std::optional<Dataset> load_fashion_mnist(const std::string& directory, Index train_count,
                                                 Index test_count) {
  const std::array<const char*, 4> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  std::vector<std::string> paths;
  std::string missing;
  for (const char* name : names) {
    const std::optional<std::string> path = find_idx(directory, name);
    if (path) paths.push_back(*path);
    if (!path && missing.empty()) missing = name;
  }
  if (paths.empty()) return std::nullopt;
  if (!missing.empty()) throw std::runtime_error(directory + ": " + missing + ".gz is missing");

  Dataset data;
  data.name = "Fashion-MNIST";
  data.classes = {"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                  "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  const auto classes = static_cast<Index>(data.classes.size());
  data.train = read_idx_pair(paths[0], paths[1], train_count, classes);
  data.test = read_idx_pair(paths[2], paths[3], test_count, classes);
  return data;
}

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_COMMON_FASHION_MNIST_HPP
