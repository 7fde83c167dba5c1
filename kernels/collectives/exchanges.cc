#include "exchanges.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace auspex {
namespace {

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

struct Exchanges::Exchange {
  Call call;
  std::shared_ptr<void> kept;
  StreamOrder order;  // of a call with a stream
  bool hasOrder = false;
  bool issued = false, over = false;
  std::exception_ptr failure;
};

Exchanges::Exchanges(std::shared_ptr<Transport> transport) : transport_(std::move(transport)), nccl_(dynamic_cast<NcclTransport*>(transport_.get())) {}

Exchanges::~Exchanges() {
  std::unique_lock<std::mutex> lock(mutex_);
  progress_.wait(lock, [this] { return underWay_ == 0; });
}

int64_t Exchanges::start(Channel channel, cudaStream_t stream, Call call, std::shared_ptr<void> kept) {
  auto exchange = std::make_shared<Exchange>();
  exchange->call = std::move(call);
  exchange->kept = std::move(kept);
  if (nccl_ != nullptr && stream != nullptr) {
    exchange->hasOrder = true;
    exchange->order = {nccl_->mark(stream), nccl_->makeEvent(), [this, of = exchange.get()] {
                         std::lock_guard<std::mutex> lock(mutex_);
                         of->issued = true;
                         progress_.notify_all();
                       }};
  }
  std::lock_guard<std::mutex> lock(mutex_);
  started_[++last_] = exchange;
  ++underWay_;
  // It stays in `started_`, and then in `awaited_`, until it is over: the thread keeps nothing alive.
  workers_[static_cast<int>(channel)].post([this, channel, of = exchange.get()] { perform(channel, *of); });
  return last_;
}

void Exchanges::perform(Channel channel, Exchange& exchange) {
  const double begin = Now();
  std::exception_ptr failure;
  try {
    if (exchange.hasOrder) nccl_->place(channel, &exchange.order);
    exchange.call(*transport_);
  } catch (...) {
    failure = std::current_exception();
  }
  if (exchange.hasOrder) nccl_->place(channel, nullptr);
  exchange.call = nullptr;
  std::lock_guard<std::mutex> lock(mutex_);
  exchange.over = true;
  exchange.failure = failure;
  if (channel == Channel::kCommunication) spans_.push_back({begin, Now()});
  --underWay_;
  progress_.notify_all();
}

void Exchanges::await(int64_t number, cudaStream_t stream) {
  std::shared_ptr<void> kept;  // let go last: what it was the memory of may be given away then
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = started_.find(number);
  if (found == started_.end()) throw std::logic_error("no exchange " + std::to_string(number) + " is under way");
  const std::shared_ptr<Exchange> exchange = found->second;
  progress_.wait(lock, [&] { return exchange->over || (exchange->issued && stream != nullptr); });
  started_.erase(number);
  kept = std::move(exchange->kept);
  if (exchange->failure) std::rethrow_exception(exchange->failure);
  if (!exchange->over) awaited_.push_back(exchange);
  lock.unlock();
  if (exchange->hasOrder && stream != nullptr) nccl_->wait(stream, exchange->order.there);
}

void Exchanges::settle() {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto awaited = awaited_;  // not taken away: another thread may settle as well
  for (const auto& exchange : awaited) {
    progress_.wait(lock, [&] { return exchange->over; });
    if (exchange->failure) std::rethrow_exception(exchange->failure);
  }
  awaited_.erase(std::remove_if(awaited_.begin(), awaited_.end(), [](const auto& exchange) { return exchange->over && !exchange->failure; }), awaited_.end());
}

std::vector<ExchangeSpan> Exchanges::takeSpans() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(spans_, {});
}

}  // namespace auspex
