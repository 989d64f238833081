#pragma once
#include <torch/torch.h>

#include <map>
#include <string>

/// `swift`: a tiny network that decides, pixel by pixel, which guess of classical flow to show. It sees the
/// evidence for each guess and the shares that classical rules would give: untrained it changes nothing.
namespace fw {

/// Where a pixel may have come from: as the motion of the first or of the second frame says, as a second
/// search for both has it, or as either frame moves on the side away from the other.
constexpr int64_t kSwiftMotions = 6;
/// What can be shown at a pixel: either frame moved by any of the motions, or the plain cross-fade.
constexpr int64_t kSwiftMoved = 2 * kSwiftMotions;  ///< the guesses that are moved pictures; they come first
constexpr int64_t kSwiftGuesses = kSwiftMoved + 1;
/// Evidence for each of the motions: how much both frames differ when moved by it, at three degrees of
/// blur; how far either frame's own motion is from it; how sure either frame is; its length; and of what lies
/// beyond the pair, how sure either frame is and by how much its motion changes there.
constexpr int64_t kSwiftEvidence = 12;
/// Then how far motions are apart: the first two, and either from what the second search says and from how
/// it goes on by itself.
constexpr int64_t kSwiftApart = 5;
constexpr int64_t kSwiftFirstShare = kSwiftMotions * kSwiftEvidence + kSwiftApart;
/// Then the shares that classical rules give the first guesses, to be split with those of the second search …
constexpr int64_t kSwiftClassical = 4;
/// … confidence and time.
constexpr int64_t kSwiftView = kSwiftFirstShare + kSwiftClassical + 2;

/// Where the evidence of a motion says how sure the first frame and the second one are of what lies beyond.
constexpr int64_t kSwiftBeyondFirst = 8, kSwiftBeyondSecond = 10;

struct SwiftPartImpl : torch::nn::Module {
  explicit SwiftPartImpl(int64_t width);
  torch::Tensor forward(const torch::Tensor& view, torch::ScalarType type);

  torch::nn::Conv2d enter{nullptr}, inner{nullptr}, head{nullptr};
};
TORCH_MODULE(SwiftPart);

struct SwiftNetImpl : torch::nn::Module {
  explicit SwiftNetImpl(int64_t width = 48);
  /// Shares [N, kSwiftGuesses, H, W] that add up to one, of a view [N, kSwiftView, H, W]. Sums and products
  /// are computed in `type`.
  torch::Tensor forward(const torch::Tensor& view, torch::ScalarType type = torch::kFloat32);
  /// What is right for this view of one frame.
  SwiftPart& partFor(const torch::Tensor& view);

  int64_t width;
  SwiftPart around{nullptr}, alone{nullptr};  ///< for pairs with neighbours, and for those without
};
TORCH_MODULE(SwiftNet);

/// How wide the network with these weights is; what does not fit shows when they are loaded.
int64_t swiftWidthOf(const std::map<std::string, torch::Tensor>& weights);

/// Shares of a view, from what the last layer says of it.
torch::Tensor swiftSharesOf(const torch::Tensor& view, const torch::Tensor& answer);

/// What a pixel shows when nothing is learned: the classical shares of all guesses.
torch::Tensor swiftClassicalShares(const torch::Tensor& view);

}  // namespace fw
