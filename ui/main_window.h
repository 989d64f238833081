#pragma once
#include <QMainWindow>
#include <QStringList>

class QButtonGroup;
class QStackedWidget;
class QTimer;

namespace fw {

class ExperimentsPage;
class ExplorePage;
class MessageBar;
class RunsPage;
class SlowmoPage;
class StoreThread;

enum class Place { Slowmo, Experiments, Explore, Runs };

/// What a dropped file is good for, by its name.
enum class FileFit { Video, Picture, Weights, Setup, Folder, Unknown };
FileFit fitOf(const QString& file);

/// The window: a rail of four places. Files dropped anywhere go where they fit; closing while something runs
/// asks.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  void go(Place place);
  Place place() const;
  void open(const QStringList& files);  ///< as if they were dropped here
  bool working() const;
  QStringList work() const;  ///< what would be lost, in words

  SlowmoPage* slowmo() const { return slowmo_; }
  ExperimentsPage* experiments() const { return experiments_; }
  ExplorePage* explore() const { return explore_; }
  RunsPage* runs() const { return runs_; }
  MessageBar* message() const { return message_; }

 protected:
  void closeEvent(QCloseEvent*) override;
  void dragEnterEvent(QDragEnterEvent*) override;
  void dropEvent(QDropEvent*) override;

 private:
  QWidget* makeRail();
  void makeShortcuts();
  void chooseFiles();
  void openPictures(const QStringList& files);
  void openWeights(const QString& file);
  void useEngine(const QString& engine, const QString& weights, const QString& called);
  void askBeforeClosing();
  void finishClosing();
  void refreshRunsSoon();

  StoreThread* store_;
  QButtonGroup* places_;
  QStackedWidget* stack_;
  MessageBar* message_;
  SlowmoPage* slowmo_;
  ExperimentsPage* experiments_;
  ExplorePage* explore_;
  RunsPage* runs_;
  QTimer* refreshRuns_;
  bool closing_ = false;  ///< everything is stopped: the next close is the last
};

}  // namespace fw
