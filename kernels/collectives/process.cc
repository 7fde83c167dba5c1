#include "process.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace auspex {
namespace {

struct Status {
  char state = 'X';
  uint64_t startTime = 0;
};

/** Fields 3 and 22 of /proc/PID/stat; state X if there is no such process. */
Status ReadStatus(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text, '\0')) return {};
  // The name in parentheses may hold anything, spaces and parentheses too.
  const size_t name = text.rfind(')');
  if (name == std::string::npos) return {};
  std::istringstream fields(text.substr(name + 1));
  Status status;
  fields >> status.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> status.startTime;
  return status;
}

}  // namespace

ProcessIdentity ThisProcess() { return {getpid(), ReadStatus(getpid()).startTime}; }

bool IsAlive(const ProcessIdentity& process) {
  const Status status = ReadStatus(process.pid);
  // Where the file cannot be read for another reason (too many open files), a process that takes signals counts as alive.
  if (status.state == 'X' && (kill(process.pid, 0) == 0 || errno == EPERM)) return true;
  return status.state != 'X' && status.state != 'x' && status.state != 'Z' && status.startTime == process.startTime;
}

std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!(file >> id)) throw std::runtime_error("/proc/sys/kernel/random/boot_id cannot be read");
  return id;
}

}  // namespace auspex
