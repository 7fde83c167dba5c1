#pragma once
#include <napi.h>

#include <memory>

#include "communicator.h"

namespace auspex {
void RegisterCollectives(Napi::Env env, Napi::Object exports);

/**
 * The native communicator behind `handle` of a JavaScript Communicator, shared so that it outlives the object. Throws
 * std::runtime_error if the value is something else, or not connected.
 */
std::shared_ptr<Communicator> CommunicatorOf(const Napi::Value& handle);
}  // namespace auspex
