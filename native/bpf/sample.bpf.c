// Takes a sample of the thread that runs, inside the interrupt of its own clock or the switch to another
// thread: one instant, on its own processor. Reads nothing but the target's memory, through helpers that fail
// softly, and depends on no structure of the kernel: one object serves every kernel from 5.8 on.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "record.h"

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

// The maps: the loader makes them, and knows them by these names.
char threads SECTION("maps");  // hash: id of a thread → struct thread
char scratch SECTION("maps");  // per processor: one struct record
char ring SECTION("maps");
char programs SECTION("maps");  // the one that walks

const volatile struct settings settings SECTION(".rodata") = {};

static void* (*map_lookup_elem)(void* map, const void* key) = (void*)BPF_FUNC_map_lookup_elem;
static __u64 (*ktime_get_ns)(void) = (void*)BPF_FUNC_ktime_get_ns;
static long (*probe_read_user)(void* to, __u32 size, __u64 from) = (void*)BPF_FUNC_probe_read_user;
static long (*probe_read_kernel)(void* to, __u32 size, const void* from) = (void*)BPF_FUNC_probe_read_kernel;
static long (*perf_prog_read_value)(struct bpf_perf_event_data* of, struct bpf_perf_event_value* to,
                                    __u32 size) = (void*)BPF_FUNC_perf_prog_read_value;
static long (*get_ns_current_pid_tgid)(__u64 device, __u64 inode, struct bpf_pidns_info* to,
                                       __u32 size) = (void*)BPF_FUNC_get_ns_current_pid_tgid;
static long (*ringbuf_output)(void* ring, void* data, __u64 size,
                              __u64 flags) = (void*)BPF_FUNC_ringbuf_output;
static long (*tail_call)(void* context, void* programs, __u32 index) = (void*)BPF_FUNC_tail_call;
static void* (*get_current_task_btf)(void) = (void*)BPF_FUNC_get_current_task_btf;
static void* (*task_pt_regs)(void* task) = (void*)BPF_FUNC_task_pt_regs;

enum {
  kInstant = 20000,  // ns
  kMostReadings = 4,
  kOwnedByGenerator = 1,  // FRAME_OWNED_BY_GENERATOR (internal/pycore_frame.h)
};

INLINE __u64 word_at(__u64 address) {
  __u64 word = 0;
  probe_read_user(&word, sizeof word, address);
  return word;
}

INLINE int holds_gil(const struct thread_state* state) {
  if (settings.thread_state >= 0) {  // _Py_THREAD_ATTACHED is 1 (internal/pycore_pystate.h)
    __u32 attached = 0;
    probe_read_user(&attached, sizeof attached, state->address + settings.thread_state);
    return attached == 1;
  }
  if (state->gil == 0 || word_at(state->gil) != state->address) return 0;
  if (settings.gil_locked < 0) return 1;
  __u32 locked = 0;
  probe_read_user(&locked, sizeof locked, state->gil + settings.gil_locked);
  return locked != 0;
}

// The saved registers of the thread's entry into the kernel, whose layout programs see (asm/ptrace.h).
#ifdef __TARGET_ARCH_arm64
enum { kGeneralRegisters = 31, kFirstArgument = 272, kSystemCall = 280 };  // x0…, orig_x0, syscallno
#else
enum { kGeneralRegisters = 15, kFirstArgument = 112, kSystemCall = 120 };  // r15…, rdi, orig_rax
#endif

INLINE void look_up_wait(struct record* record) {
  const char* registers = task_pt_regs(get_current_task_btf());
  probe_read_kernel(&record->system_call, sizeof record->system_call, registers + kSystemCall);
  probe_read_kernel(&record->waited, sizeof record->waited, registers + kFirstArgument);
}

// They lie near each other: one read brings all.
INLINE __u64 mark_of(__u64 code) {
  char bytes[kMarkBytes] __attribute__((aligned(8)));
  if (probe_read_user(bytes, settings.mark_size, code + settings.mark_start) != 0) return 0;
  return code_mark(*(__u64*)(bytes + settings.mark_name), *(__u64*)(bytes + settings.mark_line_table),
                   *(__u32*)(bytes + settings.mark_first_line));
}

// 3.11, 3.12: bytecode is the end of its code object. What lay on the stack before may still link to the
// frame that made the call, and be no frame any more.
INLINE int runs_in_its_code(const struct frame* frame) {
  enum { kLargest = 1 << 24 };
  return settings.thread_cframe_frame < 0 || frame->instruction - frame->code < kLargest;
}

// Follows so many frames. False when there are more.
INLINE int walk(struct record* record) {
  char bytes[kFrameBytes] __attribute__((aligned(8)));
  for (int looked = 0; looked < kFramesAtOnce; ++looked) {
    if (record->next == record->caller) record->caller = 0;
    // In memory, where the verifier does not follow its value: otherwise it would go through each count at
    // each step.
    __u32 count = *(volatile __u32*)&record->count;
    if ((__s32)count >= settings.max_depth) {
      record->flags |= kCut;
      return 1;
    }
    int readable = record->next != 0 && probe_read_user(bytes, settings.frame_size, record->next) == 0;
    struct frame* frame = &record->frames[count & (kMostFrames - 1)];
    if (readable) {
      record->last = record->next;
      record->next = *(__u64*)(bytes + settings.frame_previous);
      // From 3.12 on each entry from C has a frame that runs no code of the program.
      if (settings.frame_owner >= 0) {
        record->owner = (signed char)bytes[settings.frame_owner];
        if (record->owner >= settings.owner_interpreter) continue;
      }
      frame->code = *(__u64*)(bytes + settings.frame_code) & ~settings.tag_mask;
      if (settings.instruction_scale == 0)
        frame->instruction = *(__u64*)(bytes + settings.frame_instruction);
      else
        frame->instruction = (__s64) * (__s32*)(bytes + settings.frame_instruction);
      frame->mark = mark_of(frame->code);
      if (frame->mark != 0 && runs_in_its_code(frame)) {
        *(volatile __u32*)&record->count = count + 1;
        continue;
      }
    }
    if (record->caller == 0) {
      if (record->next != 0 || readable) record->flags |= kUnreadable;
      return 1;
    }
    // These frames do not come from the one that made the call: they are what lay on the stack before.
    record->next = record->caller;
    record->caller = 0;
    *(volatile __u32*)&record->count = 0;
  }
  return 0;
}

// Where memory shows half of a change, a register of the thread holds the other half: the value that is about
// to be stored. False where they cannot be had.
INLINE int read_registers(__u64* registers) {
  if (!settings.reads_registers) return 0;
  const void* saved = task_pt_regs(get_current_task_btf());
  return probe_read_kernel(registers, kGeneralRegisters * sizeof *registers, saved) == 0;
}

// The code object of the frame at an address, 0 when there is no frame. `executes` tells 3.11 and 3.12 only.
INLINE __u64 code_at(__u64 frame, int* executes) {
  char bytes[kFrameBytes] __attribute__((aligned(8)));
  if (frame == 0 || frame % 8 != 0) return 0;
  if (probe_read_user(bytes, settings.frame_size, frame) != 0) return 0;
  *executes = settings.frame_stacktop >= 0 && *(__s32*)(bytes + settings.frame_stacktop) == -1;
  return *(__u64*)(bytes + settings.frame_code) & ~settings.tag_mask;
}

INLINE int is_executed(__u64 frame) {
  int executes = 0;
  __u64 code = code_at(frame, &executes);
  return executes && mark_of(code) != 0;
}

// A generator's frame links to nothing a moment before the thread's pointer leaves it, or after that pointer
// has entered it (YIELD_VALUE, FOR_ITER_GEN, SEND_GEN; compilers change the order): to be stored is the frame
// that resumes it.
INLINE __u64 find_resumer(const struct record* record) {
  __u64 registers[kGeneralRegisters];
  if (!read_registers(registers)) return 0;
  __u64 type = word_at(record->frames[(record->count - 1) & (kMostFrames - 1)].code + settings.code_type);
  int executes = 0;
  for (int i = 0; i < kGeneralRegisters; ++i) {
    if (registers[i] == record->last) continue;
    __u64 code = code_at(registers[i], &executes);
    if (code != 0 && type != 0 && word_at(code + settings.code_type) == type) return registers[i];
  }
  return 0;
}

// 3.11, 3.12: on entry from C the thread points at a struct _cframe on the C stack before anything is in it.
// To be stored there, and in the new frame, are the struct before it, which is further up or in the thread's
// state, and the frame in that. A frame that is only about to be executed still has its stack's height; from
// 3.12 on it links to an entry frame beside the struct (_PyEval_EvalFrameDefault).
INLINE __u64 find_caller(const struct record* record) {
  enum { kBeside = 1 << 10, kStack = 1 << 20, kState = 1 << 10 };
  __u64 registers[kGeneralRegisters];
  if (!read_registers(registers)) return 0;
  __u64 entered = word_at(record->state + settings.thread_frame);
  for (int i = 0; i < kGeneralRegisters; ++i) {
    __u64 found = registers[i];
    if (is_executed(found)) return found;
    if (found == entered || found % 8 != 0) continue;
    if (found - entered <= kStack || found - record->state <= kState) {
      found = word_at(found + settings.thread_cframe_frame);
    } else {
      __u64 entry = word_at(found + settings.frame_previous);
      if (entry - entered > kBeside) continue;
      found = word_at(entry + settings.frame_previous);
    }
    if (is_executed(found)) return found;
  }
  return 0;
}

SECTION("begin") int sample(struct bpf_perf_event_data* context) {
  struct bpf_pidns_info id;
  if (get_ns_current_pid_tgid(settings.namespace_device, settings.namespace_inode, &id, sizeof id) != 0)
    return 0;
  if (id.tgid != settings.process) return 0;
  __u32 tid = id.pid, zero = 0;
  struct thread* thread = map_lookup_elem(&threads, &tid);
  struct record* record = map_lookup_elem(&scratch, &zero);
  if (thread == 0 || record == 0) return 0;

  // Again, when a hypervisor had the processor in between: the two would be of different instants.
  struct bpf_perf_event_value value = {};
  for (int i = 0; i < kMostReadings; ++i) {
    __u64 before = ktime_get_ns();
    perf_prog_read_value(context, &value, sizeof value);
    record->time = ktime_get_ns();
    if (record->time - before < kInstant) break;
  }
  record->ran = value.running;
  record->lost = thread->lost;
  record->waited = 0;
  record->thread = tid;
  record->flags = context->sample_period == 1 ? kSwitch : 0;
  record->system_call = -1;
  record->opcode = -1;
  record->count = 0;
  record->owner = 0;
  record->next = record->last = 0;
  record->caller = 0;
  if (settings.reads_registers && (record->flags & kSwitch)) look_up_wait(record);

  // The one that holds the GIL, else the first: a thread has a state in each interpreter that it runs code
  // of. A state may be another thread's by now.
  record->flags |= kForeign;
  record->state = thread->states[0].address;
  for (int i = 0; i < kMostStates && thread->states[i].address != 0; ++i) {
    struct thread_state state = thread->states[i];
    if (word_at(state.address + settings.thread_ident) != state.ident) continue;
    int has_gil = holds_gil(&state);
    if (!has_gil && !(record->flags & kForeign)) continue;
    record->flags &= ~(__u32)kForeign;
    record->state = state.address;
    if (!has_gil) continue;
    record->flags |= kHoldsGil;
    break;
  }
  if (!(record->flags & kForeign)) {
    __u64 top = word_at(record->state + settings.thread_frame);
    if (settings.thread_cframe_frame >= 0 && top != 0) {
      // struct _cframe (pystate.h): `previous` follows. On entry from C the thread points at it a moment
      // before the frame in it is set (_PyEval_EvalFrameDefault).
      __u64 previous = word_at(top + settings.thread_cframe_frame + 8);
      if (previous != 0) record->caller = word_at(previous + settings.thread_cframe_frame);
      top = word_at(top + settings.thread_cframe_frame);
    }
    record->next = top;
  }
  tail_call(context, &programs, 0);
  return 0;
}

SECTION("walk") int walk_on(struct bpf_perf_event_data* context) {
  __u32 zero = 0;
  struct record* record = map_lookup_elem(&scratch, &zero);
  if (record == 0) return 0;
  int more = !walk(record);
  if (!more && record->next == 0 && record->owner == kOwnedByGenerator && record->count > 0) {
    record->next = find_resumer(record);
    more = record->next != 0;
  } else if (!more && (record->flags & (kUnreadable | kSought)) == kUnreadable) {
    record->flags |= kSought;
    __u64 caller = settings.thread_cframe_frame >= 0 ? find_caller(record) : 0;
    if (caller != 0) {
      record->next = caller;
      record->count = 0;
      record->flags &= ~(__u32)kUnreadable;
      more = 1;
    }
  }
  if (more) {
    tail_call(context, &programs, 0);
    record->flags |= kCut;  // it did not go: MAX_TAIL_CALL_CNT, 33 (include/linux/bpf.h)
  }
  __u8 opcode;
  if (settings.instruction_scale == 0 && record->count > 0 &&
      probe_read_user(&opcode, sizeof opcode, record->frames[0].instruction) == 0)
    record->opcode = opcode;
  __u64 frames = record->count & (2 * kMostFrames - 1);
  if (frames > kMostFrames) frames = kMostFrames;
  __u64 size = __builtin_offsetof(struct record, frames) + frames * sizeof(struct frame);
  if (ringbuf_output(&ring, record, size, BPF_RB_NO_WAKEUP) == 0) return 0;
  struct thread* thread = map_lookup_elem(&threads, &record->thread);
  if (thread != 0) __sync_fetch_and_add(&thread->lost, 1);
  return 0;
}
