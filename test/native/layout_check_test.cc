#include "layout_check.h"

#include "check.h"
#include "fake_python.h"

namespace heavyops::test {
namespace {

std::string refused(const Layout& layout) {
  const char* name = misplaced_field(layout);
  return name == nullptr ? "nothing" : name;
}

TEST("Layout: fields that lie inside their structs are taken") {
  for (Style style : kStyles) CHECK_EQUAL(refused(fake_layout(style)), "nothing");
}

TEST("Layout: a field outside its struct, or one that has to be there, is refused by its name") {
  for (Style style : kDataStackStyles) {
    for (int32_t wrong : {-1, -8, 73, 80, 1 << 20, 0x7fffffff}) {
      Layout layout = fake_layout(style);
      layout.frame_previous = wrong;
      CHECK_EQUAL(refused(layout), "frame_previous");
    }
    Layout huge = fake_layout(style);
    huge.code_size = 0x7fffffff;
    CHECK_EQUAL(refused(huge), "code_size");
    Layout chunk = fake_layout(style);
    chunk.chunk_first = 72;
    CHECK_EQUAL(refused(chunk), "chunk_first");
  }
  Layout gil = fake_layout(Style::k312);
  gil.gil_locked = gil.gil_last_holder + 16;
  CHECK_EQUAL(refused(gil), "gil_locked");
}

}  // namespace
}  // namespace heavyops::test
