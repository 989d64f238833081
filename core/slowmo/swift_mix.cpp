#include "core/slowmo/swift_mix.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/both_ways.h"
#include "core/learn/checkpoint.h"
#include "core/nn/tensor_image.h"
#include "core/slowmo/pixelwise.h"

namespace fw {
namespace {

// What brings the numbers of a view to about one.
constexpr float kGreyLevels = 64, kPixelsApart = 4, kPixelsMoved = 16;
constexpr double kMost = 8;

cv::Mat length(const cv::Mat& vectors) {
  cv::Mat parts[2], result;
  cv::split(vectors, parts);
  cv::magnitude(parts[0], parts[1], result);
  return result;
}

/// What is known at the pixels of one frame.
struct Side {
  cv::Mat grey;
  cv::Mat known;   // CV_32FC4: its own motion as the way from first to second, trust, trust beyond the pair
  cv::Mat change;  // CV_32FC1: by how much its motion changes there
  float part;      // of a motion, to this frame
};

Side sideOf(const cv::Mat& grey, const cv::Mat& goes, const cv::Mat& trust, const MotionBeyond& beyond,
            double part) {
  const cv::Mat nothing = cv::Mat::zeros(goes.size(), CV_32F);
  const bool known = !beyond.motion.empty();
  const double sign = part < 0 ? 1 : -1;
  Side side{grey, {}, nothing, static_cast<float>(part)};
  cv::merge(std::vector<cv::Mat>{sign * goes, trust, known ? beyond.trust : nothing}, side.known);
  if (known) side.change = cv::Mat(length(goes + beyond.motion / beyond.distance) / kPixelsApart);
  return side;
}

// Writes kSwiftEvidence maps.
void gatherEvidence(const Side& first, const Side& second, const cv::Mat& motion, cv::Mat* maps) {
  enum { Difference, Near, Wide, Away, Trust = Away + 2, Length = Trust + 2, Beyond };
  cv::Mat grey[2];
  for (int i = 0; i < 2; ++i) {
    const Side& side = i == 0 ? first : second;
    const cv::Mat places = placesOf(motion, side.part), known = readAt(side.known, places);
    grey[i] = readAt(side.grey, places);
    readAt(side.change, places).copyTo(maps[Beyond + 2 * i + 1]);
    for (int y = 0; y < motion.rows; ++y) {
      const auto* way = motion.ptr<cv::Vec2f>(y);
      const auto* in = known.ptr<cv::Vec4f>(y);
      auto *away = maps[Away + i].ptr<float>(y), *trust = maps[Trust + i].ptr<float>(y);
      auto* beyond = maps[Beyond + 2 * i].ptr<float>(y);
      for (int x = 0; x < motion.cols; ++x) {
        const float aside = way[x][0] - in[x][0], above = way[x][1] - in[x][1];
        away[x] = std::sqrt(aside * aside + above * above) / kPixelsApart;
        trust[x] = in[x][2];
        beyond[x] = in[x][3];
      }
    }
  }
  cv::absdiff(grey[0], grey[1], grey[0]);
  grey[0].convertTo(maps[Difference], CV_32F, 1 / kGreyLevels);
  cv::GaussianBlur(maps[Difference], maps[Near], {}, 1.5);
  cv::Mat half;  // what is blurred this much loses nothing by it
  cv::resize(maps[Near], half, {(motion.cols + 1) / 2, (motion.rows + 1) / 2}, 0, 0, cv::INTER_LINEAR);
  cv::GaussianBlur(half, half, {}, 2);
  cv::resize(half, maps[Wide], motion.size(), 0, 0, cv::INTER_LINEAR);
  cv::Mat(length(motion) / kPixelsMoved).copyTo(maps[Length]);
}

/// The first hypothesis that is the same as this one.
std::size_t firstLike(const std::vector<Hypothesis>& all, std::size_t which) {
  const auto same = [&](const Hypothesis& other) {
    return other.motion.data == all[which].motion.data && other.bend.data == all[which].bend.data;
  };
  return static_cast<std::size_t>(std::ranges::find_if(all, same) - all.begin());
}

PixelwiseNet::Layer layerOf(const torch::nn::Conv2d& layer) {
  const auto numbers = [](const torch::Tensor& tensor) {
    const auto whole = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    return std::vector<float>(whole.data_ptr<float>(), whole.data_ptr<float>() + whole.numel());
  };
  return {static_cast<std::size_t>(layer->weight.size(1)), static_cast<std::size_t>(layer->weight.size(0)),
          numbers(layer->weight), numbers(layer->bias)};
}

torch::Tensor answered(const SwiftPart& part, const torch::Tensor& view, int threads) {
  constexpr int kTogether = 4096;
  const PixelwiseNet layers({layerOf(part->enter), layerOf(part->inner), layerOf(part->head)});
  auto answer = torch::empty({1, kSwiftGuesses, view.size(2), view.size(3)});
  const auto* in = view.data_ptr<float>();
  auto* out = answer.data_ptr<float>();
  const int pixels = static_cast<int>(view.size(2) * view.size(3));
  cv::parallel_for_(
      {0, (pixels + kTogether - 1) / kTogether},
      [&](const cv::Range& parts) {
        layers.run(in, out, static_cast<std::size_t>(pixels),
                   static_cast<std::size_t>(parts.start * kTogether),
                   static_cast<std::size_t>(std::min(pixels, parts.end * kTogether)));
      },
      threads);
  return answer;
}

cv::Mat plane(const torch::Tensor& tensor) {
  const auto whole = tensor.to(torch::kCPU).contiguous();
  return cv::Mat(static_cast<int>(whole.size(0)), static_cast<int>(whole.size(1)), CV_32FC1,
                 whole.data_ptr<float>())
      .clone();
}

}  // namespace

ShotMotion swiftMotion(const std::string& quality, bool twoThreads) {
  using Again = ShotMotion::Again;
  MotionOptions options = motionOptions(quality);
  options.twoThreads = twoThreads;
  return ShotMotion(options, quality == "best"   ? Again::Always
                             : quality == "fast" ? Again::Never
                                                 : Again::OfPairsAlone);
}

MotionAtTime swiftGuesses(const TwoWayMotion& pair, double time, bool twoThreads) {
  MotionAtTime guess = motionAtTime(pair, time, /*several=*/true, twoThreads);
  const cv::Mat none = cv::Mat::zeros(guess.confidence.size(), CV_32F);
  const std::vector<Hypothesis> found = guess.hypotheses;
  const auto add = [&](bool known, const FoundMotion& motion, bool bends) {
    if (!known) {
      for (const auto& one : found) guess.hypotheses.push_back({one.motion, none, none, one.bend});
      return;
    }
    for (const cv::Mat& at : carriedTo(time, motion, twoThreads))
      guess.hypotheses.push_back({at, none, none, bends ? bendAt(pair, at, time) : cv::Mat()});
  };
  add(!pair.again.forward.empty(), pair.again, true);
  add(!pair.beforeFirst.motion.empty() || !pair.afterSecond.motion.empty(), goingOn(pair), false);
  return guess;
}

torch::Tensor swiftView(const TwoWayMotion& pair, const MotionAtTime& guess, double time, bool twoThreads) {
  const auto& all = guess.hypotheses;
  const cv::Size size = guess.confidence.size();
  auto view = torch::empty({1, kSwiftView, size.height, size.width});
  std::vector<cv::Mat> maps;  // the view's own memory
  for (int64_t i = 0; i < kSwiftView; ++i) maps.emplace_back(size, CV_32F, view[0][i].data_ptr<float>());
  const Side first = sideOf(pair.first, pair.forward, pair.trustFirst, pair.beforeFirst, -time),
             second = sideOf(pair.second, pair.backward, pair.trustSecond, pair.afterSecond, 1 - time);
  const auto gather = [&](std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end; ++i)
      if (firstLike(all, i) == i)
        gatherEvidence(first, second, all[i].motion, maps.data() + i * kSwiftEvidence);
  };
  bothWays(
      twoThreads, [&] { gather(0, all.size() / 2); }, [&] { gather(all.size() / 2, all.size()); });
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const auto same = firstLike(all, i); same < i)
      std::copy_n(maps[same * kSwiftEvidence].ptr<float>(), kSwiftEvidence * size.area(),
                  maps[i * kSwiftEvidence].ptr<float>());

  auto map = maps.begin() + kSwiftMotions * kSwiftEvidence;
  for (const auto& [one, other] : {std::pair(0U, 1U), {0U, 2U}, {1U, 3U}, {0U, 4U}, {1U, 5U}})
    cv::Mat(length(all[one].motion - all[other].motion) / kPixelsApart).copyTo(*map++);
  for (const cv::Mat& known : {all[0].firstShare, all[0].secondShare, all[1].firstShare, all[1].secondShare,
                               guess.confidence, cv::Mat(size, CV_32F, cv::Scalar(time))})
    known.copyTo(*map++);
  return view.clamp_max_(kMost);
}

torch::Tensor swiftShares(SwiftNet& net, const torch::Tensor& view, const SwiftPace& pace) {
  if (!view.is_cpu()) return net->forward(view, pace.type);
  if (torch::get_num_threads() != pace.threads) torch::set_num_threads(pace.threads);
  SwiftPart& part = net->partFor(view);  // of the whole frame: a band may know nothing of its neighbours
  if (pace.type == torch::kFloat32) return swiftSharesOf(view, answered(part, view, pace.threads));
  std::vector<torch::Tensor> bands;  // the network sees each pixel alone
  for (const auto& band : view.split(std::max<int64_t>(1, pace.bandPixels / view.size(3)), 2))
    bands.push_back(part->forward(band, pace.type));
  return torch::cat(bands, 2);
}

MotionAtTime swiftMix(SwiftNet& net, const TwoWayMotion& pair, const MotionAtTime& guess, double time,
                      const SwiftPace& pace, const torch::Device& device, bool twoThreads) {
  torch::InferenceMode inference;
  const auto view = swiftView(pair, guess, time, twoThreads).to(device);
  const auto shares = swiftShares(net, view, pace)[0].to(torch::kCPU);
  MotionAtTime mixed{{}, guess.confidence};
  std::vector<std::size_t> at;  // of each guess, among the mixed
  for (std::size_t i = 0; i < guess.hypotheses.size(); ++i) {
    const auto share = static_cast<int64_t>(2 * i);
    const Hypothesis& hypothesis = guess.hypotheses[i];
    if (const auto same = firstLike(guess.hypotheses, i); same < i) {
      at.push_back(at[same]);
      mixed.hypotheses[at[i]].firstShare += plane(shares[share]);
      mixed.hypotheses[at[i]].secondShare += plane(shares[share + 1]);
    } else {
      at.push_back(mixed.hypotheses.size());
      mixed.hypotheses.push_back(
          {hypothesis.motion, plane(shares[share]), plane(shares[share + 1]), hypothesis.bend});
    }
  }
  return mixed;
}

SwiftNet loadSwift(const std::filesystem::path& file) {
  auto weights = readSafetensors(file).tensors;
  SwiftNet net(swiftWidthOf(weights));
  loadWeights({{"swift", net.ptr()}}, weights, file.string());
  net->eval();
  return net;
}

}  // namespace fw
