import { counted, duration, percent, rateText } from '../lib/quantities.js';
import { isCounted } from '../profile/counts.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { callTree } from '../profile/tree.js';
import { isOfWaits, type View, type ViewFrame } from '../profile/view.js';
import { waitsText } from '../profile/waits.js';
import { chunks } from './chunks.js';
import { type Box, type Layout, layout } from './flamegraph-layout.js';
import { fittedText, flamegraphScript } from './flamegraph-script.js';
import { FLAMEGRAPH_STYLE, HUES } from './flamegraph-style.js';
import type { Format } from './format.js';
import { xml } from './xml.js';

/** One SVG that stands alone: frames from the bottom up, as wide as the time spent in them. */
export const flamegraph: Format = {
  name: 'flamegraph',
  aliases: ['svg', 'flame'],
  extensions: ['.svg'],
  mediaType: 'image/svg+xml',
  description: 'an SVG flame graph that zooms and searches in a browser',
  write: (profile, view) => chunks(picture(profile, view)),
};

/** Pixels. The width is the one without a script, which then fits the picture to the window. */
const WIDTH = 1200;
const ROW = 17;
const TOP = 76;
const BOTTOM = 44;
const COLUMN = 7.2;

function* picture(profile: Profile, view: View): Generator<string> {
  const shown = layout(callTree(profile, view));
  const rows = (shown.depth + 1) * ROW;
  const height = TOP + rows + BOTTOM;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" role="group"`;
  yield ` aria-labelledby="heading">\n<style>${FLAMEGRAPH_STYLE}</style>\n`;
  yield '<rect class="page" width="100%" height="100%"/>\n';
  yield* heading(profile, view);
  yield CONTROLS;
  yield `<svg id="frames" x="0" y="${TOP}" width="100%" height="${rows}">\n`;
  for (const box of shown.boxes) {
    yield frameGroup(box, shown, view, profile.meta);
  }
  yield `</svg>\n<text id="detail" x="10" y="${TOP + rows + 18}"/>\n`;
  yield `<text class="note" x="10" y="${TOP + rows + 36}">${xml(note(shown, view, profile.meta) + kernelNote(profile))}</text>\n`;
  yield `<script><![CDATA[\n${flamegraphScript()}]]></script>\n</svg>\n`;
}

function* heading({ meta }: Profile, view: View): Generator<string> {
  const { target } = meta;
  const whose = target.command.join(' ') || target.executable;
  const facts = [
    `CPython ${target.python}`,
    `pid ${target.pid}`,
    duration(meta.duration),
    ...(isCounted(meta) ? ['every instruction counted'] : ofSamples(meta, view)),
    ...(view.filter.gil === true ? ['GIL holders only'] : []),
    ...(view.filter.file === undefined ? [] : [`files ${[view.filter.file].flat().join(', ')}`]),
    ...(view.filter.instructions?.length ? [`instructions ${view.filter.instructions.join(', ')}`] : []),
  ];
  const what = isOfWaits(view) ? `where it waits: ${whose}` : whose;
  yield `<title>${xml(`heavyops: ${what}`)}</title>\n`;
  yield `<text id="heading" x="10" y="22">${xml(fittedText(what, 130))}</text>\n`;
  yield `<text class="note" x="10" y="40">${xml(facts.join(' · '))}</text>\n`;
}

function ofSamples(meta: ProfileMeta, view: View): readonly string[] {
  const rate = isOfWaits(view) ? [] : [`${rateText(meta.rate)} samples a second asked for`];
  return [...rate, `${meta.reader} reader`, whatCounts(meta, view)];
}

function whatCounts(meta: ProfileMeta, view: View): string {
  if (isOfWaits(view)) return waitsText(meta);
  return view.filter.idle === true ? 'with idle threads' : 'without idle threads';
}

/** Shown by the script, as they do nothing without it. */
const CONTROLS = `<foreignObject id="controls" display="none" x="10" y="46" width="900" height="28">
<div xmlns="http://www.w3.org/1999/xhtml"><button id="reset" type="button" title="Escape">Reset zoom</button>
<input id="search" type="search" aria-label="Search frames" placeholder="Search (regular expression), Ctrl-F"/>
<span id="matched" role="status"></span></div>
</foreignObject>
`;

function frameGroup(box: Box, { boxes, depth }: Layout, view: View, meta: ProfileMeta): string {
  const whole = boxes[0]?.weight ?? 0;
  const per = whole > 0 ? 100 / whole : 0;
  const left = `${round(box.x * per)}%`;
  const width = whole > 0 ? round(box.weight * per) : 100;
  const y = (depth - box.depth) * ROW;
  const fitted = fittedText(box.text, ((width / 100) * WIDTH - 6) / COLUMN);
  const attributes = [
    `class="${colourClass(box.frame)}"`,
    `tabindex="${box.depth === 0 ? 0 : -1}"`,
    `data-x="${Math.round(box.x)}" data-w="${Math.round(box.weight)}" data-d="${box.depth}"`,
    `data-t="${xml(box.text)}"`,
  ];
  return `<g ${attributes.join(' ')}><title>${xml(tooltip(box, whole, view, meta))}</title>\
<rect x="${left}" y="${y}" width="${width}%" height="${ROW - 1}"/>\
${fitted === '' ? '' : `<text x="${left}" dx="3" y="${y + 12}">${xml(fitted)}</text>`}</g>\n`;
}

/** The ticks that would have come in a wait say nothing beside its time. */
function tooltip({ text, weight, count }: Box, whole: number, view: View, meta: ProfileMeta): string {
  const share = percent(whole > 0 ? weight / whole : 0);
  const samples = isOfWaits(view) ? '' : `, ${counted(count, 'sample')}`;
  const amount = isCounted(meta) ? counted(weight, 'execution') : `${duration(weight)}${samples}`;
  return `${text}: ${share} (${amount})`;
}

/** A function keeps its colour from picture to picture: it comes from its name and file (FNV-1a). */
function colourClass(frame: ViewFrame | undefined): string {
  if (frame === undefined || frame.kind !== 'function') {
    return frame?.kind ?? 'all';
  }
  let hash = 0x811c9dc5;
  for (const character of `${frame.name}\n${frame.file}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return `h${(hash >>> 8) % HUES}`;
}

function note({ boxes, omitted }: Layout, view: View, meta: ProfileMeta): string {
  const whole = boxes[0]?.weight ?? 0;
  const waits = isOfWaits(view);
  if (whole === 0) {
    return waits ? 'No waits.' : isCounted(meta) ? 'No executions.' : 'No samples.';
  }
  const left =
    omitted > 0
      ? ` Too narrow to draw, and left out: ${percent(omitted / whole)} of the ${isCounted(meta) ? 'executions' : 'time'}.`
      : '';
  if (isCounted(meta)) return `Width is executions: ${counted(whole, 'execution')} in all.${left}`;
  return `Width is time${waits ? ' that threads waited' : ''}: ${duration(whole)} in all.${left}`;
}

/** Why the kernel reader was not taken, where it would have been. */
function kernelNote({ meta: { whyNotKernel: why } }: Profile): string {
  return why === undefined ? '' : ` The kernel reader was not taken, as ${why.reason}.`;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
