#include <gtest/gtest.h>

#include <set>

#include "core/experiments/catalog.h"
#include "core/learn/experiment.h"

namespace fw {
namespace {

struct EveryExperiment : testing::TestWithParam<std::string> {
  /// As small as it can be: what matters is which layers there are.
  static Settings settings(const ExperimentKind& kind) {
    Settings settings(kind.schema);
    for (const auto& [name, value] :
         {std::pair<const char*, Value>{"batch", int64_t{2}}, {"crop", int64_t{64}}})
      if (kind.schema.find(name)) settings.set(name, value);
    return settings;
  }
};

TEST_P(EveryExperiment, HasEachLayerOfItsNetworkMetered) {
  const auto& kind = experimentKind(GetParam());
  torch::manual_seed(1);
  const auto experiment = kind.make(settings(kind), {1, "cpu"});
  for (const auto& [name, module] : experiment->state().modules) module->train();
  experiment->step();
  const auto meters = layerMeters(*experiment);
  std::set<std::string> metered;
  for (const auto& meter : meters) {
    EXPECT_TRUE(std::isfinite(meter.mean) && std::isfinite(meter.variance)) << meter.name;
    EXPECT_LE(meter.smallest, meter.largest) << meter.name;
    EXPECT_FALSE(meter.shape.empty()) << meter.name;
    if (meter.weights < 0) continue;  // a rectifier
    metered.insert(meter.module + ": " + meter.name);
    EXPECT_GE(meter.gradient, 0) << meter.name << ": a step was made";
  }
  for (const auto& [name, module] : experiment->state().modules)
    for (const auto& layer : module->named_modules("", /*include_self=*/false)) {
      // Not the 1×1 mixing of a flow: its inverse runs in the example, and is no layer of its own.
      const auto kind = layer.value()->name();
      const bool sums = kind.find("Conv") != std::string::npos || kind.find("Linear") != std::string::npos;
      if (!sums || layer.value()->parameters(/*recurse=*/false).empty()) continue;
      EXPECT_TRUE(metered.contains(name + ": " + layer.key())) << name << ": " << layer.key();
    }
}

std::vector<std::string> ids() {
  std::vector<std::string> ids;
  for (const auto& kind : catalog()) ids.push_back(kind.id);
  return ids;
}

INSTANTIATE_TEST_SUITE_P(Catalog, EveryExperiment, testing::ValuesIn(ids()), [](const auto& id) {
  std::string name = id.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace fw
