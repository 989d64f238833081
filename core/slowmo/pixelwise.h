#pragma once
#include <cstddef>
#include <vector>

namespace fw {

/// Convolutions of 1×1 pixels one after another, with leaky rectifiers (0.1) between them. For the few
/// channels of `swift` this takes a quarter of the time that a library of convolutions or of matrix products
/// does.
class PixelwiseNet {
 public:
  struct Layer {
    std::size_t in, out;
    std::vector<float> weights;  ///< one row of `in` for each output
    std::vector<float> bias;
  };
  explicit PixelwiseNet(const std::vector<Layer>& layers);

  /// Pixels [begin, end) of planes with `pixels` each: as many planes as the first layer takes in, and as the
  /// last one puts out.
  void run(const float* in, float* out, std::size_t pixels, std::size_t begin, std::size_t end) const;

 private:
  struct Packed {
    std::size_t in, out;
    std::vector<float> weights, bias;  // groups of kTogether outputs, filled up with zeros
  };
  std::vector<Packed> layers_;
  std::size_t widest_ = 0;
};

}  // namespace fw
