#pragma once
#include <string>
#include <vector>

namespace fw {

/// What is marked on a clip's timeline, all in source seconds: found by the analysis or set by the person.
struct ClipMarks {
  double start = 0, end = 0;  ///< the whole clip
  double in = 0, out = 0;     ///< the part to be made
  std::vector<double> cutsFound, cutsAdded, cutsRemoved;
  std::vector<double> duplicates;  ///< frames that repeat the one before
  struct Confidence {
    double time = 0, mean = 1;  ///< 0 … 1
  };
  std::vector<Confidence> confidence;  ///< in order of time
  struct Range {
    double from = 0, to = 0;
    std::string engine, title;
  };
  std::vector<Range> ranges;

  bool trimmed() const;
  std::vector<double> cuts() const;  ///< those that will be kept clean, in order
};

/// Adds a cut; one that was removed before comes back as found.
void addCut(ClipMarks& marks, double time, double frameDuration);
/// Removes the cut nearest to `time` within `reach` seconds. False when there is none.
bool removeCut(ClipMarks& marks, double time, double reach);
/// Trimming keeps at least one frame between in and out.
void trimFrom(ClipMarks& marks, double time, double frameDuration);
void trimTo(ClipMarks& marks, double time, double frameDuration);
/// Of the least sure spots of the clip the next one after `time`, round and round. Negative: nothing is known
/// yet.
double nextWorst(const ClipMarks& marks, double time, double frameDuration);
void addConfidence(ClipMarks& marks, double time, double mean);

}  // namespace fw
