#include "code_names.h"

#include <string.h>

namespace heavyops::count {

namespace {

// As src/target/objects/code-names.ts, which reads the same from outside, has them.
constexpr Size kMostElements = 1000;
constexpr Size kLongestName = 512;
constexpr Size kLongestText = 80;  // of a constant
constexpr Size kMostItems = 8;     // of a container
constexpr int kDeepest = 2;
constexpr uint64_t kMostDigits = 600;

class Writer {
 public:
  Writer(const Settings& settings, char* into, size_t room)
      : settings_(settings), at_(into), begin_(into), end_(into + room) {}

  // The elements of the tuples that are at these places of an object.
  void names(Object* code, int64_t place, int64_t more = -1) {
    Object* const lists[] = {tuple_at(code, place), tuple_at(code, more)};
    const Size counts[] = {elements_of(lists[0]), elements_of(lists[1])};
    length(counts[0] + counts[1]);
    for (int list = 0; list < 2; list++) {
      for (Size index = 0; index < counts[list]; index++)
        text(py.TupleGetItem(lists[list], index), kLongestName);
    }
  }

  void constants(Object* code, int64_t place) {
    Object* const list = tuple_at(code, place);
    const Size count = elements_of(list);
    length(count);
    for (Size index = 0; index < count; index++) constant(py.TupleGetItem(list, index), 0);
  }

  size_t written() const { return is_full_ ? 0 : static_cast<size_t>(at_ - begin_); }

 private:
  template <typename Value>
  static Value field(const void* base, int64_t offset) {
    Value value;
    memcpy(&value, static_cast<const char*>(base) + offset, sizeof value);
    return value;
  }

  void put(const void* bytes, size_t count) {
    if (static_cast<size_t>(end_ - at_) < count) is_full_ = true;
    if (is_full_ || count == 0) return;
    memcpy(at_, bytes, count);
    at_ += count;
  }

  void tag(char letter) { put(&letter, 1); }

  void length(Size count) {
    const auto number = count > INT32_MAX ? INT32_MAX : static_cast<int32_t>(count);
    put(&number, sizeof number);
  }

  Object* type_of(Object* object) const { return field<Object*>(object, settings_.object_type); }

  Object* tuple_at(Object* object, int64_t place) const {
    Object* tuple = place < 0 ? nullptr : field<Object*>(object, place);
    return tuple != nullptr && type_of(tuple) == py.tuple_type ? tuple : nullptr;
  }

  static Size elements_of(Object* tuple) {
    const Size count = tuple == nullptr ? 0 : py.TupleSize(tuple);
    return count < kMostElements ? count : kMostElements;
  }

  // Its length in code points, and so many of these: a byte each, or four where one is beyond 255.
  void text(Object* object, Size most) {
    if (object == nullptr || type_of(object) != py.text_type) return tag('?');
    const Size whole = py.TextLength(object);
    const Size count = whole < most ? whole : most;
    uint32_t points[kLongestName];
    uint32_t all = 0;
    for (Size index = 0; index < count; index++) all |= points[index] = py.TextReadChar(object, index);
    tag(all > 0xff ? 'S' : 's');
    length(whole);
    if (all > 0xff) return put(points, static_cast<size_t>(count) * sizeof *points);
    char bytes[kLongestName];
    for (Size index = 0; index < count; index++) bytes[index] = static_cast<char>(points[index]);
    put(bytes, static_cast<size_t>(count));
  }

  void bytes(Object* object) {
    char* begin = nullptr;
    Size whole = 0;
    if (py.BytesAsStringAndSize(object, &begin, &whole) != 0) whole = 0;
    tag('b');
    length(whole);
    put(begin, static_cast<size_t>(whole < kLongestText ? whole : kLongestText));
  }

  // longobject.h: to 3.11 the sign is that of the number of digits; later it is in the low bits
  // (internal/pycore_long.h).
  void integer(Object* object) {
    const auto head = field<int64_t>(object, settings_.long_head);
    const bool is_tagged = settings_.minor >= 12;
    const bool is_negative = is_tagged ? (head & 3) == 2 : head < 0;
    const auto digits = static_cast<uint64_t>(is_tagged ? head >> 3 : is_negative ? -head : head);
    tag(is_negative ? 'n' : 'i');
    length(static_cast<Size>(digits));
    if (digits <= kMostDigits)
      put(static_cast<const char*>(object) + settings_.long_digit, digits * sizeof(uint32_t));
  }

  void number(double value) { put(&value, sizeof value); }

  void tuple(Object* object, int depth) {
    const Size whole = py.TupleSize(object);
    tag('(');
    length(whole);
    for (Size index = 0; depth < kDeepest && index < whole && index < kMostItems; index++)
      constant(py.TupleGetItem(object, index), depth + 1);
  }

  // Objects/setobject.c: entries of a key and its hash; a key that is removed leaves one with the hash -1.
  void set(Object* object, int depth) {
    const auto whole = field<int64_t>(object, settings_.set_used);
    const auto mask = field<int64_t>(object, settings_.set_mask);
    const auto* table = field<const char*>(object, settings_.set_table);
    tag('{');
    length(whole);
    Size written = 0;
    for (int64_t slot = 0; depth < kDeepest && slot <= mask && written < whole && written < kMostItems;
         slot++) {
      auto* key = field<Object*>(table, slot * 16);
      if (key == nullptr || field<int64_t>(table, slot * 16 + 8) == -1) continue;
      constant(key, depth + 1);
      written++;
    }
  }

  void slice(Object* object, int depth) {
    tag(':');
    length(3);
    for (int part = 0; depth < kDeepest && part < 3; part++)
      constant(field<Object*>(object, settings_.slice_start + part * 8), depth + 1);
  }

  // No class of the program's own is asked for a text: its name, in C, has to do.
  void other(Object* type) {
    const auto* name = field<const char*>(type, settings_.type_name);
    const size_t count = strnlen(name, kLongestText);
    tag('o');
    length(static_cast<Size>(count));
    put(name, count);
  }

  void constant(Object* object, int depth) {
    if (object == nullptr) return tag('?');
    if (object == py.none) return tag('N');
    if (object == py.true_object) return tag('T');
    if (object == py.false_object) return tag('F');
    if (object == py.ellipsis) return tag('E');
    Object* const type = type_of(object);
    if (type == py.text_type) return text(object, kLongestText);
    if (type == py.long_type) return integer(object);
    if (type == py.bytes_type) return bytes(object);
    if (type == py.tuple_type) return tuple(object, depth);
    if (type == py.frozenset_type) return set(object, depth);
    if (type == py.slice_type) return slice(object, depth);
    if (type == py.float_type) {
      tag('f');
      return number(py.FloatAsDouble(object));
    }
    if (type == py.complex_type) {
      tag('c');
      number(py.ComplexReal(object));
      return number(py.ComplexImaginary(object));
    }
    if (type == py.code_type) {
      tag('C');
      return text(field<Object*>(object, settings_.code_name), kLongestName);
    }
    other(type);
  }

  const Settings& settings_;
  char* at_;
  char* const begin_;
  char* const end_;
  bool is_full_ = false;
};

}  // namespace

size_t write_names(Object* code, const Settings& settings, char* into, size_t room) {
  Writer writer(settings, into, room);
  writer.names(code, settings.code_names);
  writer.constants(code, settings.code_constants);
  writer.names(code, settings.code_variables);
  writer.names(code, settings.code_cells, settings.code_free);
  return writer.written();
}

}  // namespace heavyops::count
