// Prints, side by side in one run, how many steps a second each experiment's network learns here and in
// Python's PyTorch, and how long each experiment waits for its data.
// bench_training [THREADS [NAME]]
#include <torch/torch.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

#include "core/base/blas.h"
#include "core/base/error.h"
#include "core/experiments/catalog.h"
#include "core/experiments/learning_steps.h"
#include "core/learn/experiment.h"
#include "core/learn/freed_memory.h"
#include "core/learn/fused_adam.h"
#include "core/nn/classifiers.h"
#include "core/nn/denoising_autoencoders.h"
#include "core/nn/dense_autoencoder.h"
#include "core/nn/frame_predictors.h"
#include "core/nn/inpainting_net.h"
#include "core/nn/middle_frame_net.h"
#include "core/nn/reconstruction_net.h"
#include "core/nn/unet.h"
#include "core/nn/video_resnet.h"
#include "tests/processor_time.h"

namespace fw::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Shape = std::vector<int64_t>;
using Loss = std::function<torch::Tensor(const torch::Tensor& output, const torch::Tensor& target)>;

constexpr int kThreads = 2;       // unless told otherwise
constexpr int kRounds = 5;        // the sides take turns, and the best round of each counts: others disturb
constexpr double kSeconds = 0.5;  // of the processor, in a round
constexpr double kWatched = 3.0;  // seconds each experiment is watched for its waiting

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Contest {
  std::string name;  ///< as training_peer.py knows it
  std::function<Network()> build;
  Shape input, target;
  Loss loss;
};

template <class Holder, class... Arguments>
std::function<Network()> a(Arguments... arguments) {
  return [=] { return network(Holder(arguments...), torch::kCPU); };
}

std::vector<Contest> contests() {
  const Loss huber = [](const auto& a, const auto& b) { return torch::huber_loss(a, b); };
  const Loss mse = [](const auto& a, const auto& b) { return torch::mse_loss(a, b); };
  const Loss hole = [](const auto& a, const auto& b) { return torch::binary_cross_entropy(a.sigmoid(), b); };
  const auto labels = torch::arange(64).remainder(10);
  const Loss label = [labels](const auto& a, const auto&) { return torch::cross_entropy_loss(a, labels); };
  const Shape picture{3, 3, 176, 256}, digits{64, 1, 28, 28};
  return {
      {"reconstruction-sanity", a<DenseAutoencoder>(3, 176, 256, 10), picture, picture, huber},
      {"reconstruction-deep V3", a<ReconstructionNet>(reconstructionOptions("V3")), picture, picture, huber},
      {"denoising dense", a<DenoisingDense>(), digits, digits, mse},
      {"denoising conv", a<DenoisingConv>(), digits, digits, mse},
      {"cnn-classifier", a<ConvClassifier>(1, 28, 28, 10), digits, {64, 10}, label},
      {"grid-completion U-Net",
       a<UNet>(UNetOptions{2, 1, {12, 24, 48, 96}}),
       {12, 2, 64, 64},
       {12, 1, 64, 64},
       hole},
      {"grid-completion first attempt, small",
       a<InpaintingNet>(1, Shape{32, 64, 128, 256, 256}),
       {12, 1, 101, 101},
       {12, 1, 101, 101},
       mse},
      {"blob-events", a<EventMapNet>(30), {4, 30, 128, 128}, {4, 1, 128, 128}, mse},
      {"blob-forecast",
       a<UNet>(UNetOptions{19, 5, {16, 32, 64, 64, 64}, false}),
       {8, 19, 64, 64},
       {8, 5, 64, 64},
       mse},
      {"next-frame direct", a<DirectPredictor>(4, 1, 16), {16, 4, 1, 48, 48}, {16, 1, 48, 48}, mse},
      {"next-frame recurrent", a<RecurrentPredictor>(1, 32), {16, 4, 1, 48, 48}, {16, 1, 48, 48}, mse},
      {"middle-frame-unet", a<MiddleFrameNet>(24), {4, 6, 96, 96}, {4, 3, 96, 96}, mse},
      {"clip-unet", a<FusedUNet>(16, true), {7, 6, 96, 96}, {7, 3, 96, 96}, mse},
  };
}

/// Learns on the same numbers again and again: what is measured is the network, the loss and the optimizer.
class Here {
 public:
  explicit Here(const Contest& contest)
      : net_(contest.build()),
        loss_(contest.loss),
        input_(torch::rand(contest.input)),
        target_(torch::rand(contest.target)),
        optimizer_(net_.module->parameters(), torch::optim::AdamOptions(1e-3)) {}

  double stepsPerSecond(double seconds) {
    int64_t steps = 0;
    const double began = processorSeconds();
    for (; processorSeconds() - began < seconds; ++steps)
      descend(optimizer_, loss_(net_.forward(input_), target_));
    return static_cast<double>(steps) / (processorSeconds() - began);
  }
  int64_t parameters() const { return parameterCount(*net_.module); }

 private:
  Network net_;
  Loss loss_;
  torch::Tensor input_, target_;
  FusedAdam optimizer_;
};

/// Python, asked line by line.
class Peer {
 public:
  struct Answer {
    int64_t parameters = 0;
    double stepsPerSecond = 0;
  };

  explicit Peer(const std::string& command) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) throw Error("Could not start Python", command, "Try again.");
    const auto child = fork();
    if (child == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      for (const int end : {to[0], to[1], from[0], from[1]}) close(end);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    ask_ = fdopen(to[1], "w");
    answer_ = fdopen(from[0], "r");
  }
  ~Peer() {
    std::fclose(ask_);
    std::fclose(answer_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Answer ask(const std::string& name, double seconds) {
    std::fprintf(ask_, "%s %g\n", name.c_str(), seconds);
    std::fflush(ask_);
    long long parameters = 0;
    Answer answer;
    if (std::fscanf(answer_, "%lld %lf", &parameters, &answer.stepsPerSecond) != 2)
      throw Error("Python gave no answer", name, "See what it wrote above.");
    answer.parameters = parameters;
    return answer;
  }

 private:
  FILE* ask_ = nullptr;
  FILE* answer_ = nullptr;
};

/// Debian's Python first: it is the one that python3-torch belongs to.
std::optional<std::string> pythonWithTorch() {
  for (const std::string python : {"/usr/bin/python3", "python3"})
    if (std::system((python + " -c 'import torch' >/dev/null 2>&1").c_str()) == 0) return python;
  return {};
}

void race(const std::optional<std::string>& python, int threads, const std::string& wanted) {
  std::printf(
      "Steps in a second of the processor, so that other programs do not count; %d threads, the best of %d "
      "turns each\n",
      threads, kRounds);
  std::printf("%-40s %10s %10s %10s %7s\n", "network", "weights", "here", "PyTorch", "ratio");
  std::optional<Peer> peer;
  const auto script = std::filesystem::path(FW_SOURCE) / "tests/bench/training_peer.py";
  if (python)
    peer.emplace("exec " + *python + " '" + script.string() + "' " + std::to_string(threads));
  else
    std::printf("(Python has no torch here: only our side. Debian: apt-get install python3-torch)\n");
  for (const auto& contest : contests()) {
    if (contest.name.find(wanted) == std::string::npos) continue;
    Here here(contest);
    double ours = 0, theirs = 0;
    here.stepsPerSecond(0.1 * kSeconds);
    for (int round = 0; round < kRounds; ++round) {
      if (peer) {
        const auto answer = peer->ask(contest.name, kSeconds);
        if (answer.parameters != here.parameters())
          throw Error(
              "The two networks are not the same", contest.name,
              std::to_string(here.parameters()) + " and " + std::to_string(answer.parameters) + " weights.");
        theirs = std::max(theirs, answer.stepsPerSecond);
      }
      ours = std::max(ours, here.stepsPerSecond(kSeconds));
    }
    std::printf("%-40s %10lld %10.1f", contest.name.c_str(), static_cast<long long>(here.parameters()), ours);
    if (peer) std::printf(" %10.1f %6.2fx", theirs, ours / theirs);
    std::printf("\n");
    std::fflush(stdout);
  }
}

void watchWaiting() {
  std::printf("\nShare of the time spent waiting for data, after the first steps\n");
  for (const auto& kind : catalog()) {
    const auto experiment = kind.make(Settings(kind.schema), {});
    for (const auto& [name, module] : experiment->state().modules) module->train();
    for (int i = 0; i < 3; ++i) experiment->step();
    double waited = 0;
    int64_t steps = 0;
    const auto began = Clock::now();
    for (; secondsSince(began) < kWatched; ++steps) {
      const auto scalars = experiment->step();
      if (const auto said = scalars.find(kSecondsWaiting); said != scalars.end()) waited += said->second;
    }
    const double seconds = secondsSince(began);
    std::printf("%-40s %9.1f steps/s %6.1f %%\n", kind.id.c_str(), static_cast<double>(steps) / seconds,
                100 * waited / seconds);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace fw::bench

int main(int count, char** argv) {
  // A thread that waits by spinning would be counted as working, on both sides.
  if (!getenv("OMP_WAIT_POLICY")) {
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);
  }
  try {
    fw::useFastBlas();
    const fw::KeepsFreedMemory asInEveryRun;
    const int threads = count > 1 ? std::atoi(argv[1]) : fw::bench::kThreads;
    torch::set_num_threads(threads);
    fw::setBlasThreads(threads);
    torch::manual_seed(1);
    fw::bench::race(fw::bench::pythonWithTorch(), threads, count > 2 ? argv[2] : "");
    if (count <= 2) fw::bench::watchWaiting();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
