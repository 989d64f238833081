#include "core/data/labelled_pictures.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/views.h"

namespace fw {
namespace {

namespace fs = std::filesystem;
constexpr const char* kWhat = "Cannot read the labelled pictures";
constexpr std::size_t kLargestFile = std::size_t{2} << 30;

using Bytes = std::vector<uint8_t>;

/// zlib reads files that are not compressed as they are.
Bytes readAll(const fs::path& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(file.c_str(), "rb"), gzclose);
  if (!in) throw Error(kWhat, file.string(), "The file cannot be opened.");
  Bytes all;
  constexpr unsigned kPart = 1U << 20;
  for (int got = 1; got > 0;) {
    const auto old = all.size();
    if (old > kLargestFile) throw Error(kWhat, file.string(), "The file is larger than 2 GB.");
    all.resize(old + kPart);
    got = gzread(in.get(), all.data() + old, kPart);
    if (got < 0) throw Error(kWhat, file.string(), "The file is damaged; download it again.");
    all.resize(old + static_cast<std::size_t>(got));
  }
  return all;
}

uint32_t bigEndian(const Bytes& bytes, std::size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 |
         static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

/// IDX: two zero bytes, the type (8: bytes), the number of dimensions, the dimensions, the values.
torch::Tensor readIdx(const fs::path& file, std::size_t dimensions) {
  const auto bytes = readAll(file);
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] != dimensions)
    throw Error(kWhat, file.string(), "It is not an IDX file of bytes as MNIST has them.");
  std::vector<int64_t> shape;
  std::size_t values = 1;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const auto length = bigEndian(bytes, 4 + 4 * i);
    if (length == 0 || length > 100'000'000 || values > kLargestFile / length)
      throw Error(kWhat, file.string(), "Its header is damaged; download it again.");
    shape.push_back(length);
    values *= length;
  }
  if (bytes.size() != header + values)
    throw Error(kWhat, file.string(), "It is cut off or damaged; download it again.");
  return torch::from_blob(const_cast<uint8_t*>(bytes.data()) + header, shape, torch::kByte).clone();
}

LabelledPictures readIdxPair(const fs::path& pictures, const fs::path& labels) {
  LabelledPictures result{readIdx(pictures, 3).unsqueeze(1), readIdx(labels, 1).to(torch::kLong)};
  if (result.pictures.size(0) != result.labels.size(0))
    throw Error(kWhat, labels.string(), "It has another number of labels than there are pictures.");
  return result;
}

LabelledData fromIdx(const fs::path& folder, const std::vector<fs::path>& files) {
  LabelledData data{folder.filename().string(), {}, {}, {}};
  for (const auto& file : files) {
    const auto name = file.filename().string();
    const auto at = name.find("images");
    if (at == std::string::npos) continue;
    auto labels = name;
    labels.replace(at, 6, "labels");
    if (const auto kind = labels.find("idx3"); kind != std::string::npos) labels.replace(kind, 4, "idx1");
    auto part = readIdxPair(file, folder / labels);
    (name.starts_with("train") ? data.training : data.test) = std::move(part);
  }
  const int64_t classes = data.training.count() > 0 ? data.training.labels.max().item<int64_t>() + 1 : 0;
  for (int64_t i = 0; i < classes; ++i) data.classes.push_back(std::to_string(i));
  return data;
}

/// CIFAR-10's binary version: a label, then 1024 red, green and blue bytes, again and again.
LabelledPictures readCifar(const std::vector<fs::path>& files) {
  constexpr std::size_t kRecord = 1 + 3 * 1024;
  std::vector<torch::Tensor> pictures, labels;
  for (const auto& file : files) {
    const auto bytes = readAll(file);
    if (bytes.empty() || bytes.size() % kRecord != 0)
      throw Error(kWhat, file.string(), "It is not a batch of CIFAR-10's binary version.");
    const auto count = static_cast<int64_t>(bytes.size() / kRecord);
    const auto records = torch::from_blob(const_cast<uint8_t*>(bytes.data()),
                                          {count, static_cast<int64_t>(kRecord)}, torch::kByte);
    labels.push_back(records.select(1, 0).to(torch::kLong));
    pictures.push_back(records.slice(1, 1).reshape({count, 3, 32, 32}).flip({1}));  // to BGR
  }
  if (pictures.empty()) return {};
  return {torch::cat(pictures), torch::cat(labels)};
}

LabelledData fromCifar(const fs::path& folder, const std::vector<fs::path>& files) {
  std::vector<fs::path> training, test;
  for (const auto& file : files)
    if (file.extension() == ".bin")
      (file.stem().string().starts_with("test") ? test : training).push_back(file);
  return {folder.filename().string(),
          {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
          readCifar(training),
          readCifar(test)};
}

std::vector<fs::path> sortedIn(const fs::path& folder, bool folders) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() == folders) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

torch::Tensor cut(const fs::path& file, int64_t side) {
  const cv::Mat picture = readImage(file);
  const int shorter = std::min(picture.rows, picture.cols), target = static_cast<int>(side);
  const cv::Rect middle((picture.cols - shorter) / 2, (picture.rows - shorter) / 2, shorter, shorter);
  cv::Mat small;
  cv::resize(picture(middle), small, {target, target}, 0, 0,
             shorter > target ? cv::INTER_AREA : cv::INTER_LINEAR);
  return torch::from_blob(small.data, {side, side, 3}, torch::kByte).permute({2, 0, 1}).clone();
}

/// Every picture below the class folders; those whose number is in turn for it go to `second` when there is
/// one.
void readClasses(const fs::path& folder, const std::vector<std::string>& classes, int64_t side,
                 LabelledPictures& first, LabelledPictures* second) {
  std::vector<torch::Tensor> pictures[2];
  std::vector<int64_t> labels[2];
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const auto within = folder / classes[label];
    if (!fs::is_directory(within))
      throw Error(kWhat, within.string(), "train and test must have the same classes.");
    int64_t number = 0;
    for (const auto& file : sortedIn(within, false)) {
      if (!cv::haveImageReader(file.string())) continue;
      const int part = second && number++ % 5 == 4 ? 1 : 0;
      pictures[part].push_back(cut(file, side));
      labels[part].push_back(static_cast<int64_t>(label));
    }
  }
  const auto join = [&](int part, LabelledPictures& to) {
    if (!pictures[part].empty())
      to = {torch::stack(pictures[part]), torch::tensor(labels[part], torch::kLong)};
  };
  join(0, first);
  if (second) join(1, *second);
}

LabelledData fromClassFolders(const fs::path& folder, int64_t side) {
  LabelledData data{folder.filename().string(), {}, {}, {}};
  const bool split = fs::is_directory(folder / "train") && fs::is_directory(folder / "test");
  const fs::path training = split ? folder / "train" : folder;
  for (const auto& inner : sortedIn(training, true)) data.classes.push_back(inner.filename().string());
  if (data.classes.empty()) data.classes.emplace_back(".");  // its own pictures, of no class in particular
  readClasses(training, data.classes, side, data.training, split ? nullptr : &data.test);
  if (split) readClasses(folder / "test", data.classes, side, data.test, nullptr);
  // Who takes the first so many must get some of every class.
  constexpr uint64_t kSeed = 1;
  auto chance = at::make_generator<at::CPUGeneratorImpl>(kSeed);
  for (auto* part : {&data.training, &data.test}) {
    if (part->count() == 0) continue;
    const auto order = torch::randperm(part->count(), chance, torch::kLong);
    part->pictures = part->pictures.index_select(0, order);
    part->labels = part->labels.index_select(0, order);
  }
  return data;
}

}  // namespace

LabelledData readLabelled(const fs::path& folder, int64_t side) {
  if (!fs::is_directory(folder)) throw Error(kWhat, folder.string(), "Choose a folder.");
  const auto files = sortedIn(folder, false);
  const auto any = [&](const auto& wanted) { return std::any_of(files.begin(), files.end(), wanted); };
  auto data =
      any([](const fs::path& f) { return f.filename().string().find("idx3-ubyte") != std::string::npos; })
          ? fromIdx(folder, files)
      : any([](const fs::path& f) { return f.extension() == ".bin"; }) ? fromCifar(folder, files)
                                                                       : fromClassFolders(folder, side);
  if (data.training.count() < 2 || data.test.count() < 1)
    throw Error(kWhat, folder.string(), "There must be pictures to train on and others to test with.");
  if (data.training.pictures.sizes().slice(1) != data.test.pictures.sizes().slice(1) ||
      data.test.labels.max().item<int64_t>() >= std::ssize(data.classes) ||
      data.training.labels.max().item<int64_t>() >= std::ssize(data.classes))
    throw Error(kWhat, folder.string(), "Training and test pictures differ in size or classes.");
  return data;
}

}  // namespace fw
