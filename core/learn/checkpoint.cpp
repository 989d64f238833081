#include "core/learn/checkpoint.h"

#include <charconv>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/learn/optimizer_state.h"
#include "core/learn/trainer.h"

namespace fw {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kState = "state.safetensors";
constexpr const char* kStepKey = "step";
constexpr const char* kSecondsKey = "seconds";
constexpr const char* kScoreKey = "score";
constexpr const char* kRandomKey = "random";
constexpr const char* kTorchRandom = "torch_random";

std::string exactText(double number) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

template <class Number>
Number numberOf(const Metadata& metadata, const char* key, const fs::path& file) {
  Number number{};
  const auto found = metadata.find(key);
  if (found != metadata.end()) {
    const std::string& text = found->second;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  }
  throw Error("The checkpoint does not say its " + std::string(key), file.string(), "Start a new run.");
}

/// The folders of whole checkpoints, newest first. There are two when a program was killed just after writing
/// one.
std::vector<fs::path> checkpointFolders(const fs::path& runFolder) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runFolder / "checkpoints", ignored))
    if (entry.path().extension().empty() && fs::exists(entry.path() / kState))
      folders.push_back(entry.path());
  std::ranges::sort(folders, std::greater());
  return folders;
}

fs::path checkpointFolder(const fs::path& runFolder, int64_t step) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%012lld", static_cast<long long>(step));
  return runFolder / "checkpoints" / name.data();
}

torch::Tensor copied(const torch::Tensor& tensor) {
  return tensor.detach().to(torch::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
}

torch::Tensor torchRandomState() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::scoped_lock lock(generator.mutex());
  return generator.get_state();
}

void restoreTorchRandomState(const torch::Tensor& state) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::scoped_lock lock(generator.mutex());
  generator.set_state(state);
}

std::string shapeText(const torch::Tensor& tensor) {
  std::ostringstream out;
  out << tensor.sizes();
  return out.str();
}

bool allFinite(const TensorMap& tensors) {
  return std::ranges::all_of(tensors, [](const auto& entry) {
    return !entry.second.is_floating_point() || torch::isfinite(entry.second).all().template item<bool>();
  });
}

}  // namespace

fs::path weightsFile(const fs::path& runFolder, Weights which) {
  if (which == Weights::Best && fs::exists(runFolder / "best.safetensors"))
    return runFolder / "best.safetensors";
  const auto folders = checkpointFolders(runFolder);
  if (folders.empty())
    throw Error("This run has no weights yet", runFolder.string(), "Let it train for a few seconds first.");
  return folders.front() / kWeights;
}

TensorMap weightsOf(const std::vector<NamedModule>& modules) {
  TensorMap weights;
  for (const auto& [name, module] : modules) {
    const std::string prefix = modules.size() > 1 ? name + "." : "";
    for (const auto& parameter : module->named_parameters())
      weights[prefix + parameter.key()] = parameter.value();
    for (const auto& buffer : module->named_buffers()) weights[prefix + buffer.key()] = buffer.value();
  }
  return weights;
}

void loadWeights(const std::vector<NamedModule>& modules, const TensorMap& weights, const std::string& from) {
  const TensorMap wanted = weightsOf(modules);
  const auto refuse = [&](const std::string& why) {
    throw Error("These weights do not fit the network (" + why + ")", from,
                "Choose weights of the same experiment with the same settings.");
  };
  for (const auto& [name, tensor] : wanted) {
    const auto found = weights.find(name);
    if (found == weights.end()) refuse("\"" + name + "\" is missing");
    if (found->second.sizes() != tensor.sizes())
      refuse("\"" + name + "\" is " + shapeText(found->second) + " instead of " + shapeText(tensor));
  }
  for (const auto& [name, tensor] : weights)
    if (!wanted.contains(name)) refuse("it has no place for \"" + name + "\"");
  const torch::NoGradGuard noGradients;
  for (const auto& [name, tensor] : wanted) torch::Tensor(tensor).copy_(weights.at(name));
}

Checkpoint copyOf(const LearningState& state, int64_t step, double seconds) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.seconds = seconds;
  for (const auto& [name, tensor] : weightsOf(state.modules)) checkpoint.weights[name] = copied(tensor);
  TensorMap live;
  for (std::size_t i = 0; i < state.optimizers.size(); ++i)
    saveOptimizer(*state.optimizers[i], "optimizer" + std::to_string(i), live);
  for (std::size_t i = 0; i < state.tensors.size(); ++i)
    live["tensor" + std::to_string(i)] = *state.tensors[i];
  for (std::size_t i = 0; i < state.counters.size(); ++i)
    live["counter" + std::to_string(i)] = torch::tensor(*state.counters[i], torch::kLong);
  live[kTorchRandom] = torchRandomState();
  for (const auto& [name, tensor] : live) checkpoint.state.tensors[name] = copied(tensor);
  if (state.random) checkpoint.state.metadata[kRandomKey] = state.random->save();
  return checkpoint;
}

std::optional<Progress> restoreLast(const fs::path& runFolder, LearningState& state) {
  const auto folders = checkpointFolders(runFolder);
  if (folders.empty()) return std::nullopt;
  const fs::path& folder = folders.front();
  const Safetensors kept = readSafetensors(folder / kState);
  const auto tensor = [&](const std::string& name) -> const torch::Tensor& {
    const auto found = kept.tensors.find(name);
    if (found == kept.tensors.end())
      throw Error("The checkpoint lacks " + name, (folder / kState).string(),
                  "The experiment has changed since this run; start a new one.");
    return found->second;
  };
  loadWeights(state.modules, readSafetensors(folder / kWeights).tensors, (folder / kWeights).string());
  for (std::size_t i = 0; i < state.optimizers.size(); ++i)
    restoreOptimizer(*state.optimizers[i], "optimizer" + std::to_string(i), kept.tensors);
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    torch::Tensor& target = *state.tensors[i];
    const torch::Tensor& source = tensor("tensor" + std::to_string(i));
    target = target.defined() ? source.to(target.device()) : source;
  }
  for (std::size_t i = 0; i < state.counters.size(); ++i)
    *state.counters[i] = tensor("counter" + std::to_string(i)).item<int64_t>();
  if (state.random)
    *state.random = Random::restore(kept.metadata.contains(kRandomKey) ? kept.metadata.at(kRandomKey) : "");
  restoreTorchRandomState(tensor(kTorchRandom));
  return Progress{numberOf<int64_t>(kept.metadata, kStepKey, folder),
                  numberOf<double>(kept.metadata, kSecondsKey, folder)};
}

std::optional<BestSoFar> readBest(const fs::path& runFolder) {
  const fs::path file = runFolder / "best.safetensors";
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Metadata metadata = readSafetensorsMetadata(file);
    return BestSoFar{numberOf<int64_t>(metadata, kStepKey, file),
                     numberOf<double>(metadata, kScoreKey, file)};
  } catch (const Error& error) {
    logLine(error.what());  // the next best step replaces it
    return std::nullopt;
  }
}

CheckpointKeeper::CheckpointKeeper(fs::path runFolder, Metadata about)
    : runFolder_(std::move(runFolder)),
      about_(std::move(about)),
      worker_([this](std::stop_token stop) { work(stop); }) {}

void CheckpointKeeper::throwFailure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CheckpointKeeper::keepLast(Checkpoint checkpoint) {
  const std::scoped_lock lock(mutex_);
  throwFailure();
  last_ = std::move(checkpoint);  // one that is still waiting is older and not worth writing any more
  changed_.notify_all();
}

void CheckpointKeeper::keepBest(TensorMap copiedWeights, BestSoFar best) {
  const std::scoped_lock lock(mutex_);
  throwFailure();
  best_ = Best{std::move(copiedWeights), best};
  changed_.notify_all();
}

bool CheckpointKeeper::idle() {
  const std::scoped_lock lock(mutex_);
  throwFailure();
  return !writing_ && !last_ && !best_;
}

void CheckpointKeeper::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !writing_ && !last_ && !best_; });
  throwFailure();
}

void CheckpointKeeper::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return last_ || best_; })) {
    const auto last = std::exchange(last_, std::nullopt);
    const auto best = std::exchange(best_, std::nullopt);
    writing_ = true;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      if (best) writeBest(*best);
      if (last) writeLast(*last);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    writing_ = false;
    if (thrown && !failure_) failure_ = thrown;
    changed_.notify_all();
  }
}

void CheckpointKeeper::writeLast(const Checkpoint& checkpoint) const {
  // The loss that shows a broken step comes one step later: weights that are no numbers are never kept.
  if (!allFinite(checkpoint.weights)) return;
  const fs::path folder = checkpointFolder(runFolder_, checkpoint.step);
  if (fs::exists(folder / kState)) return;
  fs::path beside = folder;
  beside += ".part";
  std::error_code failure;
  fs::remove_all(beside, failure);
  fs::create_directories(beside, failure);
  if (failure) throw Error("The checkpoint could not be written", beside.string(), failure.message() + ".");

  Safetensors weights{checkpoint.weights, about_};
  weights.metadata[kStepKey] = std::to_string(checkpoint.step);
  writeSafetensors(beside / kWeights, weights);
  Safetensors state = checkpoint.state;
  state.metadata[kStepKey] = std::to_string(checkpoint.step);
  state.metadata[kSecondsKey] = exactText(checkpoint.seconds);
  writeSafetensors(beside / kState, state);

  const auto older = checkpointFolders(runFolder_);
  fs::rename(beside, folder, failure);
  if (failure) throw Error("The checkpoint could not be written", folder.string(), failure.message() + ".");
  for (const auto& gone : older) fs::remove_all(gone, failure);
}

void CheckpointKeeper::writeBest(const Best& best) const {
  if (!allFinite(best.weights)) return;
  Safetensors weights{best.weights, about_};
  weights.metadata[kStepKey] = std::to_string(best.best.step);
  weights.metadata[kScoreKey] = exactText(best.best.score);
  writeSafetensors(runFolder_ / "best.safetensors", weights);
}

}  // namespace fw
