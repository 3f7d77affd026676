// What the thread sanitizer must complain about: two threads that count in one variable without a lock.
#include <thread>

int main() {
  int count = 0;
  std::thread other([&] { ++count; });
  ++count;
  other.join();
  return count == 2 ? 0 : 1;
}
