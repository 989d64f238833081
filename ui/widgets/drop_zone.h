#pragma once
#include <QFrame>
#include <QStringList>

class QLabel;
class QMimeData;
class QPushButton;

namespace fw {

/// An inviting place to drop files on, or to click and choose them.
class DropZone : public QFrame {
  Q_OBJECT
 public:
  /// `filter` as QFileDialog wants it: "Videos (*.mp4 *.mkv);;All files (*)".
  DropZone(const QString& iconName, const QString& title, const QString& hint, const QString& filter,
           QWidget* parent = nullptr);

  void setTitle(const QString& title);
  void setHint(const QString& hint);
  /// A lower one beside other controls.
  void setCompact(bool compact);
  void choose();  ///< opens the file dialog

 Q_SIGNALS:
  void filesChosen(const QStringList& files);

 protected:
  void dragEnterEvent(QDragEnterEvent*) override;
  void dragLeaveEvent(QDragLeaveEvent*) override;
  void dropEvent(QDropEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void keyPressEvent(QKeyEvent*) override;
  void changeEvent(QEvent*) override;

 private:
  bool takes(const QStringList& files) const;  // others are left to the window
  void setHot(bool hot);
  void paintIcon();

  QString iconName_, filter_;
  QLabel* picture_;
  QLabel* title_;
  QLabel* hint_;
  QPushButton* button_;
  int iconSize_ = 48;
};

/// The local files and folders among what is dragged.
QStringList localFiles(const QMimeData* data);

}  // namespace fw
