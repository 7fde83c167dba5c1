#include "order.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "stand-in.h"

namespace stand_in {
namespace {

struct Access {
  uint64_t stream, number;
  uintptr_t begin, end;
  bool writes;
  const char* what;
};

std::mutex g_mutex;  // for what follows
std::map<uint64_t, Progress> g_streams;
Progress g_host;
std::vector<Access> g_accesses;

void Merge(Progress& into, const Progress& from) {
  for (const auto& [stream, number] : from) into[stream] = std::max(into[stream], number);
}

bool Covers(const Progress& progress, const Access& access) {
  const auto found = progress.find(access.stream);
  return found != progress.end() && found->second >= access.number;
}

}  // namespace

Progress ProgressOf(uint64_t stream) {
  std::lock_guard<std::mutex> lock(g_mutex);
  return g_streams[stream];
}

void WaitFor(uint64_t stream, const Progress& progress) {
  std::lock_guard<std::mutex> lock(g_mutex);
  Merge(g_streams[stream], progress);
}

void HostKnows(const Progress& progress) {
  std::lock_guard<std::mutex> lock(g_mutex);
  Merge(g_host, progress);
}

void Touch(uint64_t stream, const void* pointer, size_t bytes, bool writes, const char* what) {
  std::lock_guard<std::mutex> lock(g_mutex);
  const auto begin = reinterpret_cast<uintptr_t>(pointer);
  Progress& progress = g_streams[stream];
  Merge(progress, g_host);
  for (const Access& access : g_accesses) {
    const bool conflicts = access.begin < begin + bytes && begin < access.end && (writes || access.writes);
    if (!conflicts || Covers(progress, access)) continue;
    Complain("%s %s %zu bytes that %s of another stream %s, and nothing puts the two in an order", what, writes ? "writes" : "reads", bytes, access.what,
             access.writes ? "writes" : "reads");
  }
  const Access made{stream, ++progress[stream], begin, begin + bytes, writes, what};
  const auto isOver = [&](const Access& access) {
    return Covers(g_host, access) || (access.stream == stream && access.begin == made.begin && access.end == made.end && access.writes == writes);
  };
  g_accesses.erase(std::remove_if(g_accesses.begin(), g_accesses.end(), isOver), g_accesses.end());
  g_accesses.push_back(made);
}

void ForgetUses(const void* pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(g_mutex);
  const auto begin = reinterpret_cast<uintptr_t>(pointer);
  const auto isOf = [&](const Access& access) { return begin <= access.begin && access.begin < begin + bytes; };
  g_accesses.erase(std::remove_if(g_accesses.begin(), g_accesses.end(), isOf), g_accesses.end());
}

}  // namespace stand_in
