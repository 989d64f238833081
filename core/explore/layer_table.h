#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fw {

class Store;

struct LayerRow {
  std::string name;        ///< "encoder.0"
  std::string kind;        ///< "Conv2d"
  std::string outputShape; ///< "64 × 13 × 13"
  int64_t parameters = 0;
  int64_t multiplyAdds = 0;
};

struct LayerTable {
  std::string module;
  std::vector<LayerRow> rows;
  int64_t parameters = 0, multiplyAdds = 0;
};

}  // namespace fw
