#include "core/learn/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "tests/core/store/temporary_folder.h"

namespace fw {
namespace {

using testing::HasSubstr;

std::string fileWith(const std::string& header, const std::string& data = "") {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string withLength(uint64_t length, const std::string& rest) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + rest;
}

std::string complaint(const std::string& bytes) {
  try {
    parseSafetensors(bytes, "weights.safetensors");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string tensorHeader(const std::string& shape, const std::string& offsets,
                         const std::string& type = "\"F32\"") {
  return R"({"w":{"dtype":)" + type + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

std::string readBytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST(Safetensors, GiveBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "all.safetensors";
  Safetensors written;
  written.metadata = {{"format", "pt"}, {"name", "größe \"1\"\n"}};
  for (const auto type : {torch::kDouble, torch::kFloat, torch::kHalf, torch::kBFloat16, torch::kLong,
                          torch::kInt, torch::kShort, torch::kChar, torch::kByte, torch::kBool})
    written.tensors[torch::toString(type)] = torch::arange(6).view({2, 3}).to(type);
  written.tensors["scalar"] = torch::tensor(3.5);
  written.tensors["nothing"] = torch::zeros({0, 7});
  written.tensors["transposed"] = torch::arange(6, torch::kFloat).view({2, 3}).t();
  writeSafetensors(file, written);
  const Safetensors read = readSafetensors(file);
  EXPECT_EQ(read.metadata, written.metadata);
  EXPECT_EQ(readSafetensorsMetadata(file), written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(read.tensors.at(name), tensor)) << name;
  }
  EXPECT_TRUE(torch::equal(parseSafetensors(readBytes(file), "x").tensors.at("transposed"),
                           written.tensors["transposed"]));
}

// What the reference implementation writes for the same content, byte for byte.
TEST(Safetensors, AreWrittenAsTheReferenceDoes) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "small.safetensors";
  writeSafetensors(file,
                   {{{"b", torch::tensor({1.0f, -2.0f})}, {"a", torch::tensor({1, 2, 3}, torch::kByte)}},
                    {{"format", "pt"}}});
  const std::string bytes = readBytes(file);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  std::string header = bytes.substr(8, length);
  EXPECT_EQ(header.substr(0, header.find_last_not_of(' ') + 1),
            R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
            R"("a":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})");
  EXPECT_EQ(bytes.substr(8 + length), std::string("\0\0\x80\x3f\0\0\0\xc0\x01\x02\x03", 11));
}

TEST(Safetensors, ReadWhatTheReferenceWrites) {
  const auto read = parseSafetensors(
      fileWith(
          R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   )",
          std::string("\0\0\x80\x3f\0\0\0\xc0", 8)),
      "x");
  EXPECT_TRUE(torch::equal(read.tensors.at("w"), torch::tensor({{1.0f, -2.0f}})));
}

TEST(Safetensors, BooleansAreZeroOrOneWhateverTheFileSays) {
  const auto read =
      parseSafetensors(fileWith(tensorHeader("[3]", "[0,3]", "\"BOOL\""), std::string("\0\x01\x7f", 3)), "x");
  EXPECT_EQ(read.tensors.at("w").sum().item<int64_t>(), 2);
}

TEST(Safetensors, RefuseHostileFiles) {
  EXPECT_THAT(complaint(""), HasSubstr("too short"));
  EXPECT_THAT(complaint("1234567"), HasSubstr("too short"));
  EXPECT_THAT(complaint(withLength(UINT64_MAX, "{}")), HasSubstr("impossibly long"));
  EXPECT_THAT(complaint(withLength(100, "{}")), HasSubstr("cut off"));
  EXPECT_THAT(complaint(fileWith("")), HasSubstr("not JSON"));
  EXPECT_THAT(complaint(fileWith("{\"w\":")), HasSubstr("not JSON"));
  EXPECT_THAT(complaint(fileWith("[1,2]")), HasSubstr("not JSON"));
  EXPECT_THAT(complaint(fileWith(std::string(200'000, '['))), HasSubstr("weights.safetensors"));
  EXPECT_THAT(complaint(fileWith(std::string(200'000, '[') + std::string(200'000, ']'))),
              HasSubstr("nested too deep"));
  EXPECT_THAT(complaint(fileWith(R"({"w":3})")), HasSubstr("not described by an object"));
  EXPECT_THAT(complaint(fileWith(R"({"w":{"shape":[],"data_offsets":[0,4]}})", "1234")),
              HasSubstr("no dtype"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[0,4]", "\"F4\""), "1234")), HasSubstr("unknown type"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[0,4]", "7"), "1234")), HasSubstr("unknown type"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[-1]", "[0,4]"), "1234")), HasSubstr("not a whole number"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1.0]", "[0,4]"), "1234")), HasSubstr("not a whole number"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("\"1\"", "[0,4]"), "1234")), HasSubstr("not a list"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[2]", "[0,4]"), "1234")), HasSubstr("does not fit"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[4,0]"), "1234")), HasSubstr("does not fit"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[0,4,8]"), "1234")), HasSubstr("two data offsets"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[0,4]"), "123")), HasSubstr("beyond the end"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[0,4]"), "12345")), HasSubstr("belong to no tensor"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[1]", "[1,5]"), "12345")), HasSubstr("gap"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[4294967296,4294967296]", "[0,0]"))),
              HasSubstr("impossibly large"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[18446744073709551615,0]", "[0,0]"))),
              HasSubstr("impossibly large"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[2305843009213693952]", "[0,9223372036854775808]"))),
              HasSubstr("impossibly large"));
  EXPECT_THAT(complaint(fileWith(tensorHeader("[250000000000]", "[0,1000000000000]"))),
              HasSubstr("beyond the end"));
  EXPECT_THAT(complaint(fileWith(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                 R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                                 "123456")),
              HasSubstr("overlaps"));
  EXPECT_THAT(complaint(fileWith(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                 R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                 "1")),
              HasSubstr("twice"));
  EXPECT_THAT(complaint(fileWith(R"({"__metadata__":[]})")), HasSubstr("metadata"));
  EXPECT_THAT(complaint(fileWith(R"({"__metadata__":{"a":1}})")), HasSubstr("metadata"));
  EXPECT_THAT(
      complaint(fileWith(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F32"}})", "1234")),
      HasSubstr("twice"));
}

TEST(Safetensors, NeitherMissingNorCutFilesAreBelieved) {
  const TemporaryFolder folder;
  EXPECT_THROW(readSafetensors(folder.path() / "none"), Error);
  EXPECT_THROW(readSafetensors(folder.path()), Error);
  const auto file = folder.path() / "cut.safetensors";
  writeSafetensors(file, {{{"w", torch::ones({100})}}, {}});
  const std::string whole = readBytes(file);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    EXPECT_THROW(readSafetensors(file), Error) << length;
  }
}

TEST(Safetensors, RefuseToWriteWhatTheFormatCannotHold) {
  const TemporaryFolder folder;
  EXPECT_THROW(writeSafetensors(folder.path() / "c", {{{"w", torch::zeros({1}, torch::kComplexFloat)}}, {}}),
               Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing half written is left";
}

}  // namespace fw
