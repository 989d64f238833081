#pragma once
#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QString>
#include <vector>

class QLabel;

/// How the window looks: one palette in a light and a dark kind, one style sheet, one type scale, one grid.
namespace fw {

/// Everything is spaced in multiples of this many pixels.
constexpr int kGrid = 8;

enum class ThemeChoice { System, Light, Dark };

/// What the style sheet and the painting widgets draw with; QPalette has no words for half of these.
struct Colours {
  QColor window, surface, raised, canvas, border, strongBorder;
  QColor text, muted, accent, accentSoft, onAccent;
  QColor good, warning, bad;
  std::vector<QColor> series;  ///< of curves, well apart from each other for most colour-blind people too
};

bool isDark(const QPalette& palette);
/// The light or the dark set, whichever the widget's palette belongs to.
const Colours& coloursOf(const QPalette& palette);

/// Sets palette, fonts and style sheet of the whole program. Widgets hear of it as QEvent::PaletteChange.
void applyTheme(ThemeChoice choice);
/// What the person chose last; System until then.
ThemeChoice savedTheme();
void saveTheme(ThemeChoice choice);
/// While System is chosen, follows the desktop when it changes between light and dark.
void followDesktop();

/// One of resources/icons in the theme's colours: muted, text when checked or active, faint when disabled.
QIcon icon(const QString& name);
QIcon iconOnAccent(const QString& name);  ///< for a primary button
/// The same as a picture of `size` pixels in one colour.
QPixmap iconPixmap(const QString& name, int size, const QColor& colour, double devicePixelRatio);

/// The type scale. Body text is the application's font.
enum class TextRole { Display, Title, Heading, Body, Small, Number };
QFont fontOf(TextRole role);
/// A label in one of the roles that wraps and can be selected; `muted` for the second voice.
QLabel* label(const QString& text, TextRole role = TextRole::Body, bool muted = false);

}  // namespace fw
