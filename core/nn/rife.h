#pragma once
#include <torch/torch.h>

#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <string>

/// RIFE, real-time intermediate flow estimation: flow straight to the frame in between, refined block by
/// block.
namespace fw {

struct RifeOutput {
  torch::Tensor flow;                               ///< [N,4,H,W]: to the first frame (x, y), to the second
  torch::Tensor mask;                               ///< [N,1,H,W]: the share of the first frame
  torch::Tensor warpedFirst, warpedSecond, merged;  ///< [N,3,H,W]
};

/// Pictures are [N,3,H,W] in 0 … 1, BGR, with sides that are multiples of 32. Convolutions compute in the
/// type of the weights; flow and warping stay float32.
struct Rife : torch::nn::Module {
  virtual RifeOutput forward(const torch::Tensor& first, const torch::Tensor& second, double time) = 0;
  virtual bool anyTime() const = 0;  ///< false: only the middle; other times by halving again and again
  virtual std::string title() const = 0;
};

/// ECCV 2022: three blocks, context and fusion networks, the middle frame only. The teacher block sees the
/// true frame and exists for training only.
struct Rife2022 : Rife {
  explicit Rife2022(bool withTeacher = false);
  RifeOutput forward(const torch::Tensor& first, const torch::Tensor& second, double time) override;
  bool anyTime() const override { return false; }
  std::string title() const override { return "RIFE (ECCV 2022)"; }

  struct Taught {
    RifeOutput student;
    torch::Tensor teacherMerged,
        distillation;  ///< the teacher's frame; how far the students' flows are from the teacher's
  };
  Taught learn(const torch::Tensor& first, const torch::Tensor& second, const torch::Tensor& middle);

 private:
  struct Rounds;
  Rounds rounds(const torch::Tensor& first, const torch::Tensor& second);
  torch::Tensor refined(const torch::Tensor& first, const torch::Tensor& second, const Rounds& made);
  bool teacher_;
};

/// Practical RIFE 4.6: four blocks with learned residual scales, any time, no fusion network.
struct Rife46 : Rife {
  Rife46();
  RifeOutput forward(const torch::Tensor& first, const torch::Tensor& second, double time) override;
  bool anyTime() const override { return true; }
  std::string title() const override { return "RIFE 4.6"; }
};

/// A picture as these networks take it: [1,3,H,W], its edge repeated until both sides fit.
torch::Tensor rifePicture(const cv::Mat& frame);

/// Recognises the architecture by the tensors' names and shapes and fills it. Throws Error that says what was
/// found in `from` and what is supported.
std::shared_ptr<Rife> rifeFromWeights(std::map<std::string, torch::Tensor> weights, const std::string& from);

}  // namespace fw
