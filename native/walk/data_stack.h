#pragma once
#include "walk/known_frames.h"
#include "walk/node_set.h"
#include "walk/walker.h"

namespace heavyops {

// CPython 3.11 and later: frames of ordinary calls lie one after another on the thread's data stack, so one
// copy of it is very nearly an instant. Which frame is on top is decided inside that image; docs/accuracy.md
// has the rule.
class DataStackWalker : public Walker {
 public:
  DataStackWalker(Memory& memory, const Layout& layout, CodeCache& codes, size_t max_depth)
      : memory_(memory), layout_(layout), codes_(codes), max_depth_(max_depth) {}

  std::unique_ptr<WalkState> make_state() const override;
  void plan_thread(WalkState& state, ThreadImage& thread, BulkRead& bulk) override;
  void plan(WalkState& state, BulkRead& bulk) override;
  size_t plan_images(WalkState& state, const ThreadImage& thread, BulkRead& bulk) override;
  bool stands_still(const WalkState& state, const BulkRead& bulk) const override;
  void find_top(WalkState& state, ThreadImage& thread, const BulkRead& bulk) override;
  WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, size_t image,
                  uint64_t now, std::vector<Frame>& frames) override;

 protected:
  ImageMemory images_;

 private:
  static constexpr size_t kNodeHead =
      8;  // bytes read in front of a frame off the data stack: a generator's state

  static constexpr size_t kMaxChunk = 64u << 20;  // bytes; one holds at least the largest frame
  static constexpr size_t kMaxTypes = 10'000;     // whose kind is kept
  static constexpr size_t kNeighbours = 3;  // the fewest images of which one has a neighbour on either side

  struct Chunk {
    Address address = 0;
    size_t size = 0;    // bytes mapped
    size_t wanted = 0;  // bytes to read
    size_t length = 0;  // bytes read
    size_t range = 0;
    size_t start = 0;               // of its bytes in an image
    bool planned = false;           // in the last bulk read
    const uint8_t* read = nullptr;  // what was read last: its own bytes, or a part of an image
    Pages bytes;
    // As the known frames were decided by.
    Pages known;
    size_t known_length = 0;

    // How much to read when so much of it is used.
    size_t with_slack(size_t used) const;
  };

  struct State final : WalkState {
    explicit State(Budget& shared) : budget(shared), nodes(shared) {}
    ~State() override { forget_chunks(); }
    bool grow(Chunk& chunk, size_t bytes);
    void forget_chunks();

    Budget& budget;
    std::vector<Chunk> chunks;  // root first
    NodeSet nodes;              // frames of generators, entry frames on the C stack
    Address cframe = 0;         // 3.11, 3.12: where the pointer to the current frame is expected
    Address pointer = 0;
    size_t range_pointer = 0;
    std::vector<Address> guess;  // top first
    size_t image = 0;            // of the series, that is looked at
    bool unsteady = false;       // the last image would do if it had neighbours
    Frame ended{};               // the top of the guess, where its caller still calls it but it has ended,
    size_t ended_above = 0;      // above so many frames; 0: it is not so
    bool truncated = false;      // the guess does not reach the root
    Address root = 0;            // the lowest frame of the last good list
    KnownFrames known;
    uint64_t fresh_until = 0;    // ns: until when their code objects need not be looked at
    bool keep = false;           // what was read last is what the known frames were decided by
    bool in_place = false;       // the walk to come finds the known frames filled in by the last one
    size_t joined = 0;           // known frames below the guess
    std::vector<Address> shims;  // by frame above those: the entry frame that it was called by, or 0
  };

  // A frame of the image while it is looked at.
  struct View {
    const uint8_t* bytes = nullptr;
    size_t length = 0;  // bytes that were read from there on
    Address address = 0;
    bool apart = false;  // not on the data stack
  };

  // What is known while frames are added from the root up.
  struct Ascent {
    State& state;
    std::vector<Frame>& frames;
    uint64_t now;
    View below{};         // the top frame so far
    View entry{};         // the entry frame above it, if C code came in between (3.12+)
    Address missed = 0;   // the last callee that its caller did not hold
    Address unusual = 0;  // the last one that is not what its caller's instruction calls
    Address next = 0;     // where the next frame on the data stack would lie
  };

  enum class Found { kYes, kNeedsMore, kNo };
  enum class Held { kYes, kNo, kUnknown };

  WalkStatus walk_image(State& state, const ThreadImage& thread, const BulkRead& bulk, size_t image,
                        uint64_t now, std::vector<Frame>& frames);
  void plan_chunk(State& state, Chunk& chunk, BulkRead& bulk);
  void select(State& state, const BulkRead& bulk, size_t image);
  WalkStatus believe(State& state, uint64_t now, std::vector<Frame>& frames);
  bool steady(State& state, std::vector<Frame>& frames) const;
  bool lasts(Ascent& ascent, const View& callee) const;
  static bool can_have_neighbours(const State& state);
  template <typename Same>
  bool same_in_neighbours(const State& state, const uint8_t* here, Same same) const;
  bool find_chunks(State& state, const ThreadImage& thread);
  bool are_as_listed(const State& state, size_t count) const;
  void forget_chunks_above(State& state, size_t count);
  size_t unchanged(State& state, uint64_t now);
  size_t fresh_codes(State& state, uint64_t now);
  void begin_with_known(State& state, std::vector<Frame>& frames);
  void remember(State& state, const std::vector<Frame>& frames, uint64_t now);
  Found descend(State& state, Address top, size_t known);
  Found view(State& state, Address address, View& out);
  WalkStatus ascend(State& state, uint64_t now, std::vector<Frame>& frames);
  bool push(Ascent& ascent, const View& view);
  void expect_generator(Ascent& ascent);
  bool is_generator_object(Address object);
  bool push_callee(Ascent& ascent);
  bool push_callee_through_c(Ascent& ascent);
  bool push_linked(Ascent& ascent, Address caller);
  bool has_ended(const View& callee, const Ascent& ascent);
  bool resolve(const View& view, uint64_t now, Frame& out);
  bool links(Ascent& ascent, const View& callee);
  bool is_usual(Ascent& ascent, const View& callee, Held held);
  bool is_usual_callee(Ascent& ascent, const View& callee, const Code& code);
  int64_t stack_pointer(const View& view) const;
  Held holds(const Ascent& ascent, int64_t at, int from, int to, Address object) const;
  bool suspended(const View& view) const;
  bool next_on_stack(const State& state, const Frame& frame, Address& next) const;
  bool is_entry_shim(const View& view) const;
  bool is_root(const State& state, Address address) const;
  bool is_generator(const View& view) const;
  bool is_running_generator(const View& generator) const;
  View node_view(const State& state, int32_t index, const uint8_t* bytes) const;

  Memory& memory_;
  const Layout& layout_;
  CodeCache& codes_;
  size_t max_depth_;
  uint16_t walks_ = 0;  // of first images
  AddressMap types_;    // of objects that are iterated over: 1 when it is one of generators, else 0
  mutable Budget budget_;
};

}  // namespace heavyops
