// Replaces the global operator new by one that counts. In a source of its own, so that no caller
// sees through it.

#include <atomic>
#include <cstdlib>
#include <new>

std::atomic<long> allocations{0}, allocated_bytes{0};

void* operator new(std::size_t size) {
  ++allocations, allocated_bytes += static_cast<long>(size);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations, allocated_bytes += static_cast<long>(size);
  return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
