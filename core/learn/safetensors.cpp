#include "core/learn/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/atomic_file.h"
#include "core/base/error.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is this code");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kLargestHeader = 100'000'000;  // as the reference implementation has it
constexpr const char* kMetadata = "__metadata__";

struct Type {
  const char* name;
  torch::ScalarType type;
  std::size_t bytes;
};

constexpr std::array kTypes{
    Type{"F64", torch::kDouble, 8},    Type{"F32", torch::kFloat, 4}, Type{"F16", torch::kHalf, 2},
    Type{"BF16", torch::kBFloat16, 2}, Type{"I64", torch::kLong, 8},  Type{"I32", torch::kInt, 4},
    Type{"I16", torch::kShort, 2},     Type{"I8", torch::kChar, 1},   Type{"U8", torch::kByte, 1},
    Type{"BOOL", torch::kBool, 1},
};

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw Error("This weights file cannot be read (" + why + ")", file,
              "It is damaged or not a safetensors file; copy or download it again.");
}

const Type& typeOf(const torch::Tensor& tensor, const std::string& name) {
  const auto found = std::ranges::find(kTypes, tensor.scalar_type(), &Type::type);
  if (found == kTypes.end())
    throw Error(
        "This tensor cannot be written to a weights file", name,
        std::string("Its type is ") + torch::toString(tensor.scalar_type()) + "; convert it to float first.");
  return *found;
}

struct Entry {
  std::string name;
  const Type* type = nullptr;
  std::vector<int64_t> shape;
  std::size_t begin = 0, end = 0;
};

struct Header {
  Metadata metadata;
  std::vector<Entry> entries;  ///< by place in the file
};

// nlohmann keeps the last of two equal names silently, and nests as deep as the file says: both are refused.
nlohmann::json parseHeader(std::string_view text, const std::string& file) {
  constexpr int kDeepest = 4;
  std::vector<std::set<std::string>> names(kDeepest + 2);
  std::string complaint;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kDeepest) {
      complaint = "its header is nested too deep";
      return false;
    }
    if (event == Event::object_start) names[static_cast<std::size_t>(depth) + 1].clear();
    if (event == Event::key &&
        !names[static_cast<std::size_t>(depth)].insert(parsed.get<std::string>()).second)
      complaint = "its header names \"" + parsed.get<std::string>() + "\" twice";
    return true;
  };
  nlohmann::json header = nlohmann::json::parse(text, watch, false);
  if (!complaint.empty()) refuse(file, complaint);
  if (!header.is_object()) refuse(file, "its header is not JSON");
  return header;
}

std::size_t sizeFrom(const nlohmann::json& number, const std::string& file, const std::string& what) {
  if (!number.is_number_unsigned()) refuse(file, what + " is not a whole number of at least 0");
  return number.get<std::size_t>();
}

std::size_t checkedProduct(std::size_t a, std::size_t b, const std::string& file, const std::string& name) {
  std::size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > static_cast<std::size_t>(INT64_MAX))
    refuse(file, "the shape of \"" + name + "\" is impossibly large");
  return product;
}

Entry entryFrom(const std::string& name, const nlohmann::json& json, const std::string& file) {
  const auto field = [&](const char* key) -> const nlohmann::json& {
    const auto found = json.find(key);
    if (found == json.end()) refuse(file, "\"" + name + "\" has no " + key);
    return *found;
  };
  if (!json.is_object()) refuse(file, "\"" + name + "\" is not described by an object");
  Entry entry;
  entry.name = name;
  const auto& type = field("dtype");
  for (const auto& known : kTypes)
    if (type.is_string() && type.get_ref<const std::string&>() == known.name) entry.type = &known;
  if (!entry.type) refuse(file, "\"" + name + "\" has the unknown type " + type.dump().substr(0, 40));

  const auto& shape = field("shape");
  if (!shape.is_array()) refuse(file, "the shape of \"" + name + "\" is not a list");
  std::size_t bytes = entry.type->bytes;
  for (const auto& extent : shape) {
    const std::size_t size = sizeFrom(extent, file, "the shape of \"" + name + "\"");
    bytes = checkedProduct(bytes, size, file, name);
    // Checked apart from the product, which a zero elsewhere would hide.
    if (size > static_cast<std::size_t>(INT64_MAX))
      refuse(file, "the shape of \"" + name + "\" is impossibly large");
    entry.shape.push_back(static_cast<int64_t>(size));
  }
  const auto& offsets = field("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2) refuse(file, "\"" + name + "\" has no two data offsets");
  entry.begin = sizeFrom(offsets[0], file, "an offset of \"" + name + "\"");
  entry.end = sizeFrom(offsets[1], file, "an offset of \"" + name + "\"");
  if (entry.begin > entry.end || entry.end - entry.begin != bytes)
    refuse(file, "the shape of \"" + name + "\" does not fit its data");
  return entry;
}

// The numbers must lie one after the other and fill the file: no overlap, no gap, nothing beyond the end.
void checkPlaces(std::vector<Entry>& entries, std::size_t dataBytes, const std::string& file) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  std::size_t reached = 0;
  for (const auto& entry : entries) {
    if (entry.begin != reached)
      refuse(file, "\"" + entry.name + "\" " +
                       (entry.begin < reached ? "overlaps another tensor" : "leaves a gap before it"));
    reached = entry.end;
    if (reached > dataBytes) refuse(file, "\"" + entry.name + "\" lies beyond the end of the file");
  }
  if (reached != dataBytes) refuse(file, "there are bytes that belong to no tensor");
}

std::size_t headerLength(const char* bytes, std::size_t fileBytes, const std::string& file) {
  if (fileBytes < kLengthBytes) refuse(file, "it is too short");
  uint64_t length = 0;
  std::memcpy(&length, bytes, kLengthBytes);
  if (length > kLargestHeader) refuse(file, "its header would be impossibly long");
  if (length > fileBytes - kLengthBytes) refuse(file, "it is cut off within its header");
  return static_cast<std::size_t>(length);
}

Header headerFrom(std::string_view text, std::size_t dataBytes, const std::string& file) {
  const nlohmann::json json = parseHeader(text, file);
  Header header;
  for (const auto& [name, value] : json.items()) {
    if (name != kMetadata) {
      header.entries.push_back(entryFrom(name, value, file));
      continue;
    }
    if (!value.is_object()) refuse(file, "its metadata is not an object");
    for (const auto& [key, word] : value.items()) {
      if (!word.is_string()) refuse(file, "its metadata holds something other than text");
      header.metadata[key] = word.get<std::string>();
    }
  }
  checkPlaces(header.entries, dataBytes, file);
  return header;
}

torch::Tensor emptyTensor(const Entry& entry, const std::string& file) {
  try {
    return torch::empty(entry.shape, entry.type->type);
  } catch (const c10::Error&) {
    refuse(file, "there is not enough memory for \"" + entry.name + "\"");
  }
}

// A bool that is neither 0 nor 1 would be undefined behaviour further on.
void makeBoolean(torch::Tensor& tensor) {
  if (tensor.scalar_type() != torch::kBool) return;
  auto* bytes = static_cast<uint8_t*>(tensor.data_ptr());
  std::transform(bytes, bytes + tensor.numel(), bytes, [](uint8_t byte) { return uint8_t(byte != 0); });
}

std::ifstream openFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file))
    throw Error("This weights file cannot be opened", file.string(), "Check that it exists and may be read.");
  return in;
}

Header readHeader(std::ifstream& in, std::size_t fileBytes, const std::string& file) {
  std::array<char, kLengthBytes> lengthBytes{};
  in.read(lengthBytes.data(), kLengthBytes);
  const std::size_t length = headerLength(lengthBytes.data(), in ? fileBytes : 0, file);
  std::string text(length, '\0');
  in.read(text.data(), static_cast<std::streamsize>(length));
  if (!in) refuse(file, "it is cut off within its header");
  return headerFrom(text, fileBytes - kLengthBytes - length, file);
}

}  // namespace

void writeSafetensors(const fs::path& file, const Safetensors& content) {
  struct Item {
    const std::string* name;
    torch::Tensor tensor;
    const Type* type;
  };
  std::vector<Item> items;
  for (const auto& [name, tensor] : content.tensors)
    items.push_back({&name, tensor.detach().to(torch::kCPU).contiguous(), &typeOf(tensor, name)});
  // Widest first keeps every tensor aligned to its own element, as the reference implementation does.
  std::ranges::stable_sort(items, std::greater(), [](const Item& item) { return item.type->bytes; });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!content.metadata.empty()) header[kMetadata] = content.metadata;
  std::size_t place = 0;
  for (const auto& item : items) {
    const std::size_t end = place + item.tensor.nbytes();
    header[*item.name] = {
        {"dtype", item.type->name}, {"shape", item.tensor.sizes().vec()}, {"data_offsets", {place, end}}};
    place = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');

  writeAtomically(file, [&](std::ostream& out) {
    const uint64_t length = text.size();
    out.write(reinterpret_cast<const char*>(&length), kLengthBytes);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const auto& item : items)
      out.write(static_cast<const char*>(item.tensor.data_ptr()),
                static_cast<std::streamsize>(item.tensor.nbytes()));
  });
}

namespace {

// Devices and pipes have none.
std::size_t bytesOf(const fs::path& file) {
  std::error_code none;
  const auto bytes = fs::file_size(file, none);
  return none ? 0 : static_cast<std::size_t>(bytes);
}

}  // namespace

Safetensors readSafetensors(const fs::path& file) {
  std::ifstream in = openFile(file);
  const auto fileBytes = bytesOf(file);
  Header header = readHeader(in, fileBytes, file.string());
  Safetensors content;
  content.metadata = std::move(header.metadata);
  for (const auto& entry : header.entries) {
    torch::Tensor tensor = emptyTensor(entry, file.string());
    in.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(entry.end - entry.begin));
    if (!in) refuse(file.string(), "it ends within \"" + entry.name + "\"");
    makeBoolean(tensor);
    content.tensors.emplace(entry.name, std::move(tensor));
  }
  return content;
}

Metadata readSafetensorsMetadata(const fs::path& file) {
  std::ifstream in = openFile(file);
  return readHeader(in, bytesOf(file), file.string()).metadata;
}

Safetensors parseSafetensors(std::string_view bytes, const std::string& name) {
  const std::size_t length = headerLength(bytes.data(), bytes.size(), name);
  const std::string_view data = bytes.substr(kLengthBytes + length);
  Header header = headerFrom(bytes.substr(kLengthBytes, length), data.size(), name);
  Safetensors content;
  content.metadata = std::move(header.metadata);
  for (const auto& entry : header.entries) {
    torch::Tensor tensor = emptyTensor(entry, name);
    if (entry.end > entry.begin)
      std::memcpy(tensor.data_ptr(), data.data() + entry.begin, entry.end - entry.begin);
    makeBoolean(tensor);
    content.tensors.emplace(entry.name, std::move(tensor));
  }
  return content;
}

}  // namespace fw
