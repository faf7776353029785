// Takes the place of the functions through which a run could get at something that is not its own.
// A program's own definitions come before those of the libraries that it is linked with, for these
// libraries too. Outside of a run everything is passed on.

#include "sim/tripwire.h"

#include <cstdlib>
#include <cstring>
#include <random>

#include <dlfcn.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

// No stdio: it may be what was called.
void write_text(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) std::_Exit(98);
}

void trip(const char* what) {
  if (!syncline::sim::Tripwire::armed) return;
  syncline::sim::Tripwire::armed = false;
  write_text("syncline-sim: ");
  write_text(what);
  write_text(" was called from inside a run: it cannot be repeated\n");
  std::abort();
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* at) noexcept {
  trip("clock_gettime");
  return static_cast<int>(syscall(SYS_clock_gettime, clock, at));
}

int gettimeofday(struct timeval* at, void* zone) noexcept {
  trip("gettimeofday");
  return static_cast<int>(syscall(SYS_gettimeofday, at, zone));
}

time_t time(time_t* at) noexcept {
  trip("time");
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}

ssize_t getrandom(void* buffer, size_t bytes, unsigned flags) {
  trip("getrandom");
  return syscall(SYS_getrandom, buffer, bytes, flags);
}

int socket(int domain, int type, int protocol) noexcept {
  trip("socket");
  return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  trip("pthread_create");
  static auto* const real = next<decltype(pthread_create)>("pthread_create");
  return real(thread, attributes, start, argument);
}

}  // extern "C"

std::random_device::result_type std::random_device::_M_getval() {
  trip("std::random_device");
  result_type value = 0;
  syscall(SYS_getrandom, &value, sizeof value, 0);
  return value;
}
