#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/command_line.h"

int main(int argc, char** argv) {
  try {
    return aisle::app::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "aisle: unexpected: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "aisle: unexpected failure of an unknown kind\n");
  }
  return 1;
}
