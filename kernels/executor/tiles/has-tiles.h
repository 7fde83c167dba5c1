#pragma once

namespace auspex {

/** Whether the processor has tiles, and the system lends them to this process. */
bool HasTiles();

}  // namespace auspex
