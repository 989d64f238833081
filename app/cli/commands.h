#pragma once
#include <CLI/App.hpp>

/// One function a family of commands; each adds its subcommands and says what they do.
namespace fw::cli {

void addTrainCommands(CLI::App& app);   ///< experiments, train, resume, runs, export
void addSlowmoCommands(CLI::App& app);  ///< slowmo, presets
void addJobCommands(CLI::App& app);     ///< jobs, run-jobs, resume-job …
void addVideoCommands(CLI::App& app);   ///< probe, engines, score
void addSelfCheckCommand(CLI::App& app);

}  // namespace fw::cli
