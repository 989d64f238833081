#include "core/learn/pytorch_file.h"

#include <cstring>
#include <fstream>
#include <map>

#include "core/base/error.h"
#include "core/learn/pickle.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

using Entries = std::map<std::string, std::string_view>;

template <class Number>
Number numberAt(std::string_view bytes, std::size_t place, const Pickle& pickle) {
  if (place > bytes.size() || bytes.size() - place < sizeof(Number)) pickle.refuse("it is cut off");
  Number number{};
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

std::string_view part(std::string_view bytes, uint64_t begin, uint64_t length, const Pickle& pickle) {
  if (begin > bytes.size() || length > bytes.size() - begin) pickle.refuse("it is cut off");
  return bytes.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
}

/// The files of a zip archive as torch.save() writes it: stored, not compressed.
Entries zipEntries(std::string_view bytes, const Pickle& pickle) {
  constexpr std::size_t kEndBytes = 22, kCentralBytes = 46, kLocalBytes = 30;
  const auto end = bytes.rfind("PK\x05\x06");
  if (end == std::string_view::npos || bytes.size() - end < kEndBytes)
    pickle.refuse("its zip directory is missing");
  const auto count = numberAt<uint16_t>(bytes, end + 10, pickle);
  std::size_t place = numberAt<uint32_t>(bytes, end + 16, pickle);
  Entries entries;
  for (int i = 0; i < count; ++i) {
    if (part(bytes, place, 4, pickle) != "PK\x01\x02") pickle.refuse("its zip directory is damaged");
    const auto method = numberAt<uint16_t>(bytes, place + 10, pickle);
    const auto stored = numberAt<uint32_t>(bytes, place + 20, pickle);
    const auto nameBytes = numberAt<uint16_t>(bytes, place + 28, pickle);
    const auto extraBytes = numberAt<uint16_t>(bytes, place + 30, pickle);
    const auto commentBytes = numberAt<uint16_t>(bytes, place + 32, pickle);
    const auto local = numberAt<uint32_t>(bytes, place + 42, pickle);
    const std::string name(part(bytes, place + kCentralBytes, nameBytes, pickle));
    if (method != 0) pickle.refuse("it is compressed");
    if (part(bytes, local, 4, pickle) != "PK\x03\x04") pickle.refuse("its zip directory is damaged");
    // The local header may be padded differently: torch aligns the numbers to 64 bytes.
    const std::size_t data = local + kLocalBytes +
                             numberAt<uint16_t>(bytes, local + std::size_t{26}, pickle) +
                             numberAt<uint16_t>(bytes, local + std::size_t{28}, pickle);
    if (!entries.emplace(name, part(bytes, data, stored, pickle)).second)
      pickle.refuse("it holds a name twice");
    place += kCentralBytes + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

torch::ScalarType typeOf(const std::string& storage) {
  static const std::map<std::string, torch::ScalarType> types{
      {"FloatStorage", torch::kFloat}, {"DoubleStorage", torch::kDouble},     {"HalfStorage", torch::kHalf},
      {"LongStorage", torch::kLong},   {"BFloat16Storage", torch::kBFloat16}, {"IntStorage", torch::kInt},
      {"ShortStorage", torch::kShort}, {"CharStorage", torch::kChar},         {"ByteStorage", torch::kByte},
      {"BoolStorage", torch::kBool}};
  return types.at(storage);  // the pickle reader lets no other name through
}

/// Turns what the pickle describes into tensors, once the numbers of each storage are known.
class Rebuilding {
 public:
  Rebuilding(const Pickle& pickle, const Entries& data) : pickle_(pickle), data_(data) {}

  TensorMap tensorsOf(const PickleValue& root) {
    if (root.kind != PickleKind::Dict) pickle_.refuse("it holds no dictionary");
    collect(root, "", 0);
    if (tensors_.empty()) pickle_.refuse("it holds no tensors");
    return std::move(tensors_);
  }

 private:
  void collect(const PickleValue& dictionary, const std::string& prefix, int depth) {
    constexpr int kDeepest = 8;
    constexpr std::size_t kMostTensors = 100'000;
    if (depth > kDeepest) pickle_.refuse("its dictionaries are nested too deep");
    const auto& items = pickle_.items(dictionary);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PickleValue &key = items[i], &value = items[i + 1];
      const std::string name =
          prefix + (key.kind == PickleKind::Text ? std::string(key.text) : std::to_string(key.number));
      switch (value.kind) {
        case PickleKind::Tensor:
          tensors_[name] = rebuilt(value);
          break;
        case PickleKind::Dict:
          collect(value, name + ".", depth + 1);
          break;
        case PickleKind::None:
        case PickleKind::Bool:
        case PickleKind::Number:
        case PickleKind::Real:
        case PickleKind::Text:
        case PickleKind::Other:
          break;
        default:
          pickle_.refuse("\"" + name + "\" is no tensor");
      }
      if (++seen_ > kMostTensors) pickle_.refuse("it holds too many entries");
    }
  }

  // Tensors that share a storage keep sharing it: no file can ask for more memory than its own size.
  torch::Tensor rebuilt(const PickleValue& value) {
    const PickledTensor& tensor = pickle_.tensors()[static_cast<std::size_t>(value.number)];
    return storage(pickle_.storages()[tensor.storage])
        .as_strided(tensor.sizes, tensor.strides, tensor.offset);
  }

  const torch::Tensor& storage(const PickledStorage& wanted) {
    const auto known = storages_.find(wanted.key);
    const auto type = typeOf(wanted.type);
    if (known != storages_.end()) {
      if (known->second.scalar_type() != type || known->second.numel() < wanted.elements)
        pickle_.refuse("its data \"" + wanted.key + "\" has two meanings");
      return known->second;
    }
    const auto found = data_.find(wanted.key);
    if (found == data_.end()) pickle_.refuse("its data \"" + wanted.key + "\" is missing");
    const std::string_view bytes = found->second;
    const std::size_t each = torch::elementSize(type);
    if (bytes.size() % each != 0 || bytes.size() / each != static_cast<std::size_t>(wanted.elements))
      pickle_.refuse("its data \"" + wanted.key + "\" has the wrong size");
    torch::Tensor tensor = torch::empty({wanted.elements}, torch::kByte).to(type);
    if (type == torch::kBool) {  // any other byte than 0 and 1 would be undefined behaviour
      for (std::size_t i = 0; i < bytes.size(); ++i) tensor.data_ptr<bool>()[i] = bytes[i] != 0;
    } else if (!bytes.empty()) {
      std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    }
    return storages_.emplace(wanted.key, std::move(tensor)).first->second;
  }

  const Pickle& pickle_;
  const Entries& data_;
  std::map<std::string, torch::Tensor> storages_;
  TensorMap tensors_;
  std::size_t seen_ = 0;
};

TensorMap fromZip(std::string_view bytes, Pickle& pickle) {
  const Entries entries = zipEntries(bytes, pickle);
  Entries data;
  std::string_view program;
  for (const auto& [name, content] : entries) {  // "flownet/data.pkl", "flownet/data/0" …
    const auto folder = name.find('/');
    if (folder == std::string::npos) continue;
    const std::string within = name.substr(folder + 1);
    if (within == "data.pkl") program = content;
    if (within == "byteorder" && content != "little") pickle.refuse("its numbers are big-endian");
    if (within.starts_with("data/")) data[within.substr(std::string_view("data/").size())] = content;
  }
  if (program.empty()) pickle.refuse("there is no data.pkl in it");
  const PickleValue root = pickle.read(program);
  return Rebuilding(pickle, data).tensorsOf(root);
}

// Before 1.6: magic number, version, system, the dictionary, the order of the storages, and their numbers.
TensorMap fromOldFormat(std::string_view bytes, Pickle& pickle) {
  const std::string_view magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
  const PickleValue first = pickle.read(bytes);
  if (first.kind != PickleKind::Other || first.text != magic) pickle.refuse("it is no PyTorch file");
  pickle.read(bytes);
  pickle.read(bytes);
  const PickleValue root = pickle.read(bytes);
  const PickleValue keys = pickle.read(bytes);
  std::map<std::string, PickledStorage> storages;
  for (const auto& storage : pickle.storages()) storages.emplace(storage.key, storage);
  Entries data;
  for (const auto& key : pickle.items(keys)) {
    const std::string name(key.text);
    const auto found = storages.find(name);
    if (found == storages.end()) pickle.refuse("its data \"" + name + "\" belongs to nothing");
    const auto elements = numberAt<int64_t>(bytes, 0, pickle);
    if (elements != found->second.elements) pickle.refuse("its data \"" + name + "\" has the wrong size");
    uint64_t length = 0;
    if (__builtin_mul_overflow(static_cast<uint64_t>(elements),
                               torch::elementSize(typeOf(found->second.type)), &length))
      pickle.refuse("it is cut off");
    data[name] = part(bytes, sizeof elements, length, pickle);
    bytes.remove_prefix(sizeof elements + static_cast<std::size_t>(length));
  }
  return Rebuilding(pickle, data).tensorsOf(root);
}

std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || !fs::is_regular_file(file))
    throw Error("This weights file cannot be opened", file.string(), "Check that it exists and may be read.");
  std::string bytes(static_cast<std::size_t>(fs::file_size(file)), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in) throw Error("This weights file cannot be read", file.string(), "Copy or download it again.");
  return bytes;
}

bool looksLikePytorch(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("\x80");
}

}  // namespace

TensorMap parsePytorchFile(std::string_view bytes, const std::string& name) {
  Pickle pickle(name);
  return bytes.starts_with("PK\x03\x04") ? fromZip(bytes, pickle) : fromOldFormat(bytes, pickle);
}

TensorMap readPytorchFile(const fs::path& file) { return parsePytorchFile(contentOf(file), file.string()); }

TensorMap readWeights(const fs::path& file) {
  char start[4] = {};
  std::ifstream(file, std::ios::binary).read(start, sizeof start);
  const bool named = file.extension() == ".safetensors";
  return !named && looksLikePytorch({start, sizeof start}) ? readPytorchFile(file)
                                                           : readSafetensors(file).tensors;
}

TensorMap withoutPrefix(const TensorMap& weights, std::string_view prefix) {
  TensorMap renamed;
  for (const auto& [name, tensor] : weights)
    renamed[name.starts_with(prefix) ? name.substr(prefix.size()) : name] = tensor;
  return renamed;
}

}  // namespace fw
