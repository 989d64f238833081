#pragma once
#include <QWidget>

#include "core/slowmo/clip_decoder.h"
#include "core/slowmo/self_check.h"
#include "ui/work/mailbox.h"
#include "ui/work/task.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace fw {

class CompareView;
class Segments;

/// Hides every second frame of the clip, makes it with every engine, compares with the truth, and recommends
/// one.
class SelfCheckPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SelfCheckPanel(QWidget* parent = nullptr);

  void setClip(const SlowmoRequest& clip, double from,
               double to);  ///< seconds; what was found of another clip goes away
  void check();
  const SelfCheckResult& result() const { return result_; }
  QPushButton* checkButton() const { return check_; }
  QPushButton* useButton() const { return use_; }

 Q_SIGNALS:
  void engineChosen(const QString& id);
  void failed(const QString& message);

 private:
  void showResult();
  void showPictures();

  SlowmoRequest clip_;
  std::vector<std::filesystem::path> checked_;  ///< the clip that is checked, or was last
  double from_ = 0, to_ = 0;
  SelfCheckResult result_;
  bool stopped_ = false;  ///< by the person
  std::shared_ptr<Mailbox<SelfCheckProgress>> mailbox_;
  std::shared_ptr<SelfCheckResult> coming_;
  QLabel* words_;
  QPushButton* check_;
  QPushButton* use_;
  QProgressBar* bar_;
  QTableWidget* table_;
  Segments* which_;
  CompareView* compare_;
  QLabel* caption_;
  Task task_;
};

}  // namespace fw
