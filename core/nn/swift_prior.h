#pragma once
#include <opencv2/core.hpp>

/// What classical optical flow knows of the motion between two pictures: where the network `swift` starts.
namespace fw {

/// Sides of the pictures the network works on are multiples of this.
constexpr int kSwiftGrid = 16;

/// Dense inverse search (OpenCV's DIS) both ways. Maps have half the size of the pictures; lengths are in
/// pixels of the pictures. Computed once for a pair, whatever the number of between frames.
struct PairFlow {
  cv::Mat forward, backward;            ///< CV_32FC2: first → second, second → first
  cv::Mat trustForward, trustBackward;  ///< CV_32FC1, 0 … 1: colours and the way back agree
};

/// 8-bit BGR pictures of equal, even size. With two threads the directions run side by side.
PairFlow pairFlow(const cv::Mat& first, const cv::Mat& second, int threads = 1);

/// The flow projected to a time in between.
struct MotionPrior {
  cv::Mat flow;   ///< CV_32FC4: from the between frame to the first (x, y), to the second (x, y)
  cv::Mat reach;  ///< CV_32FC2: how much of the first, of the second frame lands here (0: a hole, behind
                  ///< something)
};
MotionPrior motionAt(const PairFlow& pair, double time);

/// Plain DIS between 8-bit BGR pictures, as CV_32FC2 of the pictures' size.
cv::Mat disFlow(const cv::Mat& from, const cv::Mat& to);

}  // namespace fw
