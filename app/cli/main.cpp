#include <CLI/CLI.hpp>
#include <iostream>

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "core/base/blas.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/version.h"

int main(int argc, char** argv) {
  fw::useFastBlas();
  fw::keepFreedMemory();
  fw::cli::interrupted();
  CLI::App app(
      "Framewright: a laboratory for neural networks on images and video, and slow motion for any clip.",
      "framewright-cli");
  app.set_version_flag("--version", fw::version());
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  fw::cli::addTrainCommands(app);
  fw::cli::addSlowmoCommands(app);
  fw::cli::addJobCommands(app);
  fw::cli::addVideoCommands(app);
  fw::cli::addSelfCheckCommand(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::RequiredError& error) {
    // What is left over is what was meant as one.
    const auto unknown = app.remaining();
    if (!app.get_subcommands().empty() || unknown.empty()) return app.exit(error);
    std::cerr << "There is no command “" << unknown.front() << "”. See: framewright-cli --help" << std::endl;
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const CLI::Error& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    fw::logLine(error.what());
    return 1;
  }
}
