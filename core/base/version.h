#pragma once

namespace fw {

/// "0.1.0", with the commit it was built from where git was at hand: "0.1.0+a1b2c3d". Stored with every run.
const char* version();

}  // namespace fw
