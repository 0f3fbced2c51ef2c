import type { Finding } from '../advice/finding.js';
import { printable } from '../lib/printable.js';
import { counted, percent } from '../lib/quantities.js';
import { placeText } from './place.js';
import { inked, type TerminalStyle } from './style.js';

/** Findings, what costs most first: what it is, where, what shows it, and what to do. */
export function adviceText(findings: readonly Finding[], style: TerminalStyle): string {
  if (findings.length === 0) {
    return 'Nothing was found: no pattern that heavyops knows has 2 % of the time, and 20 samples.\n';
  }
  return findings.map((finding) => findingText(finding, style)).join('\n');
}

function findingText(finding: Finding, { columns, colour }: TerminalStyle): string {
  const { share, most, what, instruction, offset, samples, evidence, change } = finding;
  return [
    `${inked(percent(share), 'bold', colour)}, at most ${percent(most)}  ${printable(what)}`,
    `  ${placeText(finding, Math.max(16, columns - 2), colour)}`,
    `  ${inked(printable(instruction), 'yellow', colour)} at ${offset}, ${counted(samples, 'sample')} in all`,
    `  Shown by: ${printable(evidence)}.`,
    `  Change:   ${printable(change)}`,
    '',
  ].join('\n');
}
