// In place of gloo.cc where the library could not be had when the addon was built.
#include "transport.h"

namespace auspex {

bool HasGloo() { return false; }

std::shared_ptr<Transport> OpenGloo(const TransportOptions&) { throw GlooMissing(); }

}  // namespace auspex
