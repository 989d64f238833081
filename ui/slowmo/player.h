#pragma once
#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <memory>

#include "core/slowmo/clip_decoder.h"
#include "ui/work/mailbox.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QToolButton;

namespace fw {

class FrameView;

/// Plays a clip by its frames' own timestamps (silently), steps, scrubs, loops, zooms, fills the screen.
/// Decoding has a thread of its own; when it cannot keep up, the clip plays slower rather than with holes.
class Player : public QWidget {
  Q_OBJECT
 public:
  explicit Player(QWidget* parent = nullptr);
  ~Player() override;

  void open(const SlowmoRequest& source, double duration);  ///< and plays at once
  void close();
  void setPart(double in, double out);  ///< what a loop goes round; playing stops or loops at its end
  void addTools(QWidget* tools);        ///< more buttons for the row below the picture

  bool playing() const { return playing_; }
  double position() const { return shown_.time; }
  double frameDuration() const { return shown_.duration; }
  FrameView* view() const { return view_; }
  void play();
  void pause();
  void togglePlaying() { playing_ ? pause() : play(); }
  void step(int direction);  ///< one frame forward (+1) or back (−1), and stays there
  void seek(double seconds);
  void toggleFullScreen();

 Q_SIGNALS:
  void positionChanged(double seconds);
  void playingChanged(bool playing);
  void failed(const QString& message);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct News {
    int opened = 0;
    QString error;
  };
  void buildControls();
  void letGo();
  void startSeek(double seconds);
  void advance();
  void playOn();
  void reachedEnd();
  void show(ClipFrame frame);
  void showTime();
  void setPlaying(bool playing);
  void restartClock(double at);
  double mediaTime() const;

  std::shared_ptr<Mailbox<News>> mailbox_;
  std::shared_ptr<ClipDecoder> decoder_;
  int opened_ = 0;  ///< what comes from decoders of other clips is no longer wanted
  ClipFrame shown_;
  std::optional<ClipFrame> next_;    ///< decoded, its time has not come
  std::optional<double> seekAfter_;  ///< asked for while another seek was under way
  bool seeking_ = false, starving_ = false, playing_ = false, atEnd_ = false;
  int stepsToGo_ = 0;
  double duration_ = 0, in_ = 0, out_ = 0;
  double clockBase_ = 0;
  QElapsedTimer clock_;
  QTimer timer_;

  FrameView* view_;
  QBoxLayout* column_;
  QBoxLayout* controls_;
  QToolButton* playButton_ = nullptr;
  QToolButton* loopButton_ = nullptr;
  QComboBox* speed_ = nullptr;
  QLabel* time_ = nullptr;
  QWidget* fullScreen_ = nullptr;
};

/// A borderless button with an icon, as transport rows use them.
QToolButton* iconButton(const QString& iconName, const QString& tip);

}  // namespace fw
