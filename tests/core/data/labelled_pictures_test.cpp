#include "core/data/labelled_pictures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/views.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

class LabelledFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("labelled_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  static std::string idx(std::vector<unsigned> shape, std::string values) {
    std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
    for (const unsigned length : shape)
      for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift);
    return bytes + values;
  }

  fs::path folder;
};

TEST_F(LabelledFolder, ReadsIdxFiles) {
  write("train-images-idx3-ubyte", idx({2, 1, 2}, {1, 2, 3, 4}));
  write("train-labels-idx1-ubyte", idx({2}, {0, 1}));
  write("t10k-images-idx3-ubyte", idx({1, 1, 2}, {5, 6}));
  write("t10k-labels-idx1-ubyte", idx({1}, {1}));
  const auto data = readLabelled(folder, 32);
  EXPECT_EQ(data.training.count(), 2);
  EXPECT_EQ(data.test.pictures[0][0][0][1].item<int>(), 6);
  EXPECT_EQ(data.classes.size(), 2U);
}

TEST_F(LabelledFolder, SaysWhenAnIdxFileIsCutOff) {
  write("train-images-idx3-ubyte", idx({2, 1, 2}, {1, 2, 3}));
  write("train-labels-idx1-ubyte", idx({2}, {0, 1}));
  EXPECT_THROW(readLabelled(folder, 32), Error);
}

TEST_F(LabelledFolder, SaysWhenAHeaderPromisesTooMuch) {
  write("train-images-idx3-ubyte", idx({0xffffffffU, 0xffffffffU, 0xffffffffU}, {1}));
  write("train-labels-idx1-ubyte", idx({2}, {0, 1}));
  EXPECT_THROW(readLabelled(folder, 32), Error);
}

TEST_F(LabelledFolder, ReadsCifarsRecordsInOurColourOrder) {
  std::string record(1 + 3 * 1024, '\0');
  record[0] = 3;
  record[1] = 100;  // red of the first pixel
  write("data_batch_1.bin", record + record);
  write("test_batch.bin", record);
  const auto data = readLabelled(folder, 32);
  EXPECT_EQ(data.training.labels[1].item<int>(), 3);
  EXPECT_EQ(data.training.pictures[0][2][0][0].item<int>(), 100);  // BGR: red is last
}

TEST_F(LabelledFolder, TakesAFolderForEachClassAndKeepsEveryFifthForTheTest) {
  for (const auto* name : {"dark", "light"}) {
    fs::create_directory(folder / name);
    for (int i = 0; i < 5; ++i)
      writeImage(folder / name / (std::to_string(i) + ".png"),
                 cv::Mat(20, 30, CV_8UC3, cv::Scalar::all(name[0] == 'd' ? 10 : 240)));
  }
  const auto data = readLabelled(folder, 16);
  EXPECT_EQ(data.training.count(), 8);
  EXPECT_EQ(data.test.count(), 2);
  EXPECT_EQ(data.classes, (std::vector<std::string>{"dark", "light"}));
  EXPECT_EQ(data.test.pictures.sizes(), (std::vector<int64_t>{2, 3, 16, 16}));
  const auto& [pictures, labels] = data.training;
  for (int64_t i = 0; i < labels.size(0); ++i)
    EXPECT_EQ(pictures[i].max().item<int>() > 100, labels[i].item<int64_t>() == 1) << i;
  EXPECT_FALSE(torch::equal(labels, std::get<0>(labels.sort()))) << "the first few are of every class";
}

TEST_F(LabelledFolder, TakesAFolderOfPicturesAsOneClass) {
  for (int i = 0; i < 10; ++i)
    writeImage(folder / (std::to_string(i) + ".png"), cv::Mat(20, 30, CV_8UC3, cv::Scalar::all(10 * i)));
  const auto data = readLabelled(folder, 16);
  EXPECT_EQ(data.classes.size(), 1u);
  EXPECT_EQ(data.training.count(), 8);
  EXPECT_EQ(data.test.count(), 2);
}

TEST(DrawnPictures, AreTheSameEveryTimeAndDifferInTheTest) {
  const auto a = drawnDigits(50, 50), b = drawnDigits(50, 50);
  EXPECT_TRUE(torch::equal(a.training.pictures, b.training.pictures));
  EXPECT_FALSE(torch::equal(a.training.pictures, a.test.pictures));
  EXPECT_EQ(drawnShapes(3, 3).training.pictures.sizes(), (std::vector<int64_t>{3, 3, 32, 32}));
}

}  // namespace
}  // namespace fw
