#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The part of Python's pickle that a dictionary of tensors needs; private to core/learn.
namespace fw {

enum class PickleKind { None, Bool, Number, Real, Text, Tuple, List, Dict, Global, Storage, Tensor, Other };

struct PickleValue {
  PickleKind kind = PickleKind::None;
  int64_t number = 0;          ///< a number, or where a container, storage or tensor is kept
  std::string_view text = {};  ///< a text in the file itself, or a global's name
};

struct PickledStorage {
  std::string type, key;  ///< "FloatStorage", "0"
  int64_t elements = 0;
};

struct PickledTensor {
  std::size_t storage = 0;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
};

/// Reads one pickle. Containers live side by side and refer to each other by number, so that however deep a
/// hostile file nests them, nothing recurses.
class Pickle {
 public:
  explicit Pickle(std::string fileName) : file_(std::move(fileName)) {}

  /// Reads up to and with STOP; `bytes` then begins behind it, and texts refer to it. Throws Error for
  /// anything not understood.
  PickleValue read(std::string_view& bytes);

  const std::vector<PickleValue>& items(const PickleValue& container) const;
  const std::vector<PickledStorage>& storages() const { return storages_; }
  const std::vector<PickledTensor>& tensors() const { return tensors_; }

  [[noreturn]] void refuse(const std::string& why) const;

 private:
  PickleValue pop();
  PickleValue& top();
  std::vector<PickleValue> popToMark();
  void push(PickleKind kind, int64_t number = 0, std::string_view text = {});
  void pushContainer(PickleKind kind, std::vector<PickleValue> items);
  void remember(uint64_t slot);
  void recall(uint64_t slot);
  void global(std::string_view module, std::string_view name);
  void persistent();
  void reduce();
  PickledTensor tensorFrom(const std::vector<PickleValue>& arguments) const;
  std::vector<int64_t> numbersOf(const PickleValue& tuple) const;
  bool step(std::string_view& bytes);

  const std::string file_;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<uint64_t, PickleValue> memo_;
  std::deque<std::vector<PickleValue>> containers_;
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> tensors_;
};

}  // namespace fw
