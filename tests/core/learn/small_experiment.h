#pragma once
#include <cmath>
#include <functional>
#include <thread>

#include "core/learn/experiment.h"

namespace fw {

/// A few weights that learn to square numbers, with everything a run may carry: batch norm, dropout,
/// momentum, random batches, a counter and a tensor of its own.
class SmallExperiment : public Experiment {
 public:
  enum class Optimizer { Adam, AdamW, Sgd };

  explicit SmallExperiment(Optimizer kind = Optimizer::Adam, double rate = 0.01) : random_(7) {
    torch::manual_seed(3);
    net_ = torch::nn::Sequential(torch::nn::Linear(4, 16), torch::nn::BatchNorm1d(16), torch::nn::ReLU(),
                                 torch::nn::Dropout(0.2), torch::nn::Linear(16, 4));
    if (kind == Optimizer::Adam)
      optimizer_ = std::make_unique<torch::optim::Adam>(net_->parameters(),
                                                        torch::optim::AdamOptions(rate).amsgrad(true));
    else if (kind == Optimizer::AdamW)
      optimizer_ =
          std::make_unique<torch::optim::AdamW>(net_->parameters(), torch::optim::AdamWOptions(rate));
    else
      optimizer_ = std::make_unique<torch::optim::SGD>(net_->parameters(),
                                                       torch::optim::SGDOptions(rate).momentum(0.9));
  }

  Scalars step() override {
    if (beforeStep) beforeStep(made_ + 1);
    std::vector<float> numbers(32);
    for (auto& number : numbers) number = static_cast<float>(random_.uniform(-1, 1));
    const auto input = torch::tensor(numbers).view({8, 4});
    const auto loss = torch::mse_loss(net_->forward(input), input * input);
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step();
    average_ = 0.9 * average_ + 0.1 * loss.detach();
    ++made_;
    return {{"loss", pretendLoss ? pretendLoss(made_) : loss.item<double>()},
            {"average", average_.item<double>()},
            {"made", static_cast<double>(made_)}};
  }

  Scores evaluate() override {
    ++evaluations;
    inEvaluationMode = inEvaluationMode && !net_->is_training() && !torch::GradMode::is_enabled();
    random_.uniform();  // looking may draw numbers …
    torch::rand({3});   // … of either kind
    const auto input = torch::linspace(-1, 1, 32).view({8, 4});
    return {{"validation/loss", pretendScore
                                    ? pretendScore(made_)
                                    : torch::mse_loss(net_->forward(input), input * input).item<double>()}};
  }

  Gallery gallery() override {
    cv::Mat picture(4, 4, CV_8UC1, cv::Scalar(static_cast<double>(made_ % 256)));
    return {{"only", {{"prediction", FrameRole::Prediction, picture}}}};
  }

  LearningState state() override {
    return {{{"net", net_.ptr()}}, {optimizer_.get()}, &random_, {&average_}, {&made_}};
  }
  Scores baselines() override { return {{"validation/loss (predict zero)", 0.2}}; }
  torch::Tensor exampleInput() override { return torch::zeros({1, 4}); }

  std::function<void(int64_t)> beforeStep;
  std::function<double(int64_t)> pretendLoss, pretendScore;
  int evaluations = 0;
  bool inEvaluationMode = true;
  torch::nn::Sequential& net() { return net_; }

 private:
  Random random_;
  torch::nn::Sequential net_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  torch::Tensor average_ = torch::zeros({});
  int64_t made_ = 0;
};

}  // namespace fw
