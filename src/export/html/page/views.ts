/** One of the page's views. */
export interface View {
  /** On its tab. */
  readonly name: string;
  readonly element: HTMLElement;
  /** Shows what is selected now; called only while the view is seen. */
  update(): void;
}

/** How one view leads to another. */
export interface Views {
  /** @param file row of `strings` */
  showSource(file: number, line: number): void;
}
