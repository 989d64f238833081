#include <CLI/CLI.hpp>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/slowmo/engine.h"
#include "core/slowmo/score.h"
#include "core/video/video.h"

namespace fw::cli {
namespace {

std::string fraction(const Rational& number) {
  return std::to_string(number.num) + "/" + std::to_string(number.den);
}

nlohmann::json infoJson(const VideoInfo& info) {
  nlohmann::json audio = nlohmann::json::array(), subtitles = nlohmann::json::array();
  for (const auto& track : info.audio)
    audio.push_back({{"codec", track.codec},
                     {"language", track.language},
                     {"title", track.title},
                     {"sample_rate", track.sampleRate},
                     {"channels", track.channels},
                     {"start", track.start},
                     {"duration", track.duration}});
  for (const auto& track : info.subtitles)
    subtitles.push_back({{"codec", track.codec}, {"language", track.language}, {"title", track.title}});
  return {{"file", info.file.string()},
          {"container", info.container},
          {"codec", info.codec},
          {"pixel_format", info.pixelFormat},
          {"width", info.width},
          {"height", info.height},
          {"rotation", info.rotation},
          {"pixel_aspect", fraction(info.pixelAspect)},
          {"frame_rate", fraction(info.frameRate)},
          {"variable_rate", info.variableRate},
          {"interlaced", info.interlaced},
          {"frames", info.frames},
          {"frames_exact", info.framesExact},
          {"start", info.start},
          {"duration", info.duration},
          {"bit_depth", info.bitDepth},
          {"matrix", info.colourMatrix},
          {"range", info.colourRange},
          {"primaries", info.colourPrimaries},
          {"transfer", info.colourTransfer},
          {"audio", audio},
          {"subtitles", subtitles},
          {"chapters", info.chapters},
          {"attachments", info.attachments}};
}

std::string infoText(const VideoInfo& info) {
  std::string text = info.file.filename().string() + ": " + std::to_string(info.width) + " × " +
                     std::to_string(info.height) + ", " + fixed(info.frameRate.value(), 3) + " fps" +
                     (info.variableRate ? " (variable)" : "") + ", " + clockTime(info.duration) + ", " +
                     info.codec + ", " + std::to_string(info.bitDepth) + " bit" +
                     (info.interlaced ? ", interlaced" : "") +
                     (info.rotation ? ", turned " + std::to_string(info.rotation) + "°" : "") + "\n";
  text += "colour: matrix " + info.colourMatrix + ", range " + info.colourRange + ", primaries " +
          info.colourPrimaries + ", transfer " + info.colourTransfer + "\n";
  for (const auto& track : info.audio)
    text += "sound: " + track.codec + ", " + std::to_string(track.channels) + " channels, " +
            std::to_string(track.sampleRate) + " Hz" + (track.language.empty() ? "" : ", " + track.language) +
            "\n";
  for (const auto& track : info.subtitles)
    text += "subtitles: " + track.codec + (track.language.empty() ? "" : ", " + track.language) + "\n";
  if (info.chapters) text += std::to_string(info.chapters) + " chapters\n";
  return text;
}

std::vector<std::string> scoreRow(const TripletScore& score) {
  return {score.name, fixed(score.psnr, 2), fixed(score.ssim, 4), fixed(score.meanAbsoluteError * 255, 3),
          fixed(score.milliseconds, 1)};
}

struct EngineArguments {
  std::string engine;
  std::vector<std::string> settings;
  EngineOptions options;
  bool json = false;
};

std::unique_ptr<Engine> makeEngine(const EngineArguments& arguments) {
  const auto& kind = arguments.engine.empty() ? engineList().front() : engineKind(arguments.engine);
  Settings settings(kind.schema);
  for (const auto& assignment : arguments.settings) {
    const auto equals = std::min(assignment.find('='), assignment.size());
    settings.setFromText(assignment.substr(0, equals),
                         assignment.substr(std::min(equals + 1, assignment.size())));
  }
  return kind.make(settings, arguments.options);
}

void score(const std::string& folder, const EngineArguments& arguments) {
  const auto engine = makeEngine(arguments);
  ScoreTable scores;
  {
    ProgressBar bar;
    scores = scoreTriplets(folder, *engine, interrupted(), [&](int done, int total) {
      bar.show(static_cast<double>(done) / std::max(1, total),
               std::to_string(done) + "/" + std::to_string(total));
    });
  }
  nlohmann::json document{{"average", toJson(scores.average)}, {"triplets", nlohmann::json::array()}};
  std::vector<std::vector<std::string>> rows{{"triplet", "PSNR dB", "SSIM", "MAE /255", "ms"}};
  for (const auto& triplet : scores.triplets) {
    document["triplets"].push_back(toJson(triplet));
    rows.push_back(scoreRow(triplet));
  }
  rows.push_back(scoreRow(scores.average));
  rows.back().front() = "average";
  printResult(arguments.json, document, table(rows));
}

void listEngines(bool json) {
  nlohmann::json document = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& kind : engineList()) {
    document.push_back({{"id", kind.id},
                        {"title", kind.title},
                        {"summary", kind.summary},
                        {"settings", Settings(kind.schema).toJson()}});
    rows.push_back({kind.id, kind.title, kind.summary});
  }
  printResult(json, document, table(rows));
}

}  // namespace

void addVideoCommands(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  auto file = std::make_shared<std::string>();
  auto* probeCommand = app.add_subcommand("probe", "Say what is in a video");
  probeCommand->add_option("file", *file, "The video")->required();
  probeCommand->add_flag("--json", *json, "One JSON document on standard output");
  probeCommand->callback([=] {
    const auto info = probe(*file);
    printResult(*json, infoJson(info), infoText(info));
  });

  auto* engines = app.add_subcommand("engines", "List the ways to make frames between frames");
  engines->add_flag("--json", *json, "One JSON document on standard output");
  engines->callback([=] { listEngines(*json); });

  auto* scoreCommand = app.add_subcommand("score", "Score an engine on triplets: first, true middle, last");
  auto arguments = std::make_shared<EngineArguments>();
  auto folder = std::make_shared<std::string>();
  scoreCommand
      ->add_option("folder", *folder,
                   "Holds folders of three pictures each (first, true middle, last), or of five: "
                   "also one before and one after")
      ->required();
  scoreCommand->add_option("--engine", arguments->engine, "As `engines` lists them; the first when not said");
  scoreCommand->add_option("--set", arguments->settings, "A setting of the engine, name=value")->take_all();
  scoreCommand->add_option("--device", arguments->options.device, "cpu, cuda:0 …")->capture_default_str();
  scoreCommand->add_option("--threads", arguments->options.threads, "0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  scoreCommand->add_flag("--json", arguments->json, "One JSON document on standard output");
  scoreCommand->callback([=] { score(*folder, *arguments); });
}

}  // namespace fw::cli
