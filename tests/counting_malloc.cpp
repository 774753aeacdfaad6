// Counts the memory that a test program takes, and refuses some of it where a test says so. The
// linker's --wrap puts these functions in the place of malloc, calloc and free for all that is
// compiled into the program, so that Eigen's memory counts as well as operator new's; whatever a
// shared library takes by operator new comes here too. In a source of its own, so that no caller
// sees through it.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

std::atomic<long> allocations{0}, allocated_bytes{0};
std::atomic<long> live_allocations{0};  // not yet freed
std::atomic<long> allocations_to_fail{
    -1};  // so many succeed, and the next one fails; -1: none does

namespace {

bool fails(std::size_t size) {
  ++allocations, allocated_bytes += static_cast<long>(size);
  return allocations_to_fail >= 0 && allocations_to_fail-- == 0;
}

void* counted(void* memory) {
  if (memory != nullptr) ++live_allocations;
  return memory;
}

}  // namespace

extern "C" {

void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void __real_free(void* memory);

void* __wrap_malloc(std::size_t size) {
  return fails(size) ? nullptr : counted(__real_malloc(size));
}

void* __wrap_calloc(std::size_t count, std::size_t size) {  // compilers make malloc and memset one
  return fails(count * size) ? nullptr : counted(__real_calloc(count, size));
}

void __wrap_free(void* memory) {
  if (memory != nullptr) --live_allocations;
  __real_free(memory);
}

}  // extern "C"

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

// Never fails: who asks this way, as std::stable_sort does, can do without.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations, allocated_bytes += static_cast<long>(size);
  return counted(__real_malloc(size == 0 ? 1 : size));
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
