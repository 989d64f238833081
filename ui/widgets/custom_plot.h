#pragma once
// QCustomPlot's header speaks Qt's keywords, which are off in this program because LibTorch uses them as
// names.
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef foreach
