// NCCL's part: communicators between processes, in a shared file without a name, and the collectives. As with NCCL, a rank
// that is gone makes the others wait forever, until they abort.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "stand-in.h"

namespace stand_in {
namespace {

constexpr int kMostRanks = 8;
constexpr size_t kSlotBytes = size_t{4} << 20;
constexpr char kMagic[8] = "standin";
constexpr int kFirstOwnOp = 0x100;

struct Id {
  char magic[8];
  int32_t pid, file;
  uint64_t token;
};

struct Announcement {
  char kind;
  int32_t type, op, root;
  uint64_t count, number;
};

struct Shared {
  uint64_t token;
  std::atomic<uint32_t> size, arrived, finalized, count, generation;
  std::atomic<uint32_t> taken[kMostRanks];
  Announcement announcements[kMostRanks];
};

constexpr size_t kHeaderBytes = 4096;
static_assert(sizeof(Shared) <= kHeaderBytes, "the header has one page");

std::mutex g_mutex;  // for what follows
std::map<uint64_t, int> g_ids;  // the file of each id that was made here, by its token
std::set<ncclComm*> g_comms;

}  // namespace
}  // namespace stand_in

using namespace stand_in;

struct ncclComm {
  Shared* shared = nullptr;
  uint64_t token = 0;
  int rank = 0, size = 0, device = 0;
  bool aborted() const { return aborting.load(); }
  std::atomic<bool> aborting{false};
  std::atomic<int> inFlight{0};
  std::atomic<uint64_t> number{0};
  cudaStream_t stream = nullptr;  // the first that it was used on
  bool busy = false, finalizing = false;
  int asked = 0;
  std::map<ncclRedOp_t, float> products;
};

namespace stand_in {
namespace {

char* Slot(const ncclComm& comm, int rank) { return reinterpret_cast<char*>(comm.shared) + kHeaderBytes + rank * kSlotBytes; }

/** False if the communicator is aborted meanwhile. */
bool Meet(ncclComm& comm) {
  Shared& shared = *comm.shared;
  const uint32_t generation = shared.generation.load();
  if (shared.count.fetch_add(1) + 1 == static_cast<uint32_t>(comm.size)) {
    shared.count.store(0);
    shared.generation.fetch_add(1);
    syscall(SYS_futex, &shared.generation, FUTEX_WAKE, 1 << 20, nullptr, nullptr, 0);
    return true;
  }
  const timespec slice{0, 1'000'000};
  while (shared.generation.load() == generation) {
    if (comm.aborted()) return false;
    syscall(SYS_futex, &shared.generation, FUTEX_WAIT, generation, &slice, nullptr, 0);
  }
  return true;
}

size_t SizeOf(ncclDataType_t type) {
  switch (type) {
    case 0: return 1;
    case 6: case 9: return 2;
    case 7: return 4;
    case 8: return 8;
    default: Complain("a data type %d, which nobody here uses", type);
  }
}

template <typename Element>
void Combine(ncclComm& comm, char* out, size_t count, const Announcement& call, float product) {
  for (size_t i = 0; i < count; ++i) {
    Element value = 0;
    for (int rank = 0; rank < comm.size; ++rank) {
      Element next;
      memcpy(&next, Slot(comm, rank) + i * sizeof next, sizeof next);
      next = static_cast<Element>(next * static_cast<Element>(product));
      value = rank == 0 ? next : call.op == 2 ? std::fmax(value, next) : value + next;  // NCCL's maximum forgets NaN, too
    }
    memcpy(out + i * sizeof value, &value, sizeof value);
  }
}

void CombineAny(ncclComm& comm, char* out, size_t count, const Announcement& call, float product) {
  if (call.type == 7) {
    Combine<float>(comm, out, count, call, product);
  } else if (call.type == 8) {
    Combine<double>(comm, out, count, call, product);
  } else {
    Complain("sums of type %d, which nobody here asks for", call.type);
  }
}

/** The number of the call, of each communicator, that a variable of the environment names; 0 for none. */
uint64_t Named(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr ? strtoull(value, nullptr, 10) : 0;
}

/** On the stream's thread. */
void Work(ncclComm& comm, const Announcement& call, const char* in, char* out, float product) {
  // As if this rank's GPU had stopped.
  if (call.number == Named("AUSPEX_STAND_IN_STALL")) {
    while (!comm.aborted()) usleep(100);
  }
  if (comm.aborted()) return;
  comm.shared->announcements[comm.rank] = call;
  if (!Meet(comm)) return;
  for (int rank = 0; rank < comm.size; ++rank) {
    const Announcement& other = comm.shared->announcements[rank];
    if (other.kind != call.kind || other.type != call.type || (other.op != call.op && call.op < kFirstOwnOp) || other.root != call.root || other.count != call.count || other.number != call.number) {
      Complain("rank %d came with call %lu: %c of %lu, rank %d with call %lu: %c of %lu", rank, other.number, other.kind, other.count, comm.rank, call.number, call.kind,
               call.count);
    }
  }
  const size_t element = SizeOf(call.type), piece = kSlotBytes / element;
  const int parts = call.kind == 's' ? comm.size : 1;
  for (int part = 0; part < parts; ++part) {
    for (size_t at = 0; at < call.count; at += piece) {
      const size_t count = std::min(piece, call.count - at);
      const size_t offset = (part * call.count + at) * element;
      if (call.kind != 'b' || comm.rank == call.root) memcpy(Slot(comm, comm.rank), in + offset, count * element);
      if (!Meet(comm)) return;
      if (call.kind == 'g') {
        for (int rank = 0; rank < comm.size; ++rank) memcpy(out + (rank * call.count + at) * element, Slot(comm, rank), count * element);
      } else if (call.kind == 'b') {
        memcpy(out + offset, Slot(comm, call.root), count * element);
      } else if (call.kind == 'r') {
        CombineAny(comm, out + offset, count, call, product);
      } else if (part == comm.rank) {
        CombineAny(comm, out + at * element, count, call, product);
      }
      if (!Meet(comm)) return;
    }
  }
}

ncclComm& Living(ncclComm_t comm, const char* what) {
  std::lock_guard<std::mutex> lock(g_mutex);
  if (g_comms.count(comm) == 0) Complain("%s: there is no such communicator (any more)", what);
  return *comm;
}

bool Formed(const ncclComm& comm) { return comm.shared->arrived.load() == static_cast<uint32_t>(comm.size); }

/** `inParts` and `outParts` are how many times `count` elements there are. */
ncclResult_t Launch(ncclComm_t handle, const char* what, Announcement call, const void* in, size_t inParts, void* out, size_t outParts, cudaStream_t stream) {
  ncclComm& comm = Living(handle, what);
  if (!Formed(comm)) Complain("%s: before the ranks have come together", what);
  if (comm.busy) Complain("%s: before NCCL has taken the call before it", what);
  if (comm.finalizing || comm.aborted()) Complain("%s: after its end", what);
  if (comm.device != ChosenDevice()) Complain("%s: with GPU %d chosen, for a communicator of GPU %d", what, ChosenDevice(), comm.device);
  Stream& on = StreamOf(stream, what);
  if (comm.stream == nullptr) comm.stream = stream;
  if (comm.stream != stream) Complain("%s: on another stream than before", what);
  float product = 1;
  if (call.op >= kFirstOwnOp) {
    if (comm.products.count(call.op) == 0) Complain("%s: there is no such operator (any more)", what);
    product = comm.products[call.op];
  }
  const size_t bytes = call.count * SizeOf(call.type);
  const auto *from = static_cast<const char*>(in), *to = static_cast<const char*>(out);
  if (from < to + outParts * bytes && to < from + inParts * bytes) {
    // In place: one is the rank's own part of the other.
    const bool fits = inParts == outParts ? from == to : inParts < outParts ? from == to + comm.rank * bytes : to == from + comm.rank * bytes;
    if (!fits) Complain("%s: input and output overlap", what);
  }
  Use inUse(in, inParts * bytes, on, false, what), outUse(out, outParts * bytes, on, true, what);
  call.number = ++comm.number;
  comm.inFlight.fetch_add(1);
  on.post(
      [&comm, call, inUse, outUse, product] {
        Work(comm, call, inUse.data(), outUse.data(), product);
        comm.inFlight.fetch_sub(1);
      },
      true);
  comm.busy = comm.number % 3 == 0;  // now and then NCCL takes its time
  comm.asked = 0;
  return comm.busy ? 7 : 0;
}

bool HasWork(int device) {
  std::lock_guard<std::mutex> lock(g_mutex);
  return std::any_of(g_comms.begin(), g_comms.end(), [&](const ncclComm* comm) { return comm->device == device && comm->inFlight.load() > 0; });
}

/** It gives back memory of the GPU, which waits for the kernels of all its communicators. */
void Forget(ncclComm& comm) {
  while (HasWork(comm.device)) usleep(20);
  {
    std::lock_guard<std::mutex> lock(g_mutex);
    g_comms.erase(&comm);
    const auto id = g_ids.find(comm.token);
    if (id != g_ids.end()) {
      close(id->second);
      g_ids.erase(id);
    }
  }
  munmap(comm.shared, kHeaderBytes + kMostRanks * kSlotBytes);
  delete &comm;
}

}  // namespace

int LivingComms() {
  std::lock_guard<std::mutex> lock(g_mutex);
  return static_cast<int>(g_comms.size());
}

int LivingIds() {
  std::lock_guard<std::mutex> lock(g_mutex);
  return static_cast<int>(g_ids.size());
}

}  // namespace stand_in

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  const char* claimed = getenv("AUSPEX_STAND_IN_NCCL");
  *version = claimed != nullptr ? atoi(claimed) : 22105;
  return 0;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  const int file = memfd_create("auspex-nccl-stand-in", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, kHeaderBytes + kMostRanks * kSlotBytes) != 0) return 2;
  std::random_device random;
  Id made{{}, getpid(), file, (static_cast<uint64_t>(random()) << 32) | random()};
  memcpy(made.magic, kMagic, sizeof kMagic);
  if (pwrite(file, &made.token, sizeof made.token, offsetof(Shared, token)) != sizeof made.token) return 2;
  memset(id, 0, sizeof *id);
  memcpy(id, &made, sizeof made);
  std::lock_guard<std::mutex> lock(g_mutex);
  g_ids[made.token] = file;
  return 0;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* out, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config) {
  if (config->size != 24 || config->magic != 0xcafebeef || config->version != 21400) Complain("ncclCommInitRankConfig: a config that is none");
  if (config->blocking != 0) Complain("ncclCommInitRankConfig: a communicator that blocks");
  if (ranks < 1 || ranks > kMostRanks || rank < 0 || rank >= ranks) Complain("ncclCommInitRankConfig: rank %d of %d", rank, ranks);
  if (ranks == 1 && HasWork(ChosenDevice())) Complain("ncclCommInitRankConfig: of one rank, which could have come before work that may hang");
  Id made;
  memcpy(&made, &id, sizeof made);
  if (memcmp(made.magic, kMagic, sizeof kMagic) != 0) Complain("ncclCommInitRankConfig: an id that is none");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", made.pid, made.file);
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return 6;
  void* memory = mmap(nullptr, kHeaderBytes + kMostRanks * kSlotBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return 2;
  auto* comm = new ncclComm;
  comm->shared = static_cast<Shared*>(memory);
  comm->token = made.token;
  comm->rank = rank;
  comm->size = ranks;
  comm->device = ChosenDevice();
  if (comm->shared->token != made.token) Complain("ncclCommInitRankConfig: an id of a communicator that has ended");
  uint32_t none = 0;
  if (!comm->shared->size.compare_exchange_strong(none, static_cast<uint32_t>(ranks)) && none != static_cast<uint32_t>(ranks)) {
    Complain("ncclCommInitRankConfig: for %d ranks, elsewhere for %u", ranks, none);
  }
  if (comm->shared->taken[rank].fetch_add(1) != 0) Complain("ncclCommInitRankConfig: rank %d twice", rank);
  {
    std::lock_guard<std::mutex> lock(g_mutex);
    g_comms.insert(comm);
  }
  comm->shared->arrived.fetch_add(1);
  *out = comm;
  return 7;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t handle, ncclResult_t* error) {
  ncclComm& comm = Living(handle, "ncclCommGetAsyncError");
  if (comm.number > 0 && comm.number == Named("AUSPEX_STAND_IN_FAIL")) {
    *error = 6;  // as NCCL says when a connection broke
    return 0;
  }
  if (++comm.asked > 2) comm.busy = false;
  const bool waits = !Formed(comm) || comm.busy || (comm.finalizing && comm.shared->finalized.load() < static_cast<uint32_t>(comm.size));
  *error = waits ? 7 : 0;
  return 0;
}

ncclResult_t ncclCommFinalize(ncclComm_t handle) {
  ncclComm& comm = Living(handle, "ncclCommFinalize");
  if (comm.finalizing) Complain("ncclCommFinalize: twice");
  comm.finalizing = true;
  comm.shared->finalized.fetch_add(1);
  return 7;
}

ncclResult_t ncclCommDestroy(ncclComm_t handle) {
  ncclComm& comm = Living(handle, "ncclCommDestroy");
  if (!comm.finalizing || comm.inFlight.load() > 0) Complain("ncclCommDestroy: of a communicator that is not finalized");
  if (!comm.products.empty()) Complain("ncclCommDestroy: with an operator left");
  Forget(comm);
  return 0;
}

ncclResult_t ncclCommAbort(ncclComm_t handle) {
  ncclComm& comm = Living(handle, "ncclCommAbort");
  comm.aborting.store(true);
  Forget(comm);
  return 0;
}

ncclResult_t ncclAllGather(const void* in, void* out, size_t count, ncclDataType_t type, ncclComm_t comm, cudaStream_t stream) {
  const size_t ranks = static_cast<size_t>(Living(comm, "ncclAllGather").size);
  return Launch(comm, "ncclAllGather", {'g', type, 0, 0, count, 0}, in, 1, out, ranks, stream);
}

ncclResult_t ncclReduceScatter(const void* in, void* out, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream) {
  const size_t ranks = static_cast<size_t>(Living(comm, "ncclReduceScatter").size);
  return Launch(comm, "ncclReduceScatter", {'s', type, op, 0, count, 0}, in, ranks, out, 1, stream);
}

ncclResult_t ncclAllReduce(const void* in, void* out, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream) {
  return Launch(comm, "ncclAllReduce", {'r', type, op, 0, count, 0}, in, 1, out, 1, stream);
}

ncclResult_t ncclBroadcast(const void* in, void* out, size_t count, ncclDataType_t type, int root, ncclComm_t comm, cudaStream_t stream) {
  return Launch(comm, "ncclBroadcast", {'b', type, 0, root, count, 0}, in, 1, out, 1, stream);
}

ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t* op, void* scalar, ncclDataType_t type, int residence, ncclComm_t handle) {
  ncclComm& comm = Living(handle, "ncclRedOpCreatePreMulSum");
  if (type != 7 || residence != 1) Complain("ncclRedOpCreatePreMulSum: of type %d at %d", type, residence);
  *op = kFirstOwnOp + static_cast<int>(comm.number.load());
  memcpy(&comm.products[*op], scalar, sizeof(float));
  return 0;
}

ncclResult_t ncclRedOpDestroy(ncclRedOp_t op, ncclComm_t handle) {
  if (Living(handle, "ncclRedOpDestroy").products.erase(op) == 0) Complain("ncclRedOpDestroy: there is no such operator");
  return 0;
}

const char* ncclGetErrorString(ncclResult_t result) { return result == 6 ? "remote process exited or there was a network error" : "an error of the stand-in"; }
}
