/** Rows that are added once each, found again by a key. */
export class Interner<Row> {
  readonly rows: Row[] = [];
  readonly #ids = new Map<string, number>();

  add(key: string, make: () => Row): number {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.rows.push(make()) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }

  replace(id: number, row: Row): void {
    this.rows[id] = row;
  }
}
