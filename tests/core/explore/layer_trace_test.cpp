#include "core/explore/layer_trace.h"

#include <gmock/gmock.h>

namespace fw {
namespace {

using namespace torch::nn;
using testing::ElementsAre;
using testing::Field;

/// A network with a skip, a pooling, a transposed convolution and a layer it never uses: no Sequential could
/// tell.
struct SkippingImpl : Module {
  SkippingImpl() {
    register_module("down", down);
    register_module("norm", norm);
    register_module("up", up);
    register_module("head", head);
    register_module("unused", unused);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto fine = torch::relu(norm(down(x)));
    const auto coarse = torch::max_pool2d(fine, 2);
    const auto both = torch::cat({up(coarse), fine}, 1);
    return head(both.mean({2, 3}));
  }
  Conv2d down{Conv2dOptions(3, 8, 3).padding(1)};
  BatchNorm2d norm{8};
  ConvTranspose2d up{ConvTranspose2dOptions(8, 4, 2).stride(2)};
  Linear head{12, 5};
  Linear unused{7, 7};
};
TORCH_MODULE(Skipping);

const LayerRow& rowOf(const LayerTable& table, const std::string& name) {
  for (const auto& row : table.rows)
    if (row.name == name) return row;
  throw std::out_of_range(name);
}

LayerTable traced(int64_t batch) {
  Skipping net;
  net->eval();
  const auto input = torch::zeros({batch, 3, 16, 20});
  return traceLayers("net", *net, input, net->forward(input));
}

}  // namespace

TEST(LayerTrace, FindsShapesParametersAndMultiplyAdds) {
  const LayerTable table = traced(1);
  EXPECT_EQ(rowOf(table, "down").kind, "Conv2d");
  EXPECT_EQ(rowOf(table, "down").outputShape, "8 × 16 × 20");
  EXPECT_EQ(rowOf(table, "down").parameters, 8 * 3 * 9 + 8);
  EXPECT_EQ(rowOf(table, "down").multiplyAdds, 8 * 16 * 20 * 27);
  EXPECT_EQ(rowOf(table, "norm").multiplyAdds, 8 * 16 * 20);
  EXPECT_EQ(rowOf(table, "up").kind, "ConvTranspose2d");
  EXPECT_EQ(rowOf(table, "up").outputShape, "4 × 16 × 20");
  EXPECT_EQ(rowOf(table, "up").multiplyAdds, 8 * 8 * 10 * 4 * 4);
  EXPECT_EQ(rowOf(table, "head").outputShape, "5");
  EXPECT_EQ(rowOf(table, "head").multiplyAdds, 12 * 5);
  EXPECT_EQ(table.parameters, (8 * 27 + 8) + 16 + (8 * 4 * 4 + 4) + (12 * 5 + 5) + (7 * 7 + 7));
  EXPECT_EQ(table.multiplyAdds, 8 * 16 * 20 * 27 + 8 * 16 * 20 + 8 * 8 * 10 * 16 + 60);
}

TEST(LayerTrace, ListsLayersAndOperationsInTheOrderTheyCompute) {
  const LayerTable table = traced(1);
  std::vector<std::string> order;
  for (const auto& row : table.rows) order.push_back(row.name.empty() ? row.kind : row.name);
  EXPECT_THAT(order, ElementsAre("down", "norm", "Relu", "MaxPool2D", "up", "Cat", "Mean", "head", "unused"));
}

TEST(LayerTrace, DoesNotInventTheShapeOfALayerThatIsNeverUsed) {
  const LayerTable table = traced(1);
  EXPECT_EQ(rowOf(table, "unused").outputShape, "—");
  EXPECT_EQ(rowOf(table, "unused").parameters, 56);
}

TEST(LayerTrace, CountsForOneSample) { EXPECT_EQ(traced(4).multiplyAdds, traced(1).multiplyAdds); }

TEST(LayerTrace, ALayerUsedTwiceIsOneRowWithTwiceTheWork) {
  Linear cell(6, 6);
  const auto input = torch::zeros({1, 6});
  const LayerTable table = traceLayers("cell", *cell, input, cell(torch::tanh(cell(input))));
  EXPECT_EQ(rowOf(table, "cell").multiplyAdds, 2 * 36);
  EXPECT_EQ(rowOf(table, "cell").parameters, 42);
  EXPECT_EQ(table.parameters, 42);
}

TEST(LayerTrace, WithoutAnOutputOnlyWeightsAreKnown) {
  Skipping net;
  const LayerTable table = traceLayers("net", *net, {}, {});
  EXPECT_EQ(table.rows.size(), 5u);
  for (const auto& row : table.rows) EXPECT_EQ(row.outputShape, "—");
}

}  // namespace fw
