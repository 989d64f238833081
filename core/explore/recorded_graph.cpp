#include "core/explore/recorded_graph.h"

#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <algorithm>
#include <set>
#include <unordered_set>

namespace fw {
namespace {

using torch::autograd::Node;

const torch::autograd::AccumulateGrad* leafOf(const Node* node) {
  return dynamic_cast<const torch::autograd::AccumulateGrad*>(node);
}

}  // namespace

std::vector<const Node*> nodesOf(const torch::Tensor& output) {
  std::vector<const Node*> nodes, open;
  std::unordered_set<const Node*> seen;
  if (output.defined() && output.grad_fn()) open.push_back(output.grad_fn().get());
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second || leafOf(node)) continue;
    nodes.push_back(node);
    for (const auto& edge : node->next_edges())
      if (edge.function) open.push_back(edge.function.get());
  }
  std::ranges::sort(nodes, {}, [](const Node* node) { return node->sequence_nr(); });
  return nodes;
}

std::string kindOf(const torch::nn::Module& module) {
  std::string kind = module.name();
  if (const auto colons = kind.rfind("::"); colons != std::string::npos) kind = kind.substr(colons + 2);
  if (kind.ends_with("Impl")) kind.resize(kind.size() - 4);
  return kind;
}

std::string kindOf(const Node& node) {
  static const std::set<std::string> silent{"T",          "View",   "Reshape",   "ReshapeAlias", "UnsafeView",
                                            "Clone",      "Expand", "Permute",   "Transpose",    "Alias",
                                            "Slice",      "Select", "Unsqueeze", "Squeeze",      "Copys",
                                            "CopySlices", "ToCopy", "AsStrided", "Detach"};
  std::string kind = node.name();
  if (const auto end = kind.find("Backward"); end != std::string::npos) kind.resize(end);
  if (const auto end = kind.find("WithIndices"); end != std::string::npos) kind.resize(end);
  if (const auto colons = kind.rfind("::"); colons != std::string::npos) kind = kind.substr(colons + 2);
  return silent.contains(kind) ? std::string() : kind;
}

void collectParameters(const Node& node, std::vector<torch::Tensor>& into) {
  for (const auto& edge : node.next_edges()) {
    if (!edge.function) continue;
    if (const auto* leaf = leafOf(edge.function.get()))
      into.push_back(leaf->variable);
    else if (kindOf(*edge.function).empty())
      collectParameters(*edge.function, into);
  }
}

std::string shapeText(const std::vector<int64_t>& shape) {
  if (shape.size() < 2) return shape.empty() ? "1" : std::to_string(shape[0]);
  std::string text;
  for (std::size_t i = 1; i < shape.size(); ++i) text += (i > 1 ? " × " : "") + std::to_string(shape[i]);
  return text;
}

}  // namespace fw
