#include <unistd.h>

#include <cstring>

#include "check.h"

// Runs the tests whose sentence contains the first argument; all without one.
int main(int count, char** arguments) {
  const char* wanted = count > 1 ? arguments[1] : "";
  int ran = 0, failed = 0;
  for (const auto& test : heavyops::test::tests()) {
    if (std::strstr(test.sentence, wanted) == nullptr) continue;
    alarm(300);  // nothing here may hang: SIGALRM ends the process
    std::cerr << test.sentence << "\n";
    int before = heavyops::test::failures();
    heavyops::test::running() = &test;
    test.run();
    ++ran;
    if (heavyops::test::failures() != before) ++failed;
  }
  std::cerr << ran << " tests, " << failed << " failed\n";
  return failed == 0 && ran != 0 ? 0 : 1;
}
