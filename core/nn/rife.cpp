#include "core/nn/rife.h"

#include <opencv2/imgproc.hpp>
#include <sstream>

#include "core/base/error.h"
#include "core/nn/conv_transpose.h"
#include "core/nn/tensor_image.h"
#include "core/nn/warp.h"

namespace fw {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr std::array<double, 3> kScales2022{4, 2, 1};
constexpr std::array<double, 4> kScales46{8, 4, 2, 1};

torch::Tensor resized(const torch::Tensor& x, double factor) {
  if (factor == 1.0) return x;
  const auto side = [&](int64_t dimension) {
    return static_cast<int64_t>(static_cast<double>(x.size(dimension)) * factor);
  };
  return F::interpolate(x, F::InterpolateFuncOptions()
                               .size(std::vector<int64_t>{side(2), side(3)})
                               .mode(torch::kBilinear)
                               .align_corners(false));
}

torch::ScalarType typeOf(const nn::Module& module) { return module.parameters().front().scalar_type(); }

nn::PReLU prelu(int64_t channels) { return nn::PReLU(nn::PReLUOptions().num_parameters(channels)); }

/// A Sequential that may sit in another one, as those of Python do.
struct StackImpl : nn::SequentialImpl {
  using SequentialImpl::SequentialImpl;
  torch::Tensor forward(const torch::Tensor& x) { return SequentialImpl::forward(x); }
};
TORCH_MODULE(Stack);

Stack convPRelu(int64_t in, int64_t out, int64_t stride) {
  return Stack(nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1)), prelu(out));
}

Stack convLeaky(int64_t in, int64_t out, int64_t stride) {
  return Stack(nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1)),
               nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)));
}

/// Doubles both sides, in 32 bit always: LibTorch 1.13 cannot transpose 16-bit convolutions on the processor.
struct DoublingImpl : ConvTranspose2dImpl {
  DoublingImpl(int64_t in, int64_t out)
      : ConvTranspose2dImpl(nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1)) {}
  torch::Tensor forward(const torch::Tensor& x) {
    if (x.scalar_type() == torch::kFloat32) return ConvTranspose2dImpl::forward(x);
    return torch::conv_transpose2d(x.to(torch::kFloat32), weight.to(torch::kFloat32),
                                   bias.to(torch::kFloat32), 2, 1)
        .to(x.scalar_type());
  }
};
TORCH_MODULE(Doubling);

Stack deconvPRelu(int64_t in, int64_t out) { return Stack(Doubling(in, out), prelu(out)); }

struct FlowAndMask {
  torch::Tensor flow, mask;  // changes, in pixels and logits
};

/// The block of the paper: two strided convolutions, eight more with one residual around them, one doubling.
struct Block2022 : nn::Module {
  Block2022(int64_t in, int64_t c) {
    conv0 = register_module("conv0", nn::Sequential(convPRelu(in, c / 2, 2), convPRelu(c / 2, c, 2)));
    for (int i = 0; i < 8; ++i) convblock->push_back(convPRelu(c, c, 1));
    register_module("convblock", convblock);
    lastconv = register_module("lastconv", Doubling(c, 5));
  }
  FlowAndMask forward(torch::Tensor x, const torch::Tensor& flow, double scale) {
    x = resized(x, 1.0 / scale);
    if (flow.defined()) x = torch::cat({x, resized(flow, 1.0 / scale) / scale}, 1);
    x = conv0->forward(x.to(typeOf(*this)));
    x = convblock->forward(x) + x;
    x = resized(lastconv->forward(x).to(torch::kFloat32), scale * 2);
    return {x.slice(1, 0, 4) * (scale * 2), x.slice(1, 4, 5)};
  }
  nn::Sequential conv0{nullptr}, convblock;
  Doubling lastconv{nullptr};
};

/// LeakyReLU( conv(x)·β + x ), β one number a channel.
struct ResConvImpl : nn::Module {
  explicit ResConvImpl(int64_t c) {
    conv = register_module("conv", nn::Conv2d(nn::Conv2dOptions(c, c, 3).padding(1)));
    beta = register_parameter("beta", torch::ones({1, c, 1, 1}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::leaky_relu(conv->forward(x) * beta + x, 0.2);
  }
  nn::Conv2d conv{nullptr};
  torch::Tensor beta;
};
TORCH_MODULE(ResConv);

struct Block46 : nn::Module {
  Block46(int64_t in, int64_t c) {
    conv0 = register_module("conv0", nn::Sequential(convLeaky(in, c / 2, 2), convLeaky(c / 2, c, 2)));
    for (int i = 0; i < 8; ++i) convblock->push_back(ResConv(c));
    register_module("convblock", convblock);
    lastconv = register_module("lastconv", nn::Sequential(Doubling(c, 4 * 6), nn::PixelShuffle(2)));
  }
  FlowAndMask forward(torch::Tensor x, const torch::Tensor& flow, double scale) {
    x = resized(x, 1.0 / scale);
    if (flow.defined()) x = torch::cat({x, resized(flow, 1.0 / scale) / scale}, 1);
    x = convblock->forward(conv0->forward(x.to(typeOf(*this))));
    x = resized(lastconv->forward(x).to(torch::kFloat32), scale);
    return {x.slice(1, 0, 4) * scale, x.slice(1, 4, 5)};
  }
  nn::Sequential conv0{nullptr}, convblock, lastconv{nullptr};
};

struct Conv2Impl : nn::Module {
  Conv2Impl(int64_t in, int64_t out)
      : conv1(register_module("conv1", convPRelu(in, out, 2))),
        conv2(register_module("conv2", convPRelu(out, out, 1))) {}
  torch::Tensor forward(const torch::Tensor& x) { return conv2->forward(conv1->forward(x)); }
  Stack conv1, conv2;
};
TORCH_MODULE(Conv2);

constexpr int64_t kContext = 16;

/// Features of one frame at four sizes, moved by the flow.
struct Contextnet : nn::Module {
  Contextnet() {
    for (int i = 0; i < 4; ++i)
      levels.push_back(register_module("conv" + std::to_string(i + 1),
                                       Conv2(i == 0 ? 3 : kContext << (i - 1), kContext << i)));
  }
  std::vector<torch::Tensor> forward(torch::Tensor x, torch::Tensor flow) {
    std::vector<torch::Tensor> features;
    x = x.to(typeOf(*this));
    for (auto& level : levels) {
      x = level->forward(x);
      flow = resized(flow, 0.5) * 0.5;
      features.push_back(warp(x.to(torch::kFloat32), flow).to(x.scalar_type()));
    }
    return features;
  }
  std::vector<Conv2> levels;
};

/// The fusion network: what to add to the merged frame.
struct FusionUnet : nn::Module {
  FusionUnet() {
    constexpr int64_t c = kContext;
    down = {register_module("down0", Conv2(17, 2 * c)), register_module("down1", Conv2(4 * c, 4 * c)),
            register_module("down2", Conv2(8 * c, 8 * c)), register_module("down3", Conv2(16 * c, 16 * c))};
    up = {register_module("up0", deconvPRelu(32 * c, 8 * c)),
          register_module("up1", deconvPRelu(16 * c, 4 * c)),
          register_module("up2", deconvPRelu(8 * c, 2 * c)), register_module("up3", deconvPRelu(4 * c, c))};
    conv = register_module("conv", nn::Conv2d(nn::Conv2dOptions(c, 3, 3).padding(1)));
  }
  torch::Tensor forward(const torch::Tensor& pictures, const std::vector<torch::Tensor>& c0,
                        const std::vector<torch::Tensor>& c1) {
    const auto s0 = down[0]->forward(pictures.to(typeOf(*this)));         // 1/2
    const auto s1 = down[1]->forward(torch::cat({s0, c0[0], c1[0]}, 1));  // 1/4
    const auto s2 = down[2]->forward(torch::cat({s1, c0[1], c1[1]}, 1));  // 1/8
    const auto s3 = down[3]->forward(torch::cat({s2, c0[2], c1[2]}, 1));  // 1/16
    auto x = up[0]->forward(torch::cat({s3, c0[3], c1[3]}, 1));
    x = up[1]->forward(torch::cat({x, s2}, 1));
    x = up[2]->forward(torch::cat({x, s1}, 1));
    x = up[3]->forward(torch::cat({x, s0}, 1));
    return torch::sigmoid(conv->forward(x).to(torch::kFloat32));
  }
  std::vector<Conv2> down;
  std::vector<Stack> up;
  nn::Conv2d conv{nullptr};
};

torch::Tensor merge(const RifeOutput& out) {
  return out.warpedFirst * out.mask + out.warpedSecond * (1.0 - out.mask);
}

std::string blockName(std::size_t i) { return "block" + std::to_string(i); }

template <class Kind>
Kind& part(nn::Module& module, const std::string& name) {
  return *module.named_children()[name]->template as<Kind>();
}

}  // namespace

struct Rife2022::Rounds {
  std::vector<torch::Tensor> flows, masks;  // after each block; masks as logits
  torch::Tensor warpedFirst, warpedSecond;
};

Rife2022::Rife2022(bool withTeacher) : teacher_(withTeacher) {
  register_module("block0", std::make_shared<Block2022>(6, 240));
  register_module("block1", std::make_shared<Block2022>(13 + 4, 150));
  register_module("block2", std::make_shared<Block2022>(13 + 4, 90));
  if (withTeacher) register_module("block_tea", std::make_shared<Block2022>(16 + 4, 90));
  register_module("contextnet", std::make_shared<Contextnet>());
  register_module("unet", std::make_shared<FusionUnet>());
}

Rife2022::Rounds Rife2022::rounds(const torch::Tensor& first, const torch::Tensor& second) {
  Rounds made;
  for (std::size_t i = 0; i < kScales2022.size(); ++i) {
    auto& block = part<Block2022>(*this, blockName(i));
    if (i == 0) {
      const auto [flow, mask] = block.forward(torch::cat({first, second}, 1), {}, kScales2022[i]);
      made.flows.push_back(flow);
      made.masks.push_back(mask);
    } else {
      const auto seen =
          torch::cat({first, second, made.warpedFirst, made.warpedSecond, made.masks.back()}, 1);
      const auto [flow, mask] = block.forward(seen, made.flows.back(), kScales2022[i]);
      made.flows.push_back(made.flows.back() + flow);
      made.masks.push_back(made.masks.back() + mask);
    }
    made.warpedFirst = warp(first, made.flows.back().slice(1, 0, 2));
    made.warpedSecond = warp(second, made.flows.back().slice(1, 2, 4));
  }
  return made;
}

torch::Tensor Rife2022::refined(const torch::Tensor& first, const torch::Tensor& second, const Rounds& made) {
  const auto& flow = made.flows.back();
  auto& context = part<Contextnet>(*this, "contextnet");
  const auto c0 = context.forward(first, flow.slice(1, 0, 2)),
             c1 = context.forward(second, flow.slice(1, 2, 4));
  const auto seen =
      torch::cat({first, second, made.warpedFirst, made.warpedSecond, made.masks.back(), flow}, 1);
  return part<FusionUnet>(*this, "unet").forward(seen, c0, c1) * 2.0 - 1.0;
}

RifeOutput Rife2022::forward(const torch::Tensor& first, const torch::Tensor& second, double /*time*/) {
  const auto made = rounds(first, second);
  RifeOutput out{
      made.flows.back(), torch::sigmoid(made.masks.back()), made.warpedFirst, made.warpedSecond, {}};
  out.merged = torch::clamp(merge(out) + refined(first, second, made), 0.0, 1.0);
  return out;
}

Rife2022::Taught Rife2022::learn(const torch::Tensor& first, const torch::Tensor& second,
                                 const torch::Tensor& middle) {
  if (!teacher_)
    throw Error("This RIFE network cannot be trained", "block_tea", "Make it with its teacher block.");
  const auto made = rounds(first, second);
  Taught taught{
      {made.flows.back(), torch::sigmoid(made.masks.back()), made.warpedFirst, made.warpedSecond, {}},
      {},
      {}};
  taught.student.merged = torch::clamp(merge(taught.student) + refined(first, second, made), 0.0, 1.0);

  const auto seen =
      torch::cat({first, second, made.warpedFirst, made.warpedSecond, made.masks.back(), middle}, 1);
  const auto [change, maskChange] = part<Block2022>(*this, "block_tea").forward(seen, made.flows.back(), 1.0);
  RifeOutput teacher{made.flows.back() + change, torch::sigmoid(made.masks.back() + maskChange), {}, {}, {}};
  teacher.warpedFirst = warp(first, teacher.flow.slice(1, 0, 2));
  teacher.warpedSecond = warp(second, teacher.flow.slice(1, 2, 4));
  taught.teacherMerged = merge(teacher);

  // Students follow the teacher only where it does better.
  taught.distillation = torch::zeros({}, first.options());
  const auto teacherError = (taught.teacherMerged - middle).abs().mean(1, true);
  for (std::size_t i = 0; i < made.flows.size(); ++i) {
    RifeOutput student{made.flows[i],
                       torch::sigmoid(made.masks[i]),
                       warp(first, made.flows[i].slice(1, 0, 2)),
                       warp(second, made.flows[i].slice(1, 2, 4)),
                       {}};
    const auto better =
        ((merge(student) - middle).abs().mean(1, true) > teacherError + 0.01).to(torch::kFloat32).detach();
    const auto distance = (teacher.flow.detach() - made.flows[i]).square().mean(1, true);
    taught.distillation = taught.distillation + (torch::sqrt(distance + 1e-12) * better).mean();
  }
  return taught;
}

Rife46::Rife46() {
  register_module("block0", std::make_shared<Block46>(7, 192));
  register_module("block1", std::make_shared<Block46>(8 + 4, 128));
  register_module("block2", std::make_shared<Block46>(8 + 4, 96));
  register_module("block3", std::make_shared<Block46>(8 + 4, 64));
}

RifeOutput Rife46::forward(const torch::Tensor& first, const torch::Tensor& second, double time) {
  const auto plane = torch::full_like(first.slice(1, 0, 1), time);
  RifeOutput out;
  torch::Tensor mask;
  for (std::size_t i = 0; i < kScales46.size(); ++i) {
    auto& block = part<Block46>(*this, blockName(i));
    if (i == 0) {
      const auto made = block.forward(torch::cat({first, second, plane}, 1), {}, kScales46[i]);
      out.flow = made.flow;
      mask = made.mask;
    } else {
      const auto made = block.forward(torch::cat({out.warpedFirst, out.warpedSecond, plane, mask}, 1),
                                      out.flow, kScales46[i]);
      out.flow = out.flow + made.flow;
      mask = mask + made.mask;
    }
    out.warpedFirst = warp(first, out.flow.slice(1, 0, 2));
    out.warpedSecond = warp(second, out.flow.slice(1, 2, 4));
  }
  out.mask = torch::sigmoid(mask);
  out.merged = merge(out);
  return out;
}

torch::Tensor rifePicture(const cv::Mat& frame) {
  constexpr int kGrid = 32;  // the coarsest block works at 1/8 and halves twice
  const auto missing = [](int length) { return (kGrid - length % kGrid) % kGrid; };
  // Black padding would pull the flow at the edge to zero.
  cv::Mat padded;
  cv::copyMakeBorder(frame, padded, 0, missing(frame.rows), 0, missing(frame.cols), cv::BORDER_REPLICATE);
  return toTensor(padded).unsqueeze(0);
}

std::shared_ptr<Rife> rifeFromWeights(std::map<std::string, torch::Tensor> weights, const std::string& from) {
  // Files of distributed training prefix what belongs to the network, and hold more than that.
  const std::string prefix = "module.";
  if (std::any_of(weights.begin(), weights.end(),
                  [&](const auto& item) { return item.first.starts_with(prefix); })) {
    std::map<std::string, torch::Tensor> own;
    for (const auto& [name, tensor] : weights)
      if (name.starts_with(prefix)) own[name.substr(prefix.size())] = tensor;
    weights = std::move(own);
  }
  const auto has = [&](const std::string& name) { return weights.contains(name); };
  std::shared_ptr<Rife> model;
  if (has("block0.convblock.0.0.weight") && has("contextnet.conv1.conv1.0.weight") && has("unet.conv.weight"))
    model = std::make_shared<Rife2022>();
  else if (has("block0.convblock.0.beta") && has("block3.lastconv.0.weight") &&
           !has("block4.lastconv.0.weight") && !has("encode.0.weight"))
    model = std::make_shared<Rife46>();

  const auto refuse = [&](const std::string& found) {
    throw Error("These weights are of no RIFE that is known here: " + found, from,
                "Supported are RIFE of ECCV 2022 (flownet.pkl with block0 to block2, contextnet and unet) "
                "and Practical RIFE 4.6 "
                "(four blocks with beta, no encoder).");
  };
  const auto shapeText = [](const torch::Tensor& tensor) {
    std::ostringstream out;
    out << tensor.sizes();
    return out.str();
  };
  if (!model) {
    if (weights.empty()) refuse("the file holds no tensors");
    if (has("encode.0.weight") || has("encode.cnn0.weight") || has("block4.lastconv.0.weight"))
      refuse("it looks like version 4.7 or newer (an encoder or a fifth block)");
    if (has("block3.lastconv.weight")) refuse("it looks like version 4.0 to 4.4 (four blocks without beta)");
    refuse(std::to_string(weights.size()) + " tensors, the first \"" + weights.begin()->first + "\" " +
           shapeText(weights.begin()->second));
  }
  torch::NoGradGuard noGrad;
  for (auto& parameter : model->named_parameters()) {
    const auto found = weights.find(parameter.key());
    if (found == weights.end()) refuse("\"" + parameter.key() + "\" of " + model->title() + " is missing");
    if (found->second.sizes() != parameter.value().sizes())
      refuse("\"" + parameter.key() + "\" is " + shapeText(found->second) + ", in " + model->title() +
             " it is " + shapeText(parameter.value()));
    parameter.value().copy_(found->second);
  }
  model->eval();
  return model;
}

}  // namespace fw
