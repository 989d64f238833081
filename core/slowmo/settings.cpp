#include "core/slowmo/settings.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/error.h"
#include "core/base/paths.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr double kLargestFactor = 100;

std::vector<Choice> engineChoices() {
  std::vector<Choice> choices;
  for (const auto& kind : engineList()) choices.push_back({kind.id, kind.title});
  return choices;
}

Parameter when(Parameter parameter, std::string other, std::vector<std::string> values) {
  std::vector<Value> wanted(values.begin(), values.end());
  parameter.mattersWhen.push_back({std::move(other), std::move(wanted)});
  return parameter;
}

Parameter advanced(Parameter parameter) {
  parameter.advanced = true;
  return parameter;
}

const std::vector<std::string> kVideoContainers{"auto", "mp4", "mkv", "mov", "webm"};

std::vector<Parameter> mainParameters() {
  return {
      choiceParameter(
          "mode", "What to make",
          "Slow motion takes longer to play; smoother keeps the length and shows more frames a second.",
          "slow",
          {{"slow", "Slow motion"}, {"smooth", "Smoother"}, {"both", "Slow motion at a chosen frame rate"}}),
      when(realParameter("factor", "How much slower",
                         "2 plays at half the speed, 8 at an eighth; fractions such as 2.5 are exact.", 2, 1,
                         kLargestFactor, "×"),
           "mode", {"slow", "both"}),
      when(textParameter("rate", "Frames a second",
                         "Of the result: 48, 50, 60, 59.94, 120 or any other rate.", "60"),
           "mode", {"smooth", "both"}),
      choiceParameter("engine", "Engine", "What makes the frames in between.", engineList().front().id,
                      engineChoices()),
      choiceParameter("sound", "Sound", "What happens to the sound when the clip becomes longer.", "auto",
                      {{"auto", "Automatic"},
                       {"stretch", "Slowed, same pitch"},
                       {"pitch", "Slowed, deeper"},
                       {"keep", "As it is"},
                       {"none", "No sound"}}),
      realParameter("trim_in", "From", "Where to begin in the source.", 0, 0, 1e6, "s"),
      realParameter("trim_out", "To", "Where to end in the source; 0 means its end.", 0, 0, 1e6, "s"),
  };
}

std::vector<Parameter> moreParameters() {
  std::vector<Parameter> more{
      choiceParameter("sampling", "Moments shown",
                      "Equally soft avoids pulsing between sharp originals and softer made frames: at 2× it "
                      "shows the moments ¼ and ¾.",
                      "original", {{"original", "Originals kept"}, {"soft", "Equally soft"}}),
      boolParameter("cuts", "Keep cuts clean", "Never mixes the pictures before and after a cut.", true),
      realParameter("cut_sensitivity", "Cut sensitivity",
                    "Higher finds more cuts, lower only those beyond doubt.", 0.5, 0, 1),
      choiceParameter("duplicates", "Repeated frames",
                      "Replaces frames that only repeat the one before, as in animation and telecine, by "
                      "frames in between. Automatic does so where there are many.",
                      "auto", {{"auto", "Automatic"}, {"on", "Always"}, {"off", "Leave them"}}),
      choiceParameter("container", "File type", "Automatic stays with the source's where it can.", "auto",
                      {{"auto", "Automatic"},
                       {"mp4", "MP4"},
                       {"mkv", "Matroska"},
                       {"mov", "QuickTime"},
                       {"webm", "WebM"},
                       {"gif", "GIF"},
                       {"webp", "Animated WebP"},
                       {"png", "PNG pictures"},
                       {"jpeg", "JPEG pictures"},
                       {"tiff", "TIFF pictures"}}),
      when(
          choiceParameter(
              "codec", "Compression",
              "H.264 plays everywhere; H.265, AV1 and VP9 are smaller; ProRes and FFV1 are for further work.",
              "auto",
              {{"auto", "Automatic"},
               {"h264", "H.264"},
               {"h265", "H.265"},
               {"av1", "AV1"},
               {"vp9", "VP9"},
               {"prores", "ProRes"},
               {"ffv1", "FFV1 (lossless)"}}),
          "container", kVideoContainers),
      when(integerParameter("quality", "Picture quality",
                            "0 is the best and largest, 18 looks like the source, 51 is the smallest.", 18, 0,
                            51),
           "codec", {"auto", "h264", "h265", "av1", "vp9", "prores"}),
      when(choiceParameter("speed", "Compression effort", "Slow gives smaller files.", "medium",
                           {{"slow", "Slow"}, {"medium", "Medium"}, {"fast", "Fast"}}),
           "codec", {"auto", "h264", "h265", "av1", "vp9"}),
      when(choiceParameter("depth", "Colour depth", "Automatic keeps 10 bits where the source has them.",
                           "auto", {{"auto", "As the source"}, {"8", "8 bits"}, {"10", "10 bits"}}),
           "container", kVideoContainers),
      integerParameter("scale", "Height",
                       "Of the result, in pixels; 0 keeps the source's. Animations are never enlarged.", 0, 0,
                       8192, "px"),
      textParameter("crop", "Crop", "left, top, width, height in source pixels; empty keeps all."),
      when(choiceParameter("loop", "Loop",
                           "Makes frames from the last picture back to the first, so that the loop does not "
                           "jump; not where "
                           "they show different scenes.",
                           "auto", {{"auto", "As the source"}, {"on", "Yes"}, {"off", "No"}}),
           "container", {"auto", "gif", "webp"}),
      textParameter("picture_rate", "Pictures a second", "When pictures are read as a clip.", "24"),
      choiceParameter("device", "Computed on", "The processor works everywhere.", "cpu",
                      {{"cpu", "Processor"}, {"cuda", "Graphics card"}}),
      integerParameter("threads", "Threads", "0 uses every core.", 0, 0, 256),
      boolParameter("overwrite", "Replace an existing file", "Otherwise the result gets a name that is free.",
                    false),
  };
  for (auto& parameter : more) parameter.advanced = true;
  return more;
}

std::string engineParameterName(const EngineKind& kind, const std::string& name) {
  return kind.id + "_" + name;
}

Schema makeSchema() {
  std::vector<Parameter> all = mainParameters();
  for (const auto& kind : engineList())
    for (Parameter parameter : kind.schema.parameters()) {
      // An engine's settings refer to each other by their own names.
      for (auto& condition : parameter.mattersWhen)
        condition.parameter = engineParameterName(kind, condition.parameter);
      parameter.name = engineParameterName(kind, parameter.name);
      all.push_back(when(advanced(std::move(parameter)), "engine", {kind.id}));
    }
  for (auto& parameter : moreParameters()) all.push_back(std::move(parameter));
  return Schema(std::move(all));
}

std::string fileTypeOf(const fs::path& file) {
  std::string ending = lowerEnding(file);
  if (!ending.empty()) ending.erase(0, 1);
  if (ending == "jpg") return "jpeg";
  if (ending == "tif") return "tiff";
  if (ending == "m4v") return "mp4";
  return ending;
}

bool isKnown(const std::string& ending) {
  static const std::array known{"mp4", "mkv", "mov", "webm", "gif", "webp", "png", "jpeg", "tiff"};
  return std::ranges::find(known, ending) != known.end();
}

bool isPictures(const std::string& container) {
  return container == "png" || container == "jpeg" || container == "tiff";
}

std::string containerFor(const SlowmoRequest& request, const Settings& settings, const VideoInfo& info) {
  const std::string asked = settings.text("container");
  // A name that was given says what it holds; a folder has no ending.
  const std::string named = fileTypeOf(request.output);
  if (!named.empty() && !isPictures(asked)) {
    if (!isKnown(named))
      throw Error("No result can be written as ." + named, request.output.string(),
                  "Use .mp4, .mkv, .mov, .webm, .gif or .webp, or choose pictures as the file type.");
    return named;
  }
  if (asked != "auto") return asked;
  const std::string source = fileTypeOf(info.file);
  return isKnown(source) && !isPictures(source) ? source : "mp4";
}

std::string codecFor(const Settings& settings, const std::string& container, int depth) {
  if (container == "gif" || container == "webp") return container;
  const std::string asked = settings.text("codec");
  if (asked != "auto") return asked;
  if (container == "webm") return "vp9";
  // Hardly anything plays H.264 with 10 bits; what plays 10 bits plays H.265.
  return depth > 8 && canEncode("h265") ? "h265" : "h264";
}

void checkPair(const std::string& container, const std::string& codec) {
  const auto refuse = [&](const std::string& advice) {
    throw Error("The file type ." + container + " cannot hold this compression", codec, advice);
  };
  if (container == "webm" && codec != "vp9" && codec != "av1")
    refuse("Choose VP9 or AV1, or another file type.");
  if (codec == "ffv1" && (container == "mp4" || container == "mov"))
    refuse("Choose Matroska as the file type.");
  if (container == "mp4" && codec == "prores") refuse("Choose Matroska or QuickTime as the file type.");
  if (container == "mov" && (codec == "vp9" || codec == "av1"))
    refuse("Choose MP4 or Matroska as the file type.");
}

cv::Rect cropFrom(const std::string& text, const VideoInfo& info) {
  if (text.find_first_not_of(" ,") == std::string::npos) return {};
  std::string spaced = text;
  std::ranges::replace(spaced, ',', ' ');
  std::istringstream in(spaced);
  cv::Rect crop;
  std::string rest;
  const bool read = static_cast<bool>(in >> crop.x >> crop.y >> crop.width >> crop.height) && !(in >> rest);
  if (!read || crop.x < 0 || crop.y < 0 || crop.width < 1 || crop.height < 1 ||
      crop.x > info.width - crop.width || crop.y > info.height - crop.height)
    throw Error("The crop does not lie in the picture", text,
                "Write left, top, width, height within " + std::to_string(info.width) + " × " +
                    std::to_string(info.height) + ".");
  return crop == cv::Rect(0, 0, info.width, info.height) ? cv::Rect{} : crop;
}

Sound soundFor(const std::string& asked, bool longer) {
  if (asked == "none") return Sound::None;
  if (asked == "keep") return Sound::Keep;
  if (asked == "pitch") return Sound::SlowWithPitch;
  if (asked == "stretch") return Sound::StretchKeepPitch;
  return longer ? Sound::StretchKeepPitch : Sound::Keep;
}

}  // namespace

const Schema& slowmoSchema() {
  static const Schema schema = makeSchema();
  return schema;
}

Settings settingsOf(const SlowmoRequest& request) {
  return Settings::fromJson(slowmoSchema(),
                            request.settings.is_null() ? nlohmann::json::object() : request.settings);
}

namespace {

void checkPart(const Settings& settings, const VideoInfo& info) {
  const double from = settings.real("trim_in"), to = settings.real("trim_out");
  if (to > 0 && to <= from)
    throw Error("The part to be made ends before it begins", toText(from) + " s to " + toText(to) + " s",
                "Choose an end that comes later.");
  if (info.duration > 0 && from >= info.duration)
    throw Error("The part to be made begins after the end", toText(from) + " s of " + info.file.string(),
                "Choose an earlier beginning.");
}

}  // namespace

fs::path outputAs(const std::string& container, const fs::path& output) {
  if (container == "auto") return output;
  fs::path named = output;
  if (isKnown(fileTypeOf(named))) named.replace_extension();  // "walk 2.5x" ends in no file type
  if (!isPictures(container)) named += "." + container;
  return named;
}

namespace {

// Most viewers show what stands for less than two hundredths of a second for ten.
constexpr Rational kFastestGif{50, 1};

void keepToWhatGifCanShow(SlowmoChoices& choices, const VideoInfo& info) {
  const double wanted = choices.timing.rate.value_or(info.frameRate).value();
  if (choices.ending != "gif" || wanted <= kFastestGif.value()) return;
  choices.timing.rate = kFastestGif;
  choices.notes.emplace_back("GIF shows 50 frames a second at most: the result has these.");
}

// In words, what will be lost or changed besides the source's other tracks.
void tellChanges(SlowmoChoices& choices, const VideoInfo& info) {
  const auto tell = [&](bool happens, const std::string& words) {
    if (happens) choices.notes.push_back(words);
  };
  const bool video = choices.kind == ResultKind::Video;
  tell(info.interlaced, "The source is interlaced: its frames are deinterlaced first.");
  tell(info.hasAlpha, "Transparency is not kept: it becomes white.");
  if (choices.ending == "jpeg")
    tell(info.bitDepth > 8, "JPEG pictures hold 8 bits of the source's depth.");
  else
    tell(info.bitDepth > choices.encode.bitDepth, "The source has " + std::to_string(info.bitDepth) +
                                                      " bits a colour; the result has " +
                                                      std::to_string(choices.encode.bitDepth) + ".");
  tell(choices.timing.rate &&
           choices.timing.rate->value() * choices.timing.stretch.value() < info.frameRate.value() * 0.999,
       "The chosen rate is below the source's: some of its frames will not be shown.");
  tell(choices.kind == ResultKind::Pictures && !info.audio.empty(),
       "The sound is left out: pictures hold none.");
  tell(video && coarsensColour(choices.encode, info, choices.size.width, choices.size.height),
       "Colours are kept at half the width and height (4:2:0), as players expect; quality 0, FFV1 or ProRes "
       "keep more.");
  const bool odd = choices.size.width % 2 != 0 || choices.size.height % 2 != 0;
  tell(odd && video && (choices.encode.codec == "h264" || choices.encode.codec == "h265"),
       "The picture's sides are odd numbers of pixels: it is compressed with all its colours (4:4:4), which "
       "some players cannot show. Crop or scale it to even ones for them.");
}

}  // namespace

SlowmoChoices choicesFor(const SlowmoRequest& request, const VideoInfo& info) {
  const Settings settings = settingsOf(request);
  SlowmoChoices choices;

  const std::string& mode = settings.text("mode");
  if (mode != "smooth") choices.timing.stretch = fractionFromText(toText(settings.value("factor")));
  if (mode != "slow") choices.timing.rate = rateFromText(settings.text("rate"));
  choices.timing.equallySoft = settings.text("sampling") == "soft";
  choices.sound = soundFor(settings.text("sound"), choices.timing.stretch != Rational{1, 1});

  checkPart(settings, info);

  const std::string container = containerFor(request, settings, info);
  choices.ending = container;
  choices.kind = container == "gif" || container == "webp" ? ResultKind::AnimatedPicture
                 : isPictures(container)                   ? ResultKind::Pictures
                                                           : ResultKind::Video;
  const std::string& loop = settings.text("loop");
  choices.timing.loop =
      choices.kind == ResultKind::AnimatedPicture && (loop == "on" || (loop == "auto" && info.loops >= 0));

  const std::string& depth = settings.text("depth");
  const int sourceDepth = info.bitDepth > 8 ? 10 : 8;
  choices.encode.bitDepth = depth == "auto" ? sourceDepth : std::stoi(depth);
  if (choices.kind == ResultKind::AnimatedPicture) choices.encode.bitDepth = 8;
  choices.encode.quality = static_cast<int>(settings.integer("quality"));
  choices.encode.speed = settings.text("speed");
  choices.encode.threads = static_cast<int>(settings.integer("threads"));
  choices.segmentEncode = choices.encode;
  if (choices.kind == ResultKind::Pictures) {
    choices.encode.codec = choices.segmentEncode.codec = "ffv1";
  } else {
    choices.encode.codec = codecFor(settings, container, choices.encode.bitDepth);
    checkPair(container, choices.encode.codec);
    choices.segmentEncode.codec = choices.kind == ResultKind::AnimatedPicture ? "ffv1" : choices.encode.codec;
  }
  if (choices.segmentEncode.codec == "ffv1") choices.segmentEncode.quality = 0;

  choices.crop = cropFrom(settings.text("crop"), info);
  choices.size = choices.crop.empty() ? cv::Size(info.width, info.height) : choices.crop.size();
  // Pictures and animations do not say how wide their pixels are.
  const bool square =
      choices.kind == ResultKind::Video || info.pixelAspect.num <= 0 || info.pixelAspect.den <= 0;
  const double pixelWidth = square ? 1 : info.pixelAspect.value();
  const auto asked = static_cast<int>(settings.integer("scale"));
  // An animation is to be small: the size is what it may have at most.
  const bool enlarges = asked > choices.size.height;
  const bool follows = asked > 0 && !(enlarges && choices.kind == ResultKind::AnimatedPicture);
  const int height = follows ? asked : choices.size.height;
  if (height != choices.size.height || pixelWidth != 1) {
    // Even sides: many players refuse others.
    const double width = pixelWidth * choices.size.width * height / choices.size.height;
    choices.size = {std::max(2, static_cast<int>(std::lround(width / 2)) * 2), height};
  }
  if (const auto& type = settings.text("container"); type != "auto" && type != container)
    choices.notes.push_back("The result's name ends in ." + container + ": it becomes that, not ." + type +
                            ".");
  keepToWhatGifCanShow(choices, info);
  tellChanges(choices, info);
  return choices;
}

std::set<std::string> enginesOf(const SlowmoRequest& request) {
  std::set<std::string> engines;
  for (const auto& range : request.engineRanges) engines.insert(range.engine);
  const std::string& usual = engineList().front().id;
  engines.insert(request.settings.is_object() ? request.settings.value("engine", usual) : usual);
  return engines;
}

Settings engineSettings(const Settings& settings, const EngineKind& kind) {
  Settings own(kind.schema);
  for (const auto& parameter : kind.schema.parameters())
    own.set(parameter.name, settings.value(engineParameterName(kind, parameter.name)));
  return own;
}

EngineOptions engineOptions(const Settings& settings) {
  EngineOptions options;
  options.device = settings.text("device");
  options.threads = static_cast<int>(settings.integer("threads"));
  return options;
}

}  // namespace fw
