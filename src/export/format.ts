import type { Profile } from '../profile/profile.js';
import type { View } from '../profile/view.js';

/** One way of writing a profile to a file. */
export interface Format {
  readonly name: string;
  /** Other names that `-f` takes. */
  readonly aliases: readonly string[];
  /** Endings of file names that stand for it, each with its dot. */
  readonly extensions: readonly string[];
  readonly mediaType: string;
  /** It holds the whole recording, and no view of it. */
  readonly whole?: true;
  /** It has use for source text and names, which a recording keeps only where it is asked for. */
  readonly programText?: true;
  /** One line for the help text. */
  readonly description: string;
  /** The file in pieces of moderate size, so that a large one is never in memory as a whole. */
  readonly write: (profile: Profile, view: View) => Iterable<string>;
}
