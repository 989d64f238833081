#include "core/experiments/grid_completion.h"

#include <algorithm>
#include <cstdio>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/data/grid_patterns.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/fused_adam.h"
#include "core/nn/inpainting_net.h"
#include "core/nn/tensor_image.h"
#include "core/nn/unet.h"

namespace fw {
namespace {

constexpr const char* kStory =
    "A regular pattern has a hole; the network paints what belongs there. To do so it must find out, from "
    "what is left, "
    "how far apart the lines are, how wide they are and where they start. Only the hole counts in the loss, "
    "and it is "
    "given per pixel of the hole: the original averaged over the whole picture, which made its error look 23 "
    "times "
    "smaller.\n\n"
    "The original drew a thousand pictures of only 31 different grids, so its test pictures had all been "
    "trained on. Here "
    "every fifth pattern is set aside before training, and the score is the share of right pixels on those "
    "patterns "
    "alone. Compare it with painting the hole white, and with copying what stands beside it.\n\n"
    "Watch the hole in the gallery: first gray, then lines that run in from the edges, at last lines that "
    "cross at the "
    "right places. Hide another part of a held-out picture and see it filled at once.\n\n"
    "Try next: the first attempt, a chain of convolutions without skips. It must carry every line through a "
    "few numbers in "
    "the middle and stays behind, with forty million weights. Then all patterns; then a larger hole.";

Schema schema() {
  auto net = choiceParameter("network", "Network", "What fills the hole.", "unet",
                             {{"unet", "U-Net"},
                              {"first-attempt", "First attempt (39,967,649 weights)"},
                              {"first-attempt-small", "First attempt, small"}});
  auto patterns =
      choiceParameter("patterns", "Patterns", "Which patterns are drawn; every fifth is held out.", "grids",
                      {{"original", "The original's 31 grids"},
                       {"grids", "Grids of any spacing, phase and line width"},
                       {"all", "Also stripes, checkers and grids at an angle"}});
  auto side = integerParameter("size", "Picture size", "Side of the square picture.", 101, 33, 255, "pixels");
  auto hole = integerParameter("hole", "Hole size", "Side of the square hole.", 21, 3, 101, "pixels");
  auto place = choiceParameter("hole_place", "Hole place", "Where the hole is.", "anywhere",
                               {{"anywhere", "Anywhere"}, {"centre", "In the centre, as in the original"}});
  auto width = integerParameter("width", "Network width", "Channels of the U-Net at full size.", 12, 4, 64);
  width.mattersWhen = {{"network", {Value(std::string("unet"))}}};
  auto batch = integerParameter("batch", "Batch", "Pictures in one step.", 12, 1, 128);
  auto rate = realParameter("learning_rate", "Learning rate",
                            "Of Adam. The original's 0.01 is too large for the deep chain.", 3e-3, 1e-6, 0.1);
  rate.logarithmic = true;
  auto loss = choiceParameter(
      "loss", "Loss", "Averaged over the pixels of the hole.", "cross-entropy",
      {{"cross-entropy", "Cross-entropy"}, {"mse", "Mean squared error, as in the original"}});
  for (auto* p : {&width, &batch}) p->advanced = true;
  return Schema({net, patterns, side, hole, place, loss, rate, width, batch});
}

GridSet gridSet(const std::string& name) {
  return name == "original" ? GridSet::Original : name == "all" ? GridSet::All : GridSet::Grids;
}

/// Pictures and, 1 inside, their holes: both [N, 1, side, side].
struct Holed {
  torch::Tensor picture, hole;
};

class GridCompletion : public Experiment {
 public:
  GridCompletion(const Settings& settings, const ExperimentContext& context)
      : settings_(settings),
        device_(context.device),
        random_(context.seed),
        side_(static_cast<int>(settings.integer("size"))),
        hole_(static_cast<int>(settings.integer("hole"))),
        batches_(context.seed, [this, count = settings.integer("batch")](Random& random) {
          return aroundHole(draw(training_, count, random));
        }) {
    if (hole() + 4 > side())
      throw Error(
          "The hole does not fit into the picture", std::to_string(hole()) + " pixels",
          "Choose a hole smaller than " + std::to_string(side() - 4) + " pixels or a larger picture.");
    torch::manual_seed(context.seed);
    const bool unet = settings.text("network") == "unet";
    if (unet) {
      const int64_t w = settings.integer("width");
      net_ = network(UNet(UNetOptions{2, 1, {w, 2 * w, 4 * w, 8 * w}}), device_);
    } else if (settings.text("network") == "first-attempt") {
      net_ = network(InpaintingNet(1, std::vector<int64_t>{64, 128, 256, 512, 4000}), device_);
    } else {
      net_ = network(InpaintingNet(1, std::vector<int64_t>{32, 64, 128, 256, 256}), device_);
    }
    seesHole_ = unet;
    optimizer_ = std::make_unique<FusedAdam>(net_.module->parameters(),
                                             torch::optim::AdamOptions(settings.real("learning_rate")));
    split();
  }

  Scalars step() override {
    const auto batch = batches_.of(steps_++);
    const auto prediction = fill(batch);
    const auto inside = batch.hole > 0.5;
    const auto right = ((prediction > 0.5) == (batch.picture > 0.5)).masked_select(inside);
    const auto guess = prediction.masked_select(inside), truth = batch.picture.masked_select(inside);
    const auto loss = settings_.text("loss") == "mse" ? torch::mse_loss(guess, truth)
                                                      : torch::binary_cross_entropy(guess, truth);
    const double value = descend(*optimizer_, loss);
    return {{"loss", value},
            {"right pixels in %", 100.0 * right.to(torch::kFloat).mean().item<double>()},
            {kSecondsWaiting, batches_.waited()}};
  }

  Scores evaluate() override {
    Evaluating evaluating(*net_.module);
    Tally tally;
    for (const auto& part : heldOut_) {
      const auto prediction = fill(part);
      tally.add(part, prediction);
    }
    return {{"validation/right pixels", tally.rightPercent()},
            {"validation/mse per hole pixel", tally.mse()},
            {"validation/perfect holes", tally.perfectPercent()}};
  }

  Scores baselines() override {
    Tally white, beside;
    for (const auto& part : heldOut_) {
      white.add(part, torch::ones_like(part.picture));
      beside.add(part, copiedFromBeside(part));
    }
    return {{"validation/right pixels (all white)", white.rightPercent()},
            {"validation/right pixels (copy what stands beside)", beside.rightPercent()},
            {"validation/mse per hole pixel (all white)", white.mse()},
            {"validation/mse per hole pixel (copy what stands beside)", beside.mse()}};
  }

  Gallery gallery() override {
    Gallery rows;
    for (int64_t i = 0; i < shown_.picture.size(0); ++i)
      rows.push_back(row(static_cast<std::size_t>(i),
                         {shown_.picture.slice(0, i, i + 1), shown_.hole.slice(0, i, i + 1)}));
    return rows;
  }

  std::optional<GalleryRow> fillHole(std::size_t which, const cv::Mat& hole) override {
    const auto index = static_cast<int64_t>(which);
    if (index >= shown_.picture.size(0) || hole.rows != side() || hole.cols != side()) return {};
    const auto mask = (toTensor(hole).slice(0, 0, 1).unsqueeze(0) > 0).to(torch::kFloat).to(device_);
    return row(which, {shown_.picture.slice(0, index, index + 1), mask});
  }

  void change(const std::string& parameter, const Value& value) override { settings_.set(parameter, value); }

  LearningState state() override {
    return {{{"network", net_.module}}, {optimizer_.get()}, &random_, {}, {&steps_}};
  }

  torch::Tensor exampleInput() override { return input(shown_).slice(0, 0, 1); }
  torch::Tensor exampleOutput() override { return net_.forward(exampleInput()); }

 private:
  /// What counts: pixels of holes that are right, and holes without one wrong pixel.
  struct Tally {
    double right = 0, squared = 0, pixels = 0, perfect = 0, holes = 0;

    void add(const Holed& truth, const torch::Tensor& prediction) {
      const auto wrong = ((prediction > 0.5) != (truth.picture > 0.5)).to(torch::kFloat) * truth.hole;
      const auto each = wrong.sum({1, 2, 3});
      pixels += truth.hole.sum().item<double>();
      right += (truth.hole.sum() - wrong.sum()).item<double>();
      squared += ((prediction - truth.picture).square() * truth.hole).sum().item<double>();
      perfect += (each == 0).sum().item<double>();
      holes += static_cast<double>(each.size(0));
    }
    double rightPercent() const { return 100.0 * right / pixels; }
    double mse() const { return squared / pixels; }
    double perfectPercent() const { return 100.0 * perfect / holes; }
  };

  int side() const { return side_; }
  int hole() const { return hole_; }

  void split() {
    constexpr uint64_t kSplitSeed = 5;  // the same patterns are held out whatever the run's seed
    constexpr std::size_t kMostHeldOut =
        192;  // enough for a tenth of a percent; more would only make evaluation slow
    constexpr int64_t kShown = 12, kAtOnce = 32;
    auto patterns = gridPatterns(gridSet(settings_.text("patterns")));
    Random chance(kSplitSeed);
    chance.shuffle(patterns);
    const auto heldOut = patterns.begin() + static_cast<std::ptrdiff_t>(patterns.size() / 5);
    std::vector<GridPattern> unseen(patterns.begin(), heldOut);
    training_.assign(heldOut, patterns.end());
    unseen.resize(std::min(unseen.size(), kMostHeldOut));
    for (std::size_t from = 0; from < unseen.size(); from += kAtOnce) {
      const auto to = std::min(unseen.size(), from + kAtOnce);
      heldOut_.push_back(holed({unseen.begin() + static_cast<std::ptrdiff_t>(from),
                                unseen.begin() + static_cast<std::ptrdiff_t>(to)},
                               chance));
    }
    const auto count = std::min(kShown, heldOut_.front().picture.size(0));
    shown_ = {heldOut_.front().picture.slice(0, 0, count), heldOut_.front().hole.slice(0, 0, count)};
    for (int64_t i = 0; i < count; ++i) shownNames_.push_back(toText(unseen[static_cast<std::size_t>(i)]));
  }

  Holed holed(const std::vector<GridPattern>& patterns, Random& chance) const {
    std::vector<cv::Mat> pictures, holes;
    for (const auto& pattern : patterns) {
      pictures.push_back(drawGrid(pattern, side()));
      const bool centre = settings_.text("hole_place") == "centre";
      // Two pixels of the pattern stay on every side: a hole at the very edge could be anything.
      const int low = 2, high = side() - hole() - 2, middle = (side() - hole()) / 2;
      const cv::Point corner = centre ? cv::Point(middle, middle)
                                      : cv::Point(static_cast<int>(chance.integer(low, high)),
                                                  static_cast<int>(chance.integer(low, high)));
      cv::Mat mask = cv::Mat::zeros(side(), side(), CV_8UC1);
      mask(cv::Rect(corner, cv::Size(hole(), hole()))) = 255;
      holes.push_back(mask);
    }
    return {toBatch(pictures).to(device_), toBatch(holes).to(device_)};
  }

  Holed draw(const std::vector<GridPattern>& from, int64_t count, Random& chance) const {
    std::vector<GridPattern> chosen;
    for (int64_t i = 0; i < count; ++i)
      chosen.push_back(
          from[static_cast<std::size_t>(chance.integer(0, static_cast<int64_t>(from.size()) - 1))]);
    return holed(chosen, chance);
  }

  /// The hole and about its own width of pattern around it: the rest says nothing new, and costs most of the
  /// time. The first attempt is made for one size and needs the whole.
  Holed aroundHole(const Holed& batch) const {
    const int64_t window = std::min<int64_t>(side(), (3 * hole() + 7) / 8 * 8);
    if (!seesHole_ || window >= side()) return batch;
    std::vector<torch::Tensor> pictures, holes;
    for (int64_t i = 0; i < batch.hole.size(0); ++i) {
      const auto corner = [&](int64_t along) {  // of the window, moved into the picture
        const auto first = batch.hole[i][0].amax({1 - along}).argmax().item<int64_t>();
        return std::clamp<int64_t>(first - (window - hole()) / 2, 0, side() - window);
      };
      const int64_t top = corner(0), left = corner(1);
      const auto cut = [&](const torch::Tensor& whole) {
        return whole[i].slice(1, top, top + window).slice(2, left, left + window);
      };
      pictures.push_back(cut(batch.picture));
      holes.push_back(cut(batch.hole));
    }
    return {torch::stack(pictures), torch::stack(holes)};
  }

  /// The first attempt sees black where the hole is, as in the original; the U-Net is told which black is a
  /// hole.
  torch::Tensor input(const Holed& batch) const {
    const auto masked = batch.picture * (1 - batch.hole);
    return seesHole_ ? torch::cat({masked, batch.hole}, 1) : masked;
  }

  torch::Tensor fill(const Holed& batch) const {
    const auto output = net_.forward(input(batch));
    return seesHole_ ? output.sigmoid() : output;
  }

  /// Every hole filled with the pattern one hole's width to its left, or to its right where there is no left.
  torch::Tensor copiedFromBeside(const Holed& batch) const {
    auto result = torch::empty_like(batch.picture);
    for (int64_t i = 0; i < batch.picture.size(0); ++i) {
      const int64_t first = batch.hole[i].amax({0, 1}).argmax().item<int64_t>();
      const int64_t shift = first >= hole() ? hole() : -hole();
      result[i] = torch::roll(batch.picture[i], {shift}, {2});
    }
    return result;
  }

  GalleryRow row(std::size_t index, const Holed& one) {
    Evaluating evaluating(*net_.module);
    const auto prediction = fill(one);
    const auto seen = one.picture * (1 - one.hole) + 0.5 * one.hole;  // the hole is shown gray
    const auto composite = one.picture * (1 - one.hole) + (prediction > 0.5).to(torch::kFloat) * one.hole;
    const auto beside = one.picture * (1 - one.hole) + copiedFromBeside(one) * one.hole;
    Tally tally;
    tally.add(one, prediction);
    char right[32];
    std::snprintf(right, sizeof right, "%.1f %% right", tally.rightPercent());
    return {"unseen " + shownNames_[index] + ": " + right,
            {tensorFrame("input", FrameRole::Input, seen[0]),
             tensorFrame("true pattern", FrameRole::Target, one.picture[0]),
             tensorFrame("hole filled in", FrameRole::Prediction, composite[0]),
             tensorFrame("filled with what stands beside it", FrameRole::Baseline, beside[0]),
             tensorFrame("what the network says everywhere", FrameRole::Other, prediction[0])}};
  }

  Settings settings_;
  torch::Device device_;
  Random random_;
  int side_, hole_;
  Network net_;
  bool seesHole_ = false;
  int64_t steps_ = 0;
  std::unique_ptr<FusedAdam> optimizer_;
  std::vector<GridPattern> training_;
  std::vector<Holed> heldOut_;
  Holed shown_;
  std::vector<std::string> shownNames_;
  BatchesAhead<Holed> batches_;
};

}  // namespace

ExperimentKind gridCompletion() {
  return {"grid-completion",
          "Completing a grid",
          "What does a network have to know of a picture to fill a hole in it?",
          kStory,
          "A chain of 39,967,649 weights, judged by eye on patterns it had trained on; no score was given.",
          schema(),
          1000,
          {{"validation/right pixels", "Hole pixels right on unseen patterns", "%", false},
           {"validation/perfect holes", "Holes without a wrong pixel", "%", false},
           {"validation/mse per hole pixel", "Squared error per hole pixel", "", true}},
          [](const Settings& settings, const ExperimentContext& context) {
            return std::make_unique<GridCompletion>(settings, context);
          },
          {"loss"},
          /*fillsHoles=*/true};
}

}  // namespace fw
