#include "core/slowmo/clip_decoder.h"

#include <exception>

#include "core/image/views.h"
#include "core/slowmo/analysis.h"

namespace fw {
namespace {

constexpr std::size_t kFramesAhead = 4;

}  // namespace

ClipDecoder::ClipDecoder(SlowmoRequest source, std::function<void()> onFrame,
                         std::function<void(std::string)> onError)
    : source_(std::move(source)), onFrame_(std::move(onFrame)), onError_(std::move(onError)) {
  thread_ = std::jthread([this](std::stop_token stop) {
    try {
      decode(stop);
    } catch (const std::exception& error) {
      onError_(error.what());
    }
  });
}

ClipDecoder::~ClipDecoder() {
  current_.request_stop();
  thread_.request_stop();
}

void ClipDecoder::showFrom(double seconds) {
  current_.request_stop();
  current_ = std::stop_source();
  frames_ = std::make_shared<BoundedQueue<ClipFrame>>(kFramesAhead);
  while (requests_.tryPop()) {  // only the latest wish counts
  }
  requests_.push({seconds, frames_, current_.get_token()}, {});
}

std::optional<ClipFrame> ClipDecoder::take() { return frames_ ? frames_->tryPop() : std::nullopt; }

void ClipDecoder::decode(std::stop_token stop) {
  VideoReader reader = openSource(source_);
  while (const auto request = requests_.pop(stop)) serve(*request, reader);
}

void ClipDecoder::serve(const Request& request, VideoReader& reader) {
  if (request.superseded.stop_requested()) return;
  reader.seek(request.from);
  while (!request.superseded.stop_requested()) {
    auto frame = reader.next();
    ClipFrame shown;
    if (frame)
      shown = {to8Bit(frame->image), reader.info().momentOf(frame->pts),
               reader.info().secondsOf(frame->duration)};
    if (!request.frames->push(std::move(shown), request.superseded)) return;
    onFrame_();
    if (!frame) return;
  }
}

}  // namespace fw
