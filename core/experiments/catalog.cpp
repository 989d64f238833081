#include "core/experiments/catalog.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/experiments/blob_events.h"
#include "core/experiments/blob_forecast.h"
#include "core/experiments/clip_unet.h"
#include "core/experiments/cnn_classifier.h"
#include "core/experiments/denoising_autoencoder.h"
#include "core/experiments/glow_unet.h"
#include "core/experiments/grid_completion.h"
#include "core/experiments/interpolation.h"
#include "core/experiments/middle_frame_unet.h"
#include "core/experiments/next_frame.h"
#include "core/experiments/reconstruction_deep.h"
#include "core/experiments/reconstruction_sanity.h"

namespace fw {

const std::vector<ExperimentKind>& catalog() {
  static const std::vector<ExperimentKind> kinds{
      reconstructionSanity(),
      reconstructionDeep(),
      reconstructionGeneral(),
      denoisingAutoencoder(),
      cnnClassifier(),
      gridCompletion(),
      blobEvents(),
      blobForecast(),
      nextFrameSanity(),
      nextFrameGeneral(),
      middleFrameUnet(),
      clipUnet(),
      glowUnet(),
      interpolation(),
  };
  return kinds;
}

const ExperimentKind* findExperimentKind(std::string_view id) {
  const auto found = std::ranges::find(catalog(), id, &ExperimentKind::id);
  return found == catalog().end() ? nullptr : &*found;
}

const ExperimentKind& experimentKind(std::string_view id) {
  if (const auto* found = findExperimentKind(id)) return *found;
  std::string known;
  for (const auto& kind : catalog()) known += (known.empty() ? "" : ", ") + kind.id;
  throw Error("There is no such experiment", std::string(id), "The experiments are: " + known + ".");
}

}  // namespace fw
