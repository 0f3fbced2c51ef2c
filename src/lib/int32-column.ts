/**
 * A column of 32-bit integers that grows. It is kept in pieces: an array that is copied into ever longer ones leaves
 * the shorter ones behind, for hours where so little is thrown away that garbage is collected seldom.
 */
export class Int32Column {
  readonly #pieces: Int32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const at = this.#length & pieceMask;
    if (at === 0) this.#pieces.push(new Int32Array(pieceLength));
    (this.#pieces[this.#length >>> pieceBits] as Int32Array)[at] = value;
    this.#length++;
  }

  /** Nothing where there is no such row. */
  at(row: number): number | undefined {
    return row < this.#length ? this.#pieces[row >>> pieceBits]?.[row & pieceMask] : undefined;
  }

  /** A copy of it as it is now. */
  copy(): Int32Array<ArrayBuffer> {
    const whole = new Int32Array(this.#length);
    this.#pieces.forEach((piece, index) => {
      const start = index << pieceBits;
      whole.set(piece.subarray(0, Math.min(pieceLength, this.#length - start)), start);
    });
    return whole;
  }
}

const pieceBits = 12;
const pieceLength = 1 << pieceBits;
const pieceMask = pieceLength - 1;
