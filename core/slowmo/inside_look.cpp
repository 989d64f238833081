#include "core/slowmo/inside_look.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/image/views.h"
#include "core/slowmo/analysis.h"
#include "core/slowmo/cuts.h"
#include "core/slowmo/engine.h"
#include "core/slowmo/pipeline.h"
#include "core/slowmo/settings.h"

namespace fw {
namespace {

constexpr int kArrowsAcross = 36;
constexpr double kShownShare =
    0.99;  // the longest hundredth of the vectors may be clipped: outliers would dim the rest

struct Pair {
  FramePair frames;
  double firstTime = 0, secondTime = 0;
};

Pair readPair(const SlowmoRequest& source, double seconds) {
  VideoReader reader = openSource(source);
  const auto timeOf = [&](const Frame& frame) { return reader.info().momentOf(frame.pts); };
  const auto readFrom = [&](double moment) {
    reader.seek(std::max(0.0, moment));
    return reader.next();
  };
  const auto justBefore = [&](const Frame& frame) {
    return timeOf(frame) - reader.info().secondsOf(frame.duration) / 2;
  };
  auto first = readFrom(seconds);
  auto second = reader.next();
  if (first && !second && timeOf(*first) > 0) {  // the last frame: the pair before it
    first = readFrom(justBefore(*first));
    second = reader.next();
  }
  if (!first || !second)
    throw Error("There are no two frames to look between", source.sources.front().string(),
                "A clip needs at least two frames.");
  Pair pair{{to8Bit(first->image), to8Bit(second->image)}, timeOf(*first), timeOf(*second)};
  if (const auto after = reader.next()) pair.frames.after.frame = to8Bit(after->image);
  if (timeOf(*first) > 0)
    if (const auto before = readFrom(justBefore(*first))) pair.frames.before.frame = to8Bit(before->image);
  keepToScene(pair.frames);
  return pair;
}

double longestVector(const cv::Mat& flow) {
  std::vector<float> lengths;
  for (int y = 0; y < flow.rows; y += 4)
    for (int x = 0; x < flow.cols; x += 4) {
      const auto& v = flow.at<cv::Vec2f>(y, x);
      lengths.push_back(std::hypot(v[0], v[1]));
    }
  if (lengths.empty()) return 1;
  const auto place = lengths.begin() + static_cast<std::ptrdiff_t>(kShownShare * double(lengths.size() - 1));
  std::nth_element(lengths.begin(), place, lengths.end());
  return std::max(1.0, std::ceil(static_cast<double>(*place)));
}

/// Each arrow goes from where a spot was in the first frame to where it is in the second.
cv::Mat motionVectors(const cv::Mat& made, const Explanation& explained) {
  cv::Mat picture = made * 0.45;
  const int step = std::max(8, made.cols / kArrowsAcross);
  const int thickness = std::max(1, made.cols / 900);
  for (int y = step / 2; y < made.rows; y += step)
    for (int x = step / 2; x < made.cols; x += step) {
      const auto from = explained.flowToFirst.at<cv::Vec2f>(y, x);
      const auto to = explained.flowToSecond.at<cv::Vec2f>(y, x);
      const cv::Point2f start(float(x) + from[0], float(y) + from[1]),
          end(float(x) + to[0], float(y) + to[1]);
      const double length = cv::norm(end - start);
      const cv::Scalar colour(90, 220, 255);
      if (length < 0.75)
        cv::circle(picture, {x, y}, thickness, colour, cv::FILLED, cv::LINE_AA);
      else
        cv::arrowedLine(picture, start, end, colour, thickness, cv::LINE_AA, 0, std::min(0.4, 5.0 / length));
    }
  return picture;
}

InsidePicture scalePicture(std::string name, std::string meaning, const cv::Mat& values, std::string low,
                           std::string high) {
  InsidePicture picture;
  picture.name = std::move(name);
  picture.meaning = std::move(meaning);
  picture.image = heatMap(values, 0, 1);
  picture.legend = InsidePicture::Legend::Scale;
  picture.low = std::move(low);
  picture.high = std::move(high);
  picture.values = values;
  return picture;
}

InsidePicture plainPicture(std::string name, std::string meaning, cv::Mat image) {
  InsidePicture picture;
  picture.name = std::move(name);
  picture.meaning = std::move(meaning);
  picture.image = std::move(image);
  return picture;
}

void addExplanation(std::vector<InsidePicture>& pictures, const cv::Mat& made, const Explanation& explained) {
  if (!explained.flowToFirst.empty() && !explained.flowToSecond.empty()) {
    const cv::Mat motion = explained.flowToSecond - explained.flowToFirst;
    auto vectors = plainPicture("Motion vectors",
                                "From where a spot was in the first frame to where it is in the second.",
                                motionVectors(made, explained));
    vectors.values = motion;
    pictures.push_back(std::move(vectors));
    InsidePicture colours;
    colours.name = "Flow colours";
    colours.meaning =
        "The same motion at every pixel: the hue is its direction, the depth of colour its length.";
    colours.longest = longestVector(motion);
    colours.image = flowColours(motion, colours.longest);
    colours.legend = InsidePicture::Legend::Flow;
    colours.values = motion;
    pictures.push_back(std::move(colours));
  }
  if (!explained.occlusion.empty())
    pictures.push_back(scalePicture("Which side", "What is hidden in one frame is taken from the other.",
                                    explained.occlusion, "first frame", "second frame"));
  if (!explained.warpedFirst.empty())
    pictures.push_back(plainPicture("First, moved", "The first frame, moved to this moment.",
                                    to8Bit(explained.warpedFirst)));
  if (!explained.warpedSecond.empty())
    pictures.push_back(plainPicture("Second, moved", "The second frame, moved to this moment.",
                                    to8Bit(explained.warpedSecond)));
}

}  // namespace

InsideLook lookInside(const InsideQuestion& question, std::stop_token stop) {
  const Pair pair = readPair(question.source, question.sourceTime);
  const Settings settings = settingsOf(question.source);
  const auto& kind = engineKind(engineAt(settings, question.source.engineRanges, question.sourceTime));
  const auto engine = kind.make(engineSettings(settings, kind), engineOptions(settings));
  if (stop.stop_requested()) return {};
  const double times[] = {question.between};
  const auto begin = std::chrono::steady_clock::now();
  const auto made = engine->between(pair.frames, times);
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  InsideLook look{pair.firstTime, pair.secondTime, spent.count(), kind.title, {}};
  const cv::Mat image = to8Bit(made.at(0).image);
  look.pictures.push_back(plainPicture("Made frame", "What the engine made for this moment.", image));
  if (stop.stop_requested()) return look;
  if (const auto explained = engine->explain(pair.frames, question.between))
    addExplanation(look.pictures, image, *explained);
  if (!made[0].confidence.empty()) {
    cv::Mat confidence;
    made[0].confidence.convertTo(confidence, CV_32F, 1.0 / 255);
    look.pictures.push_back(scalePicture(
        "Confidence",
        "Where both sides agree the engine is sure; where they do not it guesses, and mixes more carefully.",
        confidence, "a guess", "sure"));
  }
  return look;
}

}  // namespace fw
