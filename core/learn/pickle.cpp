#include "core/learn/pickle.h"

#include <bit>
#include <cstring>
#include <set>

#include "core/base/error.h"

namespace fw {
namespace {

// The only names a file may speak of. They are never looked up anywhere: each has its meaning here.
const std::set<std::string> kKnownGlobals{"collections.OrderedDict",
                                          "torch._utils._rebuild_tensor_v2",
                                          "torch._utils._rebuild_parameter",
                                          "torch.FloatStorage",
                                          "torch.DoubleStorage",
                                          "torch.HalfStorage",
                                          "torch.BFloat16Storage",
                                          "torch.LongStorage",
                                          "torch.IntStorage",
                                          "torch.ShortStorage",
                                          "torch.CharStorage",
                                          "torch.ByteStorage",
                                          "torch.BoolStorage"};

template <class Number>
Number little(std::string_view bytes) {
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

void Pickle::refuse(const std::string& why) const {
  throw Error("This PyTorch file cannot be read (" + why + ")", file_,
              "Only a state dict can be imported: save it with torch.save(model.state_dict(), path), or as "
              "safetensors.");
}

const std::vector<PickleValue>& Pickle::items(const PickleValue& container) const {
  if (container.kind != PickleKind::Tuple && container.kind != PickleKind::List &&
      container.kind != PickleKind::Dict)
    refuse("a list was expected");
  return containers_[static_cast<std::size_t>(container.number)];
}

PickleValue Pickle::pop() {
  if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) refuse("its pickle is damaged");
  PickleValue value = std::move(stack_.back());
  stack_.pop_back();
  return value;
}

PickleValue& Pickle::top() {
  if (stack_.empty()) refuse("its pickle is damaged");
  return stack_.back();
}

std::vector<PickleValue> Pickle::popToMark() {
  if (marks_.empty()) refuse("its pickle is damaged");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleValue> values(std::make_move_iterator(begin), std::make_move_iterator(stack_.end()));
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return values;
}

void Pickle::push(PickleKind kind, int64_t number, std::string_view text) {
  stack_.push_back({kind, number, text});
}

void Pickle::pushContainer(PickleKind kind, std::vector<PickleValue> items) {
  containers_.push_back(std::move(items));
  push(kind, static_cast<int64_t>(containers_.size()) - 1);
}

void Pickle::remember(uint64_t slot) { memo_[slot] = top(); }

void Pickle::recall(uint64_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) refuse("its pickle is damaged");
  stack_.push_back(found->second);
}

void Pickle::global(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  const auto known = kKnownGlobals.find(full);
  if (known == kKnownGlobals.end()) refuse("it wants Python's " + full.substr(0, 80));
  push(PickleKind::Global, 0, *known);
}

std::vector<int64_t> Pickle::numbersOf(const PickleValue& tuple) const {
  constexpr std::size_t kMostDimensions = 64;
  if (items(tuple).size() > kMostDimensions) refuse("a tensor has an odd shape");
  std::vector<int64_t> numbers;
  for (const auto& item : items(tuple)) {
    if (item.kind != PickleKind::Number || item.number < 0) refuse("a tensor has an odd shape");
    numbers.push_back(item.number);
  }
  return numbers;
}

// ("storage", torch.FloatStorage, "0", "cpu", 6480) and, in old files, a view, which must be None.
void Pickle::persistent() {
  const PickleValue id = pop();
  const auto& parts = items(id);
  const bool known = parts.size() >= 5 && parts[0].text == "storage" && parts[1].kind == PickleKind::Global &&
                     parts[1].text.ends_with("Storage") && parts[2].kind == PickleKind::Text &&
                     parts[4].kind == PickleKind::Number && parts[4].number >= 0 &&
                     (parts.size() < 6 || parts[5].kind == PickleKind::None);
  if (!known) refuse("it refers to data in an unknown way");
  storages_.push_back({std::string(parts[1].text.substr(std::string_view("torch.").size())),
                       std::string(parts[2].text), parts[4].number});
  push(PickleKind::Storage, static_cast<int64_t>(storages_.size()) - 1);
}

// _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
PickledTensor Pickle::tensorFrom(const std::vector<PickleValue>& arguments) const {
  if (arguments.size() < 4 || arguments[0].kind != PickleKind::Storage ||
      arguments[1].kind != PickleKind::Number)
    refuse("a tensor is described in an unknown way");
  PickledTensor tensor{static_cast<std::size_t>(arguments[0].number), arguments[1].number,
                       numbersOf(arguments[2]), numbersOf(arguments[3])};
  if (tensor.sizes.size() != tensor.strides.size() || tensor.offset < 0) refuse("a tensor has an odd shape");
  // The last element it touches must lie within its storage. No product here may overflow unnoticed.
  const int64_t available = storages_[tensor.storage].elements;
  int64_t last = tensor.offset, count = 1;
  bool overflow = false;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(count, tensor.sizes[i], &count);
    if (tensor.sizes[i] == 0) continue;
    overflow |= __builtin_mul_overflow(tensor.sizes[i] - 1, tensor.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  if (overflow || count > available || (count > 0 && last >= available))
    refuse("a tensor lies outside its data");
  return tensor;
}

void Pickle::reduce() {
  const PickleValue arguments = pop(), function = pop();
  if (function.kind != PickleKind::Global) refuse("it calls something unknown");
  const auto& values = items(arguments);
  if (function.text == "collections.OrderedDict") {
    if (!values.empty()) refuse("its dictionary is built in an unknown way");
    pushContainer(PickleKind::Dict, {});
  } else if (function.text == "torch._utils._rebuild_tensor_v2") {
    tensors_.push_back(tensorFrom(values));
    push(PickleKind::Tensor, static_cast<int64_t>(tensors_.size()) - 1);
  } else if (function.text == "torch._utils._rebuild_parameter" && !values.empty() &&
             values[0].kind == PickleKind::Tensor) {
    stack_.push_back(PickleValue(values[0]));
  } else {
    refuse("it calls " + std::string(function.text));
  }
}

bool Pickle::step(std::string_view& bytes) {
  const auto take = [&](uint64_t count) {
    if (count > bytes.size()) refuse("its pickle is cut off");
    const std::string_view taken = bytes.substr(0, static_cast<std::size_t>(count));
    bytes.remove_prefix(static_cast<std::size_t>(count));
    return taken;
  };
  const auto line = [&] {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) refuse("its pickle is cut off");
    const std::string taken(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    return taken;
  };
  const auto byte = [&] { return static_cast<uint8_t>(take(1)[0]); };
  const auto add = [&](PickleKind kind, const std::vector<PickleValue>& values) {
    if (top().kind != kind) refuse("its pickle is damaged");
    auto& into = containers_[static_cast<std::size_t>(top().number)];
    if (kind == PickleKind::Dict && values.size() % 2 != 0) refuse("its pickle is damaged");
    into.insert(into.end(), values.begin(), values.end());
  };
  const auto tuple = [&](std::size_t count) {
    std::vector<PickleValue> values(count);
    for (std::size_t i = count; i-- > 0;) values[i] = pop();
    pushContainer(PickleKind::Tuple, std::move(values));
  };

  switch (const uint8_t code = byte()) {
    case '.':
      return false;  // STOP
    case 0x80:
      byte();
      break;  // PROTO
    case 0x95:
      take(8);
      break;  // FRAME
    case '(':
      marks_.push_back(stack_.size());
      break;  // MARK
    case 'N':
      push(PickleKind::None);
      break;  // NONE
    case 0x88:
      push(PickleKind::Bool, 1);
      break;  // NEWTRUE
    case 0x89:
      push(PickleKind::Bool, 0);
      break;  // NEWFALSE
    case 'J':
      push(PickleKind::Number, little<int32_t>(take(4)));
      break;  // BININT
    case 'K':
      push(PickleKind::Number, byte());
      break;  // BININT1
    case 'M':
      push(PickleKind::Number, little<uint16_t>(take(2)));
      break;  // BININT2
    case 'G':
      take(8), push(PickleKind::Real);
      break;  // BINFLOAT
    case 'X':
      push(PickleKind::Text, 0, take(little<uint32_t>(take(4))));
      break;  // BINUNICODE
    case 'T':
      push(PickleKind::Text, 0, take(little<uint32_t>(take(4))));
      break;  // BINSTRING
    case 0x8c:
    case 'U':
      push(PickleKind::Text, 0, take(byte()));
      break;  // SHORT_…
    case '}':
      pushContainer(PickleKind::Dict, {});
      break;  // EMPTY_DICT
    case ']':
      pushContainer(PickleKind::List, {});
      break;  // EMPTY_LIST
    case ')':
      pushContainer(PickleKind::Tuple, {});
      break;  // EMPTY_TUPLE
    case 't':
      pushContainer(PickleKind::Tuple, popToMark());
      break;  // TUPLE
    case 0x85:
      tuple(1);
      break;  // TUPLE1
    case 0x86:
      tuple(2);
      break;  // TUPLE2
    case 0x87:
      tuple(3);
      break;  // TUPLE3
    case 'q':
      remember(byte());
      break;  // BINPUT
    case 'r':
      remember(little<uint32_t>(take(4)));
      break;  // LONG_BINPUT
    case 0x94:
      remember(memo_.size());
      break;  // MEMOIZE
    case 'h':
      recall(byte());
      break;  // BINGET
    case 'j':
      recall(little<uint32_t>(take(4)));
      break;  // LONG_BINGET
    case 'Q':
      persistent();
      break;  // BINPERSID
    case 'R':
      reduce();
      break;      // REDUCE
    case 0x8a: {  // LONG1
      const std::string_view digits = take(byte());
      if (digits.size() > sizeof(int64_t)) {
        push(PickleKind::Other, 0, digits);
        break;
      }
      int64_t number = !digits.empty() && (digits.back() & 0x80) ? -1 : 0;
      std::memcpy(&number, digits.data(), digits.size());
      push(PickleKind::Number, number);
      break;
    }
    case 'c': {  // GLOBAL
      const std::string module = line();
      global(module, line());
      break;
    }
    case 0x93: {  // STACK_GLOBAL
      const PickleValue name = pop(), module = pop();
      global(module.text, name.text);
      break;
    }
    case 'a': {  // APPEND
      const PickleValue value = pop();
      add(PickleKind::List, {value});
      break;
    }
    case 'e': {  // APPENDS
      const auto values = popToMark();
      add(PickleKind::List, values);
      break;
    }
    case 's': {  // SETITEM
      const PickleValue value = pop(), key = pop();
      add(PickleKind::Dict, {key, value});
      break;
    }
    case 'u': {  // SETITEMS
      const auto values = popToMark();
      add(PickleKind::Dict, values);
      break;
    }
    case 'b':  // BUILD
      // state_dict() hangs its version numbers on the dictionary as an attribute: of no use here.
      pop();
      if (top().kind != PickleKind::Dict) refuse("it builds an object");
      break;
    default:
      refuse("its pickle does something unknown, number " + std::to_string(code));
  }
  return true;
}

PickleValue Pickle::read(std::string_view& bytes) {
  stack_.clear();
  marks_.clear();
  memo_.clear();
  while (step(bytes)) {
  }
  return pop();
}

}  // namespace fw
