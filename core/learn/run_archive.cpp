#include "core/learn/run_archive.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/learn/trainer.h"
#include "core/learn/zip_writer.h"

namespace fw {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string csvOf(const Series& series) {
  std::string text = "name,step,seconds,value\n";
  for (const auto& [name, points] : series)
    for (const auto& point : points)
      text += quoted(name) + "," + std::to_string(point.step) + "," + number(point.seconds) + "," +
              number(point.value) + "\n";
  return text;
}

std::string csvOf(const Scores& scores) {
  std::string text = "name,value\n";
  for (const auto& [name, value] : scores) text += quoted(name) + "," + number(value) + "\n";
  return text;
}

std::string recordOf(const RunRecord& run) {
  return nlohmann::json{{"run", run.id},
                        {"name", run.name},
                        {"state", toText(run.state)},
                        {"message", run.message},
                        {"code_version", run.codeVersion},
                        {"created", run.created},
                        {"step", run.step},
                        {"seconds", run.seconds},
                        {"best_step", run.bestStep},
                        {"best_score", run.bestScore}}
      .dump(2);
}

std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in || !out) throw Error("Could not read a file of the run", file.string(), "Check that it is there.");
  return std::move(out).str();
}

bool hasWeights(const fs::path& runFolder) try {
  weightsFile(runFolder, Weights::Last);
  return true;
} catch (const Error&) {
  return false;
}

std::string weightsOf(const fs::path& runFolder, Weights which) try {
  return contentOf(weightsFile(runFolder, which));
} catch (const Error&) {
  return contentOf(
      weightsFile(runFolder, which));  // while it trains a newer checkpoint may replace the one found
}

void addWeights(ZipWriter& zip, const fs::path& runFolder) {
  // A run that was stopped in its first seconds has none yet: the rest is still worth having.
  if (!hasWeights(runFolder)) return;
  zip.add("weights/last.safetensors", weightsOf(runFolder, Weights::Last));
  zip.add("weights/best.safetensors", weightsOf(runFolder, Weights::Best));
}

void addSnapshots(ZipWriter& zip, const fs::path& runFolder) {
  std::vector<fs::path> files;
  const auto folder = runFolder / "snapshots";
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) zip.add(fs::relative(file, runFolder).generic_string(), contentOf(file));
}

}  // namespace

void exportRun(const Store& store, int64_t runId, const fs::path& zip) {
  const auto run = store.run(runId);
  writeAtomically(zip, [&](std::ostream& out) {
    ZipWriter writer(out);
    writer.add("setup.json", toJson(run.request).dump(2));
    writer.add("run.json", recordOf(run));
    writer.add("scalars.csv", csvOf(store.scalars(runId)));
    writer.add("scores.csv", csvOf(store.scores(runId)));
    writer.add("baselines.csv", csvOf(store.baselines(runId)));
    if (!run.notes.empty()) writer.add("notes.txt", run.notes);
    addWeights(writer, run.folder);
    addSnapshots(writer, run.folder);
    writer.finish();
  });
}

}  // namespace fw
