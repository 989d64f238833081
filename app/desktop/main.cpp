#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QIcon>
#include <QTimer>
#include <exception>
#include <iostream>

#include "app/desktop/tour.h"
#include "core/base/blas.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/version.h"
#include "ui/main_window.h"
#include "ui/theme.h"

using namespace Qt::StringLiterals;

int main(int argc, char** argv) {
  fw::useFastBlas();
  fw::keepFreedMemory();
  QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication app(argc, argv);
  QApplication::setOrganizationName(u"framewright"_s);
  QApplication::setApplicationName(u"framewright"_s);
  QApplication::setApplicationDisplayName(u"Framewright"_s);
  QApplication::setApplicationVersion(QString::fromUtf8(fw::version()));
  QGuiApplication::setDesktopFileName(u"framewright"_s);

  QCommandLineParser parser;
  parser.setApplicationDescription(
      u"A laboratory for neural networks on images and video, and slow motion for any clip."_s);
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(u"files"_s, u"Videos, pictures, weights or a set-up to open."_s,
                               u"[files…]"_s);
  const QCommandLineOption tour(u"tour"_s, u"Save pictures of every page into this folder, and end."_s,
                                u"folder"_s);
  parser.addOption(tour);
  parser.process(app);
  try {
    QStringList files;
    for (const QString& file : parser.positionalArguments()) files << QFileInfo(file).absoluteFilePath();
    if (parser.isSet(tour)) return fw::runTour(parser.value(tour), files);
    fw::applyTheme(fw::savedTheme());
    fw::followDesktop();
    QApplication::setWindowIcon(QIcon(u":/icons/framewright.svg"_s));
    fw::MainWindow window;
    window.show();
    if (!files.isEmpty()) QTimer::singleShot(0, &window, [&] { window.open(files); });
    return QApplication::exec();
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    fw::logLine(error.what());
    return 1;
  }
}
