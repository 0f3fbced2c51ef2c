/** Something that costs time and can be changed, with what shows it. */
export interface Finding {
  readonly kind:
    | 'cell'
    | 'general'
    | 'several-types'
    | 'function-in-loop'
    | 'container-in-loop'
    | 'tiny-call'
    | 'repeated-attribute'
    | 'repeated-subscript'
    | 'global-in-loop'
    | 'several-classes'
    | 'mixed-numbers'
    | 'number-type'
    | 'identity'
    | 'container-type'
    | 'searched-list'
    | 'tuple-field'
    | 'dynamic-attribute'
    | 'callable-object'
    | 'truth-method';
  readonly file: string;
  /** 1-based; 0 where the instructions belong to no line. */
  readonly line: number;
  readonly function: string;
  /** As it stood there, with its argument. */
  readonly instruction: string;
  /** Of the first of them, in bytes. */
  readonly offset: number;
  /** Of the time of everything that counts, 0 to 1: that of the samples at what the change does away with. */
  readonly share: number;
  /**
   * What the change can save at most, 0 to 1: the own time of the loop around it, or of the function where there is none,
   * with what the share has of functions called from there. What an instruction costs shows at others near it, too.
   */
  readonly most: number;
  readonly samples: number;
  /** One line. */
  readonly what: string;
  /** What in the samples and the bytecode shows it. */
  readonly evidence: string;
  readonly change: string;
}
