#pragma once
#include <torch/torch.h>

#include <map>
#include <string>

/// `swift`: a small network that decides, pixel by pixel, which guess of classical flow to show, and moves
/// each guess a little. It sees the guesses and the shares classical rules would give them: untrained it
/// changes nothing.
namespace fw {

/// What can be shown at a pixel: either frame moved by the motion of the first or of the second frame, or the
/// plain cross-fade.
constexpr int64_t kSwiftGuesses = 5;
constexpr int64_t kSwiftMoved = 4;  ///< the guesses that are moved pictures; they come first
/// Channels of the view: six grey pictures (the four moved ones, both frames), two differences, the classical
/// shares, both motions, confidence, time.
constexpr int64_t kSwiftView = 6 + 2 + kSwiftGuesses + 4 + 1 + 1;
constexpr int64_t kSwiftFirstShare = 8;                                  ///< where the classical shares begin
constexpr int64_t kSwiftFirstMotion = kSwiftFirstShare + kSwiftGuesses;  ///< x and y of either motion …
constexpr double kSwiftMotionUnit = 16;  ///< … in so many pixels of the view

/// How wide and deep; the defaults are those of the bundled weights.
struct SwiftShape {
  int64_t half = 24, quarter = 64, eighth = 128;  ///< channels at 1/2, 1/4, 1/8
  int64_t blocks = 1, deepBlocks = 3;             ///< residual steps at each size, and at the smallest
};
/// Four times the arithmetic: for long training, best on a GPU.
constexpr SwiftShape kLargeSwift{48, 96, 144, 2, 3};
/// The shape that these weights are of; what does not fit shows when they are loaded.
SwiftShape swiftShapeOf(const std::map<std::string, torch::Tensor>& weights);

/// What the network makes of a view.
struct SwiftAnswer {
  torch::Tensor shares;  ///< [N, kSwiftGuesses, H, W], adding up to one
  torch::Tensor shifts;  ///< [N, 2·kSwiftMoved, H, W]: x and y, in pixels of the view, added to where each
                         ///< moved picture is read
};

struct SwiftNetImpl : torch::nn::Module {
  explicit SwiftNetImpl(const SwiftShape& shape = {});
  /// Of a view [N, kSwiftView, H, W]. Convolutions compute in `type`.
  SwiftAnswer forward(const torch::Tensor& view, torch::ScalarType type = torch::kFloat32);

  SwiftShape shape;
  torch::nn::Conv2d enter{nullptr}, down1{nullptr}, down2{nullptr}, up2{nullptr}, up1{nullptr}, head{nullptr};
  torch::nn::Sequential half, quarter, eighth, quarterOut, halfOut;
};
TORCH_MODULE(SwiftNet);

}  // namespace fw
