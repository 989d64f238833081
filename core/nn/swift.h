#pragma once
#include <torch/torch.h>

#include <map>
#include <string>

/// `swift`: a tiny network that decides, pixel by pixel, which guess of classical flow to show. It sees the
/// evidence for each guess and the shares that classical rules would give: untrained it changes nothing.
namespace fw {

/// What can be shown at a pixel: either frame moved by the motion of the first or of the second frame, or the
/// plain cross-fade.
constexpr int64_t kSwiftGuesses = 5;
constexpr int64_t kSwiftMoved = 4;  ///< the guesses that are moved pictures; they come first
/// Evidence for each of the two motions: how much both frames differ when moved by it, at three degrees of
/// blur; how far either frame's own motion is from it; how sure either frame is; its length; and of what lies
/// beyond the pair, how sure either frame is and by how much its motion changes there.
constexpr int64_t kSwiftEvidence = 12;
constexpr int64_t kSwiftFirstShare = 2 * kSwiftEvidence + 1;  ///< after how far the two motions are apart …
/// … come the classical shares of the moved guesses, confidence and time.
constexpr int64_t kSwiftView = kSwiftFirstShare + kSwiftMoved + 2;

struct SwiftNetImpl : torch::nn::Module {
  explicit SwiftNetImpl(int64_t width = 32);
  /// Shares [N, kSwiftGuesses, H, W] that add up to one, of a view [N, kSwiftView, H, W]. Sums and products
  /// are computed in `type`.
  torch::Tensor forward(const torch::Tensor& view, torch::ScalarType type = torch::kFloat32);

  int64_t width;
  torch::nn::Conv2d enter{nullptr}, inner{nullptr}, head{nullptr};
};
TORCH_MODULE(SwiftNet);

/// How wide the network with these weights is; what does not fit shows when they are loaded.
int64_t swiftWidthOf(const std::map<std::string, torch::Tensor>& weights);

/// What a pixel shows when nothing is learned: the classical shares of all guesses.
torch::Tensor swiftClassicalShares(const torch::Tensor& view);

}  // namespace fw
