#include "core/slowmo/rife.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/metrics.h"
#include "core/image/views.h"
#include "core/learn/checkpoint.h"
#include "core/learn/pytorch_file.h"
#include "core/nn/rife.h"
#include "core/nn/tensor_image.h"

namespace fw {
namespace {

const std::filesystem::path kPublished = std::filesystem::path(FW_SHARED_DATA) / "rife";

/// The float32 array of a NumPy file; its header is text up to a line break.
torch::Tensor numpyFile(const std::filesystem::path& file, torch::IntArrayRef shape) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const auto values = torch::empty(shape);
  const auto size = static_cast<std::size_t>(values.numel()) * sizeof(float);
  if (bytes.size() < size) throw Error("This array is too short", file.string(), "");
  std::memcpy(values.data_ptr<float>(), bytes.data() + bytes.size() - size, size);
  return values;
}

double largest(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(RifeEngine, ReproducesThePublishedNetwork) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << "needs the published outputs beside the checkout";
  torch::InferenceMode inference;
  const auto net = rifeFromWeights(readWeights(kPublished / "flownet.pkl"), "flownet.pkl");
  const auto picture = [](const char* name) { return toTensor(readImage(kPublished / name)).unsqueeze(0); };
  const auto made = net->forward(picture("frame0.png"), picture("frame1.png"), 0.5);
  EXPECT_LT(largest(made.flow, numpyFile(kPublished / "flow.npy", {1, 4, 192, 320})), 1e-4);
  EXPECT_LT(largest(made.mask, numpyFile(kPublished / "mask.npy", {1, 1, 192, 320})), 1e-4);
  EXPECT_LT(largest(made.merged, numpyFile(kPublished / "merged.npy", {1, 3, 192, 320})), 1e-4);
}

class RifeWeights : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(testing::TempDir()) /
            ("fw_rife_" + std::to_string(::getpid()) + ".safetensors");
    torch::manual_seed(1);
    writeSafetensors(file_, {weightsOf({{"rife", std::make_shared<Rife46>()}}), {}});
  }
  void TearDown() override { std::filesystem::remove(file_); }
  std::unique_ptr<Engine> engine(const std::string& precision) const {
    Settings settings(rifeEngine().schema);
    settings.set("weights", file_.string());
    settings.set("precision", precision);
    return rifeEngine().make(settings, {.device = "cpu", .threads = 2});
  }
  std::filesystem::path file_;
};

TEST_F(RifeWeights, MakeFramesOfAnySizeAndDepth) {
  for (const int type : {CV_8UC3, CV_16UC3}) {
    cv::Mat first(70, 101, type), second(70, 101, type);
    cv::randu(first, 0, type == CV_8UC3 ? 255 : 65535);
    first.copyTo(second);
    const auto frames = engine("float32")->between({first, second}, std::vector{0.25, 0.5});
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].image.size(), first.size());
    EXPECT_EQ(frames[0].image.type(), type);
  }
}

TEST_F(RifeWeights, SixteenBitIsWithinFortyDecibels) {
  cv::Mat first(64, 96, CV_8UC3), second;
  cv::randu(first, 0, 255);
  cv::resize(first(cv::Rect(0, 0, 12, 8)), first, first.size(), 0, 0, cv::INTER_CUBIC);
  second = first.clone();
  const auto exact = engine("float32")->between({first, second}, std::vector{0.5}),
             rounded = engine("bfloat16")->between({first, second}, std::vector{0.5});
  EXPECT_GT(psnr(exact[0].image, rounded[0].image), 40.0);
}

TEST(RifeEngine, SaysWhatItNeeds) {
  try {
    rifeEngine().make(Settings(rifeEngine().schema), {});
    ADD_FAILURE() << "ran without weights";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("flownet.pkl"));
  }
}

}  // namespace
}  // namespace fw
