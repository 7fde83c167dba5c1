// Waiting for a number in memory that processes share.
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

namespace auspex {

static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free, "a futex is a plain 32-bit word");

/** Sleeps until woken, at most `nanoseconds`, and only if the word still is `expected`. May return early. */
inline void FutexWait(std::atomic<uint32_t>& word, uint32_t expected, int64_t nanoseconds) {
  const timespec time{static_cast<time_t>(nanoseconds / 1000000000), static_cast<long>(nanoseconds % 1000000000)};
  syscall(SYS_futex, &word, FUTEX_WAIT, expected, &time, nullptr, 0);
}

inline void FutexWakeAll(std::atomic<uint32_t>& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

/** A number that only grows (and wraps around), written by one rank and awaited by others. */
struct alignas(64) Milestone {
  std::atomic<uint32_t> value{0}, sleepers{0};

  bool reached(uint32_t target) const { return static_cast<int32_t>(value.load(std::memory_order_acquire) - target) >= 0; }

  /** Everything written before is visible to whoever sees the value. */
  void publish(uint32_t next) {
    // Both this store and load, and a sleeper's count and look at the value, are sequentially consistent: one of the two
    // sees the other, so that nobody falls asleep unseen.
    value.store(next, std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) != 0) FutexWakeAll(value);
  }

  void sleep(uint32_t target, int64_t nanoseconds) {
    sleepers.fetch_add(1, std::memory_order_seq_cst);
    const uint32_t seen = value.load(std::memory_order_seq_cst);
    if (static_cast<int32_t>(seen - target) < 0) FutexWait(value, seen, nanoseconds);
    sleepers.fetch_sub(1, std::memory_order_seq_cst);
  }
};

}  // namespace auspex
