import type { TreeFrame } from './call-tree.js';
import type { OpcodeData, ReportData, State } from './data.js';

export type ColourBy = 'function' | 'family' | 'state';

/** Colours for a canvas, as the page's style has them in the present light or dark. */
export interface Colours {
  readonly text: string;
  readonly muted: string;
  readonly page: string;
  readonly neutral: string;
  readonly focus: string;
  readonly matched: string;
  readonly running: string;
  readonly withoutGil: string;
  readonly waiting: readonly string[];
  readonly idle: string;
  family(name: string): string;
  state(state: State): string;
  named(text: string): string;
}

export const darkMode = matchMedia('(prefers-color-scheme: dark)');

export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const dark = darkMode.matches;
  const families = new Map<string, string>();
  return {
    text: colour('frame-text'),
    muted: colour('muted'),
    page: colour('page'),
    neutral: colour('neutral'),
    focus: colour('focus'),
    matched: colour('matched'),
    running: colour('running'),
    withoutGil: colour('without-gil'),
    waiting: waitNames.map((_, kind) => colour(`wait-${kind}`)),
    idle: colour('idle'),
    family: (name) => {
      const known = families.get(name) ?? colour(`family-${cssName(name)}`);
      families.set(name, known);
      return known;
    },
    state: (state) => colour(`state-${state}`),
    named: (text) => {
      const hash = hashOf(text);
      // Warm to cool, without the greens and reds that elsewhere mean something.
      const hue = (hash >>> 8) % 360;
      const step = (hash >>> 3) % 4;
      return dark ? `hsl(${hue} 30% ${28 + step * 2}%)` : `hsl(${hue} 62% ${78 + step * 2}%)`;
    },
  };
}

/** As `waitKinds` in src/profile/profile.ts. */
export const waitNames = [
  'none',
  'unknown wait',
  'waiting for the GIL',
  'waiting for a lock',
  'waiting for I/O',
  'sleeping',
  'waiting for a process',
  'waiting for a processor',
];

export const stateNames: Readonly<Record<State, string>> = {
  specialised: 'specialised',
  adaptive: 'adaptive, not specialised',
  plain: 'unspecialisable',
};

/** The class for an instruction's colour: its state, or its family where no interpreter specialises (to 3.10). */
export function opcodeClass({ specialises }: ReportData, { state, family }: OpcodeData): string {
  return specialises ? `state-${state}` : `family-${cssName(family)}`;
}

export function cssName(family: string): string {
  return family.replace(/[^a-z]+/g, '-');
}

/** The colour of a frame; `dominant` is the instruction with most of the frame's own time, if it has any. */
export function frameColour(
  colours: Colours,
  by: ColourBy,
  frame: TreeFrame,
  dominant: OpcodeData | undefined,
): string {
  if (frame.kind === 'thread') return colours.neutral;
  if (by === 'function' && frame.kind === 'function')
    return colours.named(frame.text.replace(/:\d+\)$/, ')'));
  if (dominant === undefined) return colours.neutral;
  return by === 'state' ? colours.state(dominant.state) : colours.family(dominant.family);
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
