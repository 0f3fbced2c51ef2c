/** How much of an object is written. */
export interface ReprLimits {
  /** Containers inside each other; what lies deeper is `...`. */
  readonly depth: number;
  /** Elements of each container, attributes of each instance. */
  readonly items: number;
  /** Code points of a str, bytes of a bytes object, digits of an int. */
  readonly text: number;
  /** Characters in all, about. */
  readonly total: number;
  /** Objects looked at in all. */
  readonly objects: number;
  /** Whether instances without a known form of `repr` show their attributes. */
  readonly attributes: boolean;
}

export const usualLimits: ReprLimits = {
  depth: 3,
  items: 20,
  text: 120,
  total: 500,
  objects: 500,
  attributes: true,
};
