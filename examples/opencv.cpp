// OpenCV: a folder of images, decoded, cropped to one size and mixed into a batch of floats.
#include <cutmix/collate.hpp>
#include <cutmix/mixer.hpp>
#include <filesystem>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <vector>

// The middle of an image, as large as asked for: the Mat's own memory, rows with their padding, and
// the channels the other way round, for OpenCV has blue first.
cutmix::ConstBatchView middle_of(const cv::Mat& mat, int height, int width) {
  const int top = (mat.rows - height) / 2, left = (mat.cols - width) / 2;
  const auto all =
      cutmix::view(static_cast<const std::uint8_t*>(mat.data), {1, mat.rows, mat.cols, 3}, "BHWC",
                   {std::size_t{0}, mat.step[0], std::size_t{3}, std::size_t{1}});
  const auto lines = cutmix::cropped(all, 'H', top, top + height);
  return cutmix::flipped(cutmix::cropped(lines, 'W', left, left + width), 'C');
}

int main(int argc, char** argv) {
  // A folder of your own, or one that is made here.
  const std::filesystem::path made = "opencv_example_images";
  const std::filesystem::path folder = argc > 1 ? argv[1] : made;
  if (argc == 1) {
    std::filesystem::create_directory(made);
    for (int i = 0; i < 5; ++i) {
      cv::Mat image(40 + i, 50 - i, CV_8UC3);
      for (int y = 0; y < image.rows; ++y)
        for (int x = 0; x < image.cols; ++x)
          image.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(x + i),
                                       static_cast<std::uint8_t>(y),
                                       static_cast<std::uint8_t>(50 * i)};
      cv::imwrite((made / (std::to_string(i) + ".png")).string(), image);
    }
  }
  std::vector<cv::Mat> mats;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    cv::Mat mat = cv::imread(entry.path().string());
    if (!mat.empty()) mats.push_back(mat);
  }
  if (mats.empty()) {
    std::cerr << folder << " has no images\n";
    return 2;
  }

  int height = mats[0].rows, width = mats[0].cols;
  for (const cv::Mat& mat : mats)
    height = std::min(height, mat.rows), width = std::min(width, mat.cols);
  std::vector<cutmix::ConstBatchView> samples;
  for (const cv::Mat& mat : mats) samples.push_back(middle_of(mat, height, width));

  const auto batch = static_cast<int>(mats.size());
  const auto imagenet =
      cutmix::ByteConversion::normalized({0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});
  cutmix::CutMix mixer(1.0, 10, cutmix::Philox4x32(42));
  std::vector<float> mixed(mats.size() * 3 * static_cast<std::size_t>(height * width));
  cutmix::collate(mixer.draw({batch, height, width}), samples,
                  cutmix::view(mixed.data(), {batch, 3, height, width}, "BCHW"), imagenet);
  std::cout << batch << " images of " << height << " x " << width << ": " << mixer.plan() << '\n';

  int wrong = 0;
  for (int b = 0, i = 0; b < batch; ++b)
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x, ++i) {
          const auto& box = mixer.bbox();
          const bool inside = x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
          const cv::Mat& mat = mats.data()[inside ? mixer.indices().data()[b] : b];
          const auto& pixel =
              mat.at<cv::Vec3b>((mat.rows - height) / 2 + y, (mat.cols - width) / 2 + x);
          wrong += mixed.data()[i] != static_cast<float>(imagenet(pixel[2 - c], c));
        }
  std::cout << wrong << " of " << mixed.size() << " values are wrong\n";
  return wrong == 0 ? 0 : 1;
}
