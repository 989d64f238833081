#include "core/learn/pytorch_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cstring>
#include <fstream>

#include "core/base/error.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

using testing::HasSubstr;

template <class Number>
std::string raw(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string text(const std::string& words) { return "X" + raw(static_cast<uint32_t>(words.size())) + words; }

std::string tuple(const std::vector<int>& numbers) {
  std::string pickled = "(";
  for (const int number : numbers) pickled.append("J").append(raw(static_cast<int32_t>(number)));
  return pickled + "t";
}

/// What pickle writes for one tensor of torch.FloatStorage.
std::string tensor(const std::string& key, int elements, int offset, const std::vector<int>& sizes,
                   const std::vector<int>& strides, const std::string& type = "FloatStorage",
                   bool old = false) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n" + text(key) +
         text("cpu") + "J" + raw(elements) + (old ? "N" : "") + "tQ" + "J" + raw(offset) + tuple(sizes) +
         tuple(strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}

std::string dictionary(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string pickled = "ccollections\nOrderedDict\n)R(";
  for (const auto& [name, value] : entries) pickled += text(name) + value;
  return pickled + "u";
}

std::string program(const std::string& body) { return "\x80\x02" + body + "."; }

/// A zip file of stored entries, as torch.save() writes it.
std::string zip(const std::vector<std::pair<std::string, std::string>>& files, uint16_t method = 0) {
  std::string bytes, directory;
  for (const auto& [name, content] : files) {
    const auto local = static_cast<uint32_t>(bytes.size());
    const auto length = static_cast<uint32_t>(content.size());
    const auto nameLength = static_cast<uint16_t>(name.size());
    const std::string padding(3, 'Z');
    bytes += "PK\x03\x04" + std::string(4, '\0') + raw(method) + std::string(8, '\0') + raw(length) +
             raw(length) + raw(nameLength) + raw(static_cast<uint16_t>(padding.size())) + name + padding +
             content;
    directory += "PK\x01\x02" + std::string(6, '\0') + raw(method) + std::string(8, '\0') + raw(length) +
                 raw(length) + raw(nameLength) + std::string(12, '\0') + raw(local) + name;
  }
  const auto count = static_cast<uint16_t>(files.size());
  return bytes + directory + "PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) +
         raw(static_cast<uint32_t>(directory.size())) + raw(static_cast<uint32_t>(bytes.size())) +
         std::string(2, '\0');
}

std::string floats(const std::vector<float>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::string saved(const std::string& body) {
  return zip(
      {{"net/data.pkl", program(body)}, {"net/data/0", floats({1, 2, 3, 4, 5, 6})}, {"net/version", "3\n"}});
}

std::string complaint(const std::string& bytes) {
  try {
    parsePytorchFile(bytes, "net.pt");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST(PytorchFile, GivesTheTensorsOfAStateDict) {
  const auto weights = parsePytorchFile(saved(dictionary({{"module.w", tensor("0", 6, 0, {2, 3}, {3, 1})},
                                                          {"module.wt", tensor("0", 6, 0, {3, 2}, {1, 3})},
                                                          {"tail", tensor("0", 6, 4, {2}, {1})},
                                                          {"one", tensor("0", 6, 5, {}, {})}})),
                                        "net.pt");
  const auto expected = torch::tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  ASSERT_EQ(weights.size(), 4u);
  EXPECT_TRUE(torch::equal(weights.at("module.w"), expected));
  EXPECT_TRUE(torch::equal(weights.at("module.wt"), expected.t()));
  EXPECT_TRUE(torch::equal(weights.at("tail"), torch::tensor({5.f, 6.f})));
  EXPECT_EQ(weights.at("one").item<float>(), 6);
  const auto renamed = withoutPrefix(weights);
  EXPECT_TRUE(renamed.contains("w") && renamed.contains("tail"));
}

TEST(PytorchFile, LooksIntoDictionariesAndLeavesNumbersOut) {
  const std::string metadata = "}(" + text("_metadata") + "}ub";  // as state_dict() hangs it on
  const auto weights = parsePytorchFile(
      saved("}(" + text("epoch") + "K\x07" + text("state_dict") +
            dictionary({{"w", tensor("0", 6, 0, {6}, {1})}}) + metadata + text("best") + "N" + "u"),
      "net.pt");
  ASSERT_EQ(weights.size(), 1u);
  EXPECT_EQ(weights.begin()->first, "state_dict.w");
}

TEST(PytorchFile, ReadsTheFormatBeforeOnePointSix) {
  const std::string magic =
      std::string("\x80\x02\x8a\x0a", 4) + "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" + ".";
  const std::string whole = magic + program(std::string("M\xe9\x03")) + program("}") +
                            program(dictionary({{"w", tensor("77", 3, 0, {3}, {1}, "FloatStorage", true)}})) +
                            program("](" + text("77") + "e") + raw(int64_t{3}) + floats({7, 8, 9});
  EXPECT_TRUE(torch::equal(parsePytorchFile(whole, "old.pt").at("w"), torch::tensor({7.f, 8.f, 9.f})));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(parsePytorchFile(whole.substr(0, length), "old.pt"), Error) << length;
}

TEST(PytorchFile, NeverRunsAnything) {
  EXPECT_THAT(complaint(saved("cos\nsystem\n(" + text("touch /tmp/owned") + "tR")),
              HasSubstr("Python's os.system"));
  EXPECT_THAT(complaint(saved(text("builtins") + text("eval") + "\x93")), HasSubstr("builtins.eval"));
  EXPECT_THAT(complaint(saved("ctorch\nFloatStorage\n)R")), HasSubstr("calls torch.FloatStorage"));
  EXPECT_THAT(complaint(saved("K\x01)R")), HasSubstr("unknown"));
  EXPECT_THAT(complaint(saved("(i"
                              "os\nsystem\n")),
              HasSubstr("something unknown"));
}

TEST(PytorchFile, RefusesTensorsOutsideTheirData) {
  const auto with = [](const std::string& one) { return complaint(saved(dictionary({{"w", one}}))); };
  EXPECT_THAT(with(tensor("0", 6, 0, {7}, {1})), HasSubstr("outside its data"));
  EXPECT_THAT(with(tensor("0", 6, 1, {6}, {1})), HasSubstr("outside its data"));
  EXPECT_THAT(with(tensor("0", 6, 0, {2}, {6})), HasSubstr("outside its data"));
  EXPECT_THAT(with(tensor("0", 6, 0, {7}, {0})), HasSubstr("outside its data")) << "no memory out of nothing";
  EXPECT_THAT(with(tensor("0", 6, 0, {2147483647, 2147483647, 2147483647}, {1, 1, 1})), HasSubstr("outside"));
  EXPECT_THAT(with(tensor("0", 6, -1, {1}, {1})), HasSubstr("odd shape"));
  EXPECT_THAT(with(tensor("0", 6, 0, {-1}, {1})), HasSubstr("odd shape"));
  EXPECT_THAT(with(tensor("0", 6, 0, {1, 1}, {1})), HasSubstr("odd shape"));
  EXPECT_THAT(with(tensor("0", 7, 0, {1}, {1})), HasSubstr("wrong size"));
  EXPECT_THAT(with(tensor("1", 6, 0, {1}, {1})), HasSubstr("missing"));
  EXPECT_THAT(with(tensor("0", 6, 0, {1}, {1}, "ComplexFloatStorage")), HasSubstr("ComplexFloatStorage"));
}

TEST(PytorchFile, RefusesWhatIsNoStateDict) {
  EXPECT_THAT(complaint(""), HasSubstr("cut off"));
  EXPECT_THAT(complaint("plain text"), HasSubstr("net.pt"));
  EXPECT_THAT(complaint(zip({{"a/b", "c"}})), HasSubstr("data.pkl"));
  EXPECT_THAT(complaint(zip({{"net/data.pkl", "."}}, 8)), HasSubstr("compressed"));
  EXPECT_THAT(complaint(saved("K\x01")), HasSubstr("no dictionary"));
  EXPECT_THAT(complaint(saved("}")), HasSubstr("no tensors"));
  EXPECT_THAT(complaint(saved("}(" + text("a") + "]u")), HasSubstr("is no tensor"));
  EXPECT_THAT(complaint(saved("}q\x01(" + text("a") + "h\x01u")), HasSubstr("nested too deep"))
      << "within itself";
  EXPECT_THAT(complaint(saved(std::string(300'000, ']') + std::string(299'999, 'a'))),
              HasSubstr("no dictionary"));
  EXPECT_THAT(complaint(saved("h\x05")), HasSubstr("damaged"));
  EXPECT_THAT(complaint(saved("t")), HasSubstr("damaged"));
}

TEST(PytorchFile, RepeatingATextTakesNoMemory) {
  constexpr int kTimes = 20'000;  // 4 GB if each were a copy
  std::string body = text(std::string(200'000, 'a')) + "q\x01";
  for (int i = 0; i < kTimes; ++i) body += "h\x01";
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_THAT(complaint(saved(body)), HasSubstr("no dictionary"));
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 500'000) << "kilobytes";
}

TEST(PytorchFile, NeitherCutNorSpoiledFilesAreBelievedOrCrash) {
  const std::string whole = saved(dictionary({{"w", tensor("0", 6, 0, {2, 3}, {3, 1})}}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(parsePytorchFile(whole.substr(0, length), "net.pt"), Error) << length;
  for (std::size_t place = 0; place < whole.size(); ++place)
    for (const char flip : {'\x01', '\x40', '\xff'}) {
      std::string spoiled = whole;
      spoiled[place] = static_cast<char>(spoiled[place] ^ flip);
      complaint(spoiled);  // an Error or other numbers, but nothing worse
    }
}

TEST(PytorchFile, IsToldFromSafetensorsByItsContent) {
  const TemporaryFolder folder;
  const auto torchFile = folder.path() / "a.bin", ours = folder.path() / "b.safetensors";
  std::ofstream(torchFile, std::ios::binary) << saved(dictionary({{"w", tensor("0", 6, 0, {6}, {1})}}));
  writeSafetensors(ours, {{{"v", torch::ones({2})}}, {}});
  EXPECT_TRUE(readWeights(torchFile).contains("w"));
  EXPECT_TRUE(readWeights(ours).contains("v"));
  EXPECT_THROW(readWeights(folder.path() / "none"), Error);
}

TEST(PytorchFile, LoadsAPublishedNetworksLayout) {
  const std::filesystem::path file = std::filesystem::path(FW_SHARED_DATA) / "rife" / "flownet.pkl";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the shared data is not here: " << file;
  const auto weights = withoutPrefix(readPytorchFile(file));
  EXPECT_EQ(weights.size(), 190u);
  const auto& first = weights.at("block0.conv0.0.0.weight");
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{120, 6, 3, 3}));
  for (const auto& [name, tensor] : weights) {
    EXPECT_FALSE(name.starts_with("module.")) << name;
    EXPECT_TRUE(torch::isfinite(tensor).all().item<bool>()) << name;
  }
  EXPECT_GT(first.abs().max().item<float>(), 0);
}

}  // namespace fw
