#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fw {

/// One layer with weights, or one operation between layers, which has no name.
struct LayerRow {
  std::string name;         ///< "encoder.0"
  std::string kind;         ///< "Conv2d"
  std::string outputShape;  ///< "64 × 13 × 13", of one sample; "—" when it could not be learnt
  int64_t parameters = 0;
  int64_t multiplyAdds = 0;  ///< for one sample
};

/// A network as a list, in the order it computes.
struct LayerTable {
  std::string module;
  std::vector<LayerRow> rows;
  int64_t parameters = 0, multiplyAdds = 0;
};

}  // namespace fw
