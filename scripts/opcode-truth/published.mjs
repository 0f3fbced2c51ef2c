/** No instruction that could be named. */
export const unknown = -1;

/** What each frame has stored as its instruction, as one who knows the thread's pointer sees it in a trace. */
export class Published {
  /** The current one last. @type {{ frame: number, opcode: number | undefined }[]} */
  #frames;

  /** @param {number} frame the current one: what it stands at is not known yet */
  constructor(frame) {
    this.#frames = [{ frame, opcode: unknown }];
  }

  /** The thread's pointer leads there now. @param {number} frame */
  move(frame) {
    const at = this.#frames.findLastIndex((one) => one.frame === frame);
    if (at >= 0) this.#frames.length = at + 1;
    // Frames of calls lie one after another: this one has made its call before the trace began.
    else if (frame < (this.#frames[0]?.frame ?? 0)) this.#frames = [{ frame, opcode: unknown }];
    else this.#frames.push({ frame, opcode: undefined });
  }

  /** @param {number} opcode */
  store(opcode) {
    const last = this.#frames.at(-1);
    if (last !== undefined) last.opcode = opcode;
  }

  /** Of the current frame; undefined: it has not begun. */
  get current() {
    return this.#frames.at(-1)?.opcode;
  }
}
