#include "core/explore/layer_trace.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/explore/recorded_graph.h"

namespace fw {
namespace {

using torch::autograd::Node;
using Shape = std::vector<int64_t>;

int64_t elements(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

Shape outputShape(const Node& node, std::size_t which = 0) {
  if (which >= node.num_inputs()) return {};  // a backward node's inputs are its forward's outputs
  return node.input_metadata(which)
      .zeros_like()
      .sizes()
      .vec();  // the shape itself is private in LibTorch 1.13
}

struct Layer {
  std::string name, kind;
  int64_t parameters = 0;
};

/// Of the numbers an operation works on; they are its first input.
Shape inputShape(const Node& node, const torch::Tensor& networkInput) {
  const auto& edge = node.next_edges().front();
  return edge.function ? outputShape(*edge.function, edge.input_nr) : networkInput.sizes().vec();
}

int64_t multiplyAdds(const Node& node, const std::string& kind, const std::vector<torch::Tensor>& parameters,
                     const torch::Tensor& networkInput) {
  const auto weight =
      std::ranges::max_element(parameters, {}, [](const torch::Tensor& p) { return p.dim(); });
  if (weight == parameters.end()) return 0;
  const std::string operation = node.name();
  const bool sums = operation.find("onv") != std::string::npos || operation.find("mm") != std::string::npos ||
                    operation.find("Linear") != std::string::npos;
  if (!sums || weight->dim() < 2) return elements(outputShape(node));  // a scale for each number, as in norms
  const int64_t perUnit = weight->numel() / weight->size(0);
  // A transposed convolution spreads each input over its kernel; everything else gathers for each output.
  const bool spreads = kind.find("Transpose") != std::string::npos;
  return elements(spreads ? inputShape(node, networkInput) : outputShape(node)) * perUnit;
}

using Layers = std::unordered_map<const c10::TensorImpl*, const Layer*>;

void addRow(LayerTable& table, LayerRow row) {
  table.multiplyAdds += row.multiplyAdds;
  // A layer that is used again (a recurrent cell, shared weights) stays one row.
  const auto known = std::ranges::find_if(table.rows, [&](const LayerRow& other) {
    return !row.name.empty() && other.name == row.name && other.kind == row.kind;
  });
  if (known == table.rows.end()) {
    table.rows.push_back(std::move(row));
    return;
  }
  known->multiplyAdds += row.multiplyAdds;
  known->outputShape = row.outputShape;
}

}  // namespace

LayerTable traceLayers(const std::string& name, const torch::nn::Module& module, const torch::Tensor& input,
                       const torch::Tensor& output) {
  std::vector<std::unique_ptr<Layer>> layers;
  Layers owner;
  for (const auto& child : module.named_modules("", /*include_self=*/true)) {
    const auto own = child.value()->parameters(/*recurse=*/false);
    if (own.empty()) continue;
    layers.push_back(
        std::make_unique<Layer>(Layer{child.key().empty() ? name : child.key(), kindOf(*child.value())}));
    for (const auto& parameter : own) {
      layers.back()->parameters += parameter.numel();
      owner[parameter.unsafeGetTensorImpl()] = layers.back().get();
    }
  }

  LayerTable table;
  table.module = name;
  std::set<const Layer*> met;
  for (const Node* node : nodesOf(output)) {
    if (kindOf(*node).empty()) continue;
    std::vector<torch::Tensor> parameters;
    collectParameters(*node, parameters);
    const Layer* layer = nullptr;
    for (const auto& parameter : parameters)
      if (const auto found = owner.find(parameter.unsafeGetTensorImpl()); found != owner.end())
        layer = found->second;
    const std::string kind = layer ? layer->kind : kindOf(*node);
    LayerRow row{layer ? layer->name : "", kind, shapeText(outputShape(*node)), 0,
                 multiplyAdds(*node, kind, parameters, input)};
    if (layer && met.insert(layer).second) row.parameters = layer->parameters;
    addRow(table, std::move(row));
  }
  if (met.empty()) {  // the output was made by another network
    table.rows.clear();
    table.multiplyAdds = 0;
  }
  for (const auto& layer : layers) {
    table.parameters += layer->parameters;
    if (!met.contains(layer.get()))
      table.rows.push_back({layer->name, layer->kind, "—", layer->parameters, 0});
  }
  const int64_t batch = std::max<int64_t>(1, input.defined() && input.dim() > 0 ? input.size(0) : 1);
  for (auto& row : table.rows) row.multiplyAdds /= batch;
  table.multiplyAdds /= batch;
  return table;
}

}  // namespace fw
