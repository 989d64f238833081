#include "tests/bars/bar_list.h"

#include <cstdio>

namespace fw {
namespace {

using Json = nlohmann::json;

std::string number(double value, const char* format) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

RunRequest asked(const std::string& experiment, int64_t steps, Json settings = Json::object()) {
  RunRequest request;
  request.experiment = experiment;
  request.settings = std::move(settings);
  request.steps = steps;
  request.threads = 2;
  return request;
}

/// At least `least` of a score.
std::function<Verdict(const Outcome&)> atLeast(const std::string& score, double least,
                                               const std::string& unit) {
  return [=](const Outcome& run) {
    const double value = run.scores.at(score);
    return Verdict{value >= least, number(value, "%.2f") + " " + unit};
  };
}

/// Better than a trivial method by `least` dB.
std::function<Verdict(const Outcome&)> gains(const std::string& score, const std::string& baseline,
                                             double least) {
  return [=](const Outcome& run) {
    const double value = run.scores.at(score), trivial = run.baselines.at(score + " (" + baseline + ")");
    return Verdict{value >= trivial + least, number(value - trivial, "%+.2f dB: ") + number(value, "%.2f, ") +
                                                 baseline + number(trivial, " %.2f")};
  };
}

std::vector<std::string> sequences(const std::filesystem::path& davis,
                                   const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const auto& name : names) paths.push_back((davis / name).string());
  return paths;
}

void addReconstruction(std::vector<Bar>& all, const std::filesystem::path& data) {
  all.push_back({"reconstruction-sanity", "loss about 0 (below 1e-5) in 20 s",
                 asked("reconstruction-sanity", 300), 20, [](const Outcome& run) {
                   return Verdict{run.loss < 1e-5,
                                  "loss " + number(run.loss, "%.1e") + ", " +
                                      number(run.scores.at("reconstruction/psnr"), "%.1f dB")};
                 }});
  all.push_back({"reconstruction-general", "1 − MAE ≥ 96 % on unseen pictures",
                 asked("reconstruction-general", 1000), 300,
                 atLeast("validation/1 − mean absolute error", 96, "%")});
  all.push_back({"reconstruction-general, photos",
                 "1 − MAE ≥ 96 % on unseen photographs",
                 asked("reconstruction-general", 1000, {{"pictures", {(data / "photos").string()}}}),
                 300,
                 atLeast("validation/1 − mean absolute error", 96, "%"),
                 {data / "photos"}});
  const Json small{{"noise", "gaussian"}, {"data", "own"}, {"folder", (data / "mnist").string()}};
  all.push_back({"denoising-autoencoder", "2 dB above the mean of 3 × 3 on unseen digits",
                 asked("denoising-autoencoder", 1500), 180, gains("validation/psnr", "mean of 3 × 3", 2)});
  all.push_back({"denoising-autoencoder, MNIST",
                 "2 dB above the mean of 3 × 3 on MNIST's test digits",
                 asked("denoising-autoencoder", 1500, small),
                 180,
                 gains("validation/psnr", "mean of 3 × 3", 2),
                 {data / "mnist"}});
}

void addMaps(std::vector<Bar>& all, const std::filesystem::path& data) {
  all.push_back({"cnn-classifier, MNIST",
                 "≥ 98.5 % of the test digits in 2 min",
                 asked("cnn-classifier", 8000,
                       {{"data", "own"}, {"folder", (data / "mnist").string()}, {"decay_steps", 8000}}),
                 120,
                 atLeast("validation/accuracy", 98.5, "%"),
                 {data / "mnist"}});
  all.push_back({"shift-test", "moved by 4 pixels, convolutions keep more than dense layers",
                 asked("cnn-classifier", 600, {{"decay_steps", 600}}), 120, [](const Outcome& run) {
                   const double conv = run.scores.at("shift-test/accuracy at 4 pixels"),
                                dense = run.scores.at("shift-test/accuracy at 4 pixels (dense)");
                   return Verdict{conv > dense, number(conv, "%.1f %%, dense ") + number(dense, "%.1f %%")};
                 }});
  all.push_back({"grid-completion", "≥ 99 % of hole pixels right on unseen patterns in 2 min",
                 asked("grid-completion", 1000), 120, atLeast("validation/right pixels", 99, "%")});
  all.push_back(
      {"blob-events", "test MSE ≤ 8e-6 in 10 min", asked("blob-events", 400), 600, [](const Outcome& run) {
         const double mse = run.scores.at("validation/mse");
         return Verdict{mse <= 8e-6,
                        number(mse, "%.2e") + " (zero " +
                            number(run.baselines.at("validation/mse (predict zero)"), "%.2e, floor ") +
                            number(run.baselines.at("validation/mse (noise floor)"), "%.2e)")};
       }});
  all.push_back({"blob-events, A2", "ends constant at ln 2 / 10, and says why",
                 asked("blob-events", 10,
                       {{"network", "A2"}, {"size", "32"}, {"training_videos", 80}, {"learning_rate", 1e-3}}),
                 600, [](const Outcome& run) {
                   const bool said = run.message.find("ln 2 / 10") != std::string::npos;
                   return Verdict{
                       said, said ? "\"The last rectifier outputs 0 for every pixel …\""
                                  : "no diagnosis: " +
                                        number(run.scores.at("validation/silent pixels"), "%.0f %% silent")};
                 }});
  all.push_back({"blob-forecast", "better than the straight line", asked("blob-forecast", 150), 600,
                 [](const Outcome& run) {
                   const double mse = run.scores.at("validation/mse"),
                                line = run.baselines.at("validation/mse (it goes on)");
                   return Verdict{mse < line, number(mse, "%.2e, line ") + number(line, "%.2e")};
                 }});
}

void addFrames(std::vector<Bar>& all, const std::filesystem::path& data) {
  const auto davis = data / "davis";
  const auto learned = sequences(davis, {"blackswan", "breakdance", "camel", "car-roundabout", "car-shadow",
                                         "cows", "dog", "drift-straight", "goat"});
  const auto unseen = sequences(
      davis, {"horsejump-high", "motocross-jump", "paragliding-launch", "scooter-black", "soapbox"});
  all.push_back({"next-frame-sanity", "3 dB above copying on the sequences it learns",
                 asked("next-frame-sanity", 250), 180, gains("training/psnr", "copy the last", 3)});
  all.push_back({"next-frame-general", "3 dB above copying on unseen sequences",
                 asked("next-frame-general", 300), 400, gains("validation/psnr", "copy the last", 3)});
  const auto longOnes = sequences(davis, {"breakdance", "camel", "car-roundabout", "cows", "dog", "goat"});
  all.push_back({"next-frame-general, real",
                 "above copying on the unseen ends of real clips",
                 asked("next-frame-general", 200,
                       {{"data", "own"}, {"clips", longOnes}, {"network", "flow"}, {"batch", 8}}),
                 400,
                 gains("validation/psnr", "copy the last", 0.01),
                 {davis}});
  all.push_back({"middle-frame-unet", "above the plain average on unseen scenes",
                 asked("middle-frame-unet", 3000), 900, gains("validation/psnr", "plain average", 0.01)});
  all.push_back({"clip-unet", "above the plain average on unseen blocks of time", asked("clip-unet", 1500),
                 300, gains("validation/psnr", "plain average", 0.01)});
  all.push_back({"glow-unet",
                 "1.8 dB above blending on unseen real clips",
                 asked("glow-unet", 300, {{"clips", learned}, {"held_out", unseen}}),
                 900,
                 gains("validation/psnr", "plain average", 1.8),
                 {davis}});
}

}  // namespace

std::vector<Bar> bars(const std::filesystem::path& data) {
  std::vector<Bar> all;
  addReconstruction(all, data);
  addMaps(all, data);
  addFrames(all, data);
  return all;
}

}  // namespace fw
