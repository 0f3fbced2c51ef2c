#pragma once
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

// A test framework of one page: TEST registers a sentence, CHECK and CHECK_EQUAL count what does not hold.
namespace heavyops::test {

struct Test {
  const char* sentence;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

// The test that runs now.
inline const Test*& running() {
  static const Test* one = nullptr;
  return one;
}

constexpr int kMostFailuresShown = 8;

struct Registration {
  Registration(const char* sentence, void (*run)()) { tests().push_back({sentence, run}); }
};

inline void fail(const char* file, int line, const std::string& what) {
  static const Test* told = nullptr;
  static int count = 0;
  ++failures();
  if (told != running()) count = 0;
  told = running();
  if (++count > kMostFailuresShown) return;  // of a loop: the first ones tell
  std::cerr << "  " << file << ":" << line << ": " << what << "\n";
}

template <typename T>
std::string show(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <typename T>
std::string show(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& value : values) out += (out.size() > 1 ? ", " : "") + show(value);
  return out + "]";
}

template <typename A, typename B>
void check_equal(const A& a, const B& b, const char* expression, const char* file, int line) {
  if (!(a == b)) fail(file, line, std::string(expression) + ": " + show(a) + " is not " + show(b));
}

}  // namespace heavyops::test

#define HEAVYOPS_JOIN_(a, b) a##b
#define HEAVYOPS_JOIN(a, b) HEAVYOPS_JOIN_(a, b)
#define HEAVYOPS_TEST(name, sentence)                                           \
  static void name();                                                           \
  static ::heavyops::test::Registration HEAVYOPS_JOIN(name, _)(sentence, name); \
  static void name()
#define TEST(sentence) HEAVYOPS_TEST(HEAVYOPS_JOIN(test_, __LINE__), sentence)
#define CHECK(condition) \
  ((condition) ? void() : ::heavyops::test::fail(__FILE__, __LINE__, #condition " does not hold"))
#define CHECK_EQUAL(a, b) ::heavyops::test::check_equal((a), (b), #a, __FILE__, __LINE__)
