// Which work on a GPU's memory is in an order: by its stream, by events, or because the host has waited. Two uses of the same bytes
// that are in none, of which one writes, are a complaint, however they happen to go.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

namespace stand_in {

/** How much of each stream's work is done, or will be. */
using Progress = std::map<uint64_t, uint64_t>;

/** All that the stream has now, and what that waits for. */
Progress ProgressOf(uint64_t stream);
/** What the stream gets from now on begins after it. */
void WaitFor(uint64_t stream, const Progress&);
/** The host has waited for it: so all begins after it that anybody gives to any stream from now on. */
void HostKnows(const Progress&);
/** The stream gets work that reads or writes these bytes. */
void Touch(uint64_t stream, const void* begin, size_t bytes, bool writes, const char* what);
/** The memory is free. */
void ForgetUses(const void* begin, size_t bytes);

}  // namespace stand_in
