#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/image/views.h"
#include "core/slowmo/self_check.h"

namespace fw::cli {
namespace fs = std::filesystem;
namespace {

constexpr double kLongestClip = 1e6;  // seconds

struct Arguments {
  fs::path file, pictures;
  SelfCheckOptions options;
  bool json = false;
};

nlohmann::json frameJson(const CheckedFrame& frame) {
  return {{"seconds", frame.seconds}, {"psnr", frame.psnr}};
}

nlohmann::json engineJson(const EngineCheck& check) {
  if (!check.failure.empty())
    return {{"engine", check.engine}, {"title", check.title}, {"failure", check.failure}};
  nlohmann::json frames = nlohmann::json::array();
  for (const auto& triplet : check.triplets) frames.push_back(toJson(triplet));
  auto json = toJson(check.average);
  json.erase("name");
  json.update({{"engine", check.engine},
               {"title", check.title},
               {"frames", frames},
               {"typical", frameJson(check.median)},
               {"worst", frameJson(check.worst)}});
  return json;
}

std::string resultText(const SelfCheckResult& result) {
  std::vector<std::vector<std::string>> rows{{"engine", "PSNR dB", "SSIM", "ms a frame", "worst dB", "at"}};
  std::string failures;
  for (const auto& check : result.engines) {
    if (!check.failure.empty()) {
      failures += check.title + ": " + check.failure + "\n";
      continue;
    }
    if (check.triplets.empty()) continue;  // stopped before its turn
    rows.push_back({check.engine, fixed(check.average.psnr, 2), fixed(check.average.ssim, 4),
                    fixed(check.average.milliseconds, 0), fixed(check.worst.psnr, 2),
                    clockTime(check.worst.seconds)});
  }
  std::string text = table(rows) + failures;
  if (!result.recommended.empty()) text += "Recommended: " + result.recommended + ". " + result.reason + "\n";
  return text;
}

// The truth on the left, what the engine made on the right.
void savePictures(const SelfCheckResult& result, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw Error("The pictures cannot be saved", folder.string(), failure.message() + ".");
  for (const auto& check : result.engines)
    for (const auto& [name, frame] : {std::pair("typical", &check.median), {"worst", &check.worst}}) {
      if (frame->made.empty()) continue;
      cv::Mat both;
      cv::hconcat(frame->truth, to8Bit(frame->made), both);
      writeImage(folder / (check.engine + " " + name + ".png"), both);
    }
}

void selfCheckFile(const Arguments& arguments) {
  SelfCheckResult result;
  {
    ProgressBar bar;
    result = selfCheck(arguments.file, arguments.options, interrupted(), [&](const SelfCheckProgress& said) {
      bar.show(static_cast<double>(said.done) / std::max(1, said.total),
               said.engine + "  " + std::to_string(said.done) + "/" + std::to_string(said.total) + " frames");
    });
  }
  if (!arguments.pictures.empty()) savePictures(result, arguments.pictures);
  nlohmann::json engines = nlohmann::json::array();
  for (const auto& check : result.engines) engines.push_back(engineJson(check));
  printResult(arguments.json,
              {{"file", arguments.file.string()},
               {"frames", result.triplets},
               {"engines", engines},
               {"recommended", result.recommended},
               {"reason", result.reason}},
              resultText(result));
  const bool failed = !result.engines.empty() && std::ranges::none_of(result.engines, [](const auto& check) {
    return check.failure.empty();
  });
  if (failed) throw CLI::RuntimeError(1);
}

}  // namespace

void addSelfCheckCommand(CLI::App& app) {
  auto* command = app.add_subcommand(
      "self-check",
      "Hide frames of a clip, make them with each engine, compare with the truth, recommend one");
  auto arguments = std::make_shared<Arguments>();
  auto& options = arguments->options;
  command->add_option("file", arguments->file, "The clip, or a folder of pictures")->required();
  command->add_option("--engines", options.engines, "Only these, as `engines` lists them")->delimiter(',');
  command->add_option("--frames", options.triplets, "Hidden frames, spread over the clip")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      ->add_option("--height", options.maxHeight, "Check on pictures of this height: quicker; 0: full size")
      ->check(CLI::Range(0, 8192))
      ->capture_default_str();
  command->add_option("--from", options.from, "Begin at this second of the clip")
      ->check(CLI::Range(0.0, kLongestClip));
  command->add_option("--to", options.to, "End at this second; 0: the end")
      ->check(CLI::Range(0.0, kLongestClip));
  command->add_option("--device", options.device.device, "cpu, cuda:0 …")->capture_default_str();
  command->add_option("--threads", options.device.threads, "0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--pictures", arguments->pictures, "Save true and made frames side by side here");
  command->add_flag("--json", arguments->json, "One JSON document on standard output");
  command->callback([=] { selfCheckFile(*arguments); });
}

}  // namespace fw::cli
