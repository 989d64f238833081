#pragma once
#include <QImage>
#include <QStringList>
#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;

namespace fw {

class Task;

/// The person's own pictures or files: drop them, or add them with the button; each shows as a thumbnail.
class PathListEdit : public QWidget {
  Q_OBJECT
 public:
  explicit PathListEdit(QWidget* parent = nullptr);

  QStringList paths() const { return paths_; }
  void setPaths(const QStringList& paths);
  void add(const QStringList& paths);  ///< those already there are not added twice

 Q_SIGNALS:
  void changed();

 protected:
  void dragEnterEvent(QDragEnterEvent*) override;
  void dropEvent(QDropEvent*) override;
  bool eventFilter(QObject*, QEvent*) override;

 private:
  void rebuild();
  void loadThumbnails();
  void removeSelected();

  QStringList paths_;
  QListWidget* list_;
  QLabel* hint_;
  QPushButton* clear_;
  Task* task_;
  bool again_ = false;
};

}  // namespace fw
