import { duration, percent } from '../../../lib/quantities.js';
import { type Colours, coloursNow, darkMode, waitNames } from './colours.js';
import { element } from './dom.js';
import { at, type Model } from './model.js';
import type { Store } from './selection.js';
import { type Lane, laneStateOf, laneStates, lanesOf } from './timeline-lanes.js';
import type { View } from './views.js';

const laneHeight = 40;
const mostLanes = 60;

/** What each thread did when. A span that is marked selects its samples, in all views. */
export class TimelineView implements View {
  readonly name = 'Timeline';
  readonly element = element('div', { class: 'view timeline-view' });
  readonly #model: Model;
  readonly #store: Store;
  #colours: Colours = coloursNow();
  #lanes: readonly Lane[] = [];
  #canvases: HTMLCanvasElement[] = [];
  #marks: HTMLElement[] = [];
  #inputs: readonly HTMLInputElement[] = [];
  #all = false;

  constructor(model: Model, store: Store) {
    this.#model = model;
    this.#store = store;
    darkMode.addEventListener('change', () => {
      this.#colours = coloursNow();
      this.#paint();
    });
    new ResizeObserver(() => this.#paint()).observe(this.element);
  }

  update(): void {
    if (this.#lanes.length === 0) this.#build();
    this.#paint();
    this.#showSpan();
  }

  #build(): void {
    const lanes = lanesOf(this.#model);
    this.#lanes = this.#all ? lanes : lanes.slice(0, mostLanes);
    this.#canvases = this.#lanes.map(() => element('canvas', { 'aria-hidden': 'true' }));
    this.#marks = this.#lanes.map(() => element('div', { class: 'mark', hidden: true }));
    const more = lanes.length - this.#lanes.length;
    this.element.replaceChildren(
      this.#controls(),
      this.#legend(),
      element('ul', { class: 'lanes' }, ...this.#lanes.map((lane, index) => this.#lane(lane, index))),
      this.#axis(),
      ...(more > 0
        ? [
            element(
              'button',
              { type: 'button', click: () => this.#showAll() },
              `Show ${more} quieter threads`,
            ),
          ]
        : []),
    );
  }

  #showAll(): void {
    this.#all = true;
    this.#lanes = [];
    this.update();
  }

  #controls(): HTMLElement {
    const input = (text: string, value: number) =>
      element('input', {
        type: 'number',
        min: 0,
        max: this.#model.data.duration / 1e9,
        step: 'any',
        value,
        'aria-label': `${text} (seconds)`,
        change: () => this.#fromInputs(),
      });
    const [from, to] = [input('From', 0), input('To', this.#model.data.duration / 1e9)];
    this.#inputs = [from, to];
    return element(
      'div',
      { class: 'toolbar' },
      element('span', { class: 'hint' }, 'Drag over a thread to select a span:'),
      element('label', { class: 'labelled' }, element('span', {}, 'From'), from, 's'),
      element('label', { class: 'labelled' }, element('span', {}, 'to'), to, 's'),
      element(
        'button',
        { type: 'button', click: () => this.#store.change({ span: undefined }) },
        'Whole time',
      ),
    );
  }

  #fromInputs(): void {
    const [from = 0, to = 0] = this.#inputs.map((input) => Number(input.value) * 1e9);
    this.#select(from, to);
  }

  #select(from: number, to: number): void {
    const { duration: whole } = this.#model.data;
    const span = { from: Math.max(0, Math.min(from, to)), to: Math.min(whole, Math.max(from, to)) };
    this.#store.change({ span: span.to - span.from < whole && span.to > span.from ? span : undefined });
  }

  #legend(): HTMLElement {
    const seen = new Set(
      this.#lanes.flatMap((lane) => lane.totals.flatMap((amount, state) => (amount > 0 ? [state] : []))),
    );
    const entries = laneStates(this.#model.data.knowsWaits).filter(({ state }) => seen.has(state));
    return element(
      'div',
      { class: 'legend' },
      ...entries.map(({ kind, text }) =>
        element('span', { class: 'key' }, element('i', { class: kind }), text),
      ),
      this.#hint(),
    );
  }

  #hint(): HTMLElement | undefined {
    const { knowsWaits, knowsGilWaits } = this.#model.data;
    if (knowsWaits) return undefined;
    const whatFor = knowsGilWaits ? 'a lock, I/O' : 'the GIL, a lock, I/O';
    const text = `What idle threads wait for (${whatFor}) is recorded with --off-cpu only.`;
    return element('span', { class: 'hint' }, text);
  }

  #lane({ thread, totals }: Lane, index: number): HTMLElement {
    const whole = totals.reduce((sum, amount) => sum + amount, 0);
    const words = laneStates(this.#model.data.knowsWaits)
      .filter(({ state }) => (totals[state] ?? 0) > 0)
      .map(({ state, text }) => `${text} ${percent((totals[state] ?? 0) / whole)}`);
    const track = element(
      'div',
      { class: 'track', pointerdown: (event: PointerEvent) => this.#drag(event, track) },
      this.#canvases[index],
      this.#marks[index],
    );
    return element(
      'li',
      {},
      element(
        'div',
        { class: 'lane-name' },
        element('strong', {}, this.#model.data.threads[thread] ?? ''),
        element('span', {}, words.join(', ')),
      ),
      track,
    );
  }

  #axis(): HTMLElement {
    const { duration: whole } = this.#model.data;
    const axis = element('div', { class: 'axis', 'aria-hidden': 'true' });
    for (let step = 0; step <= 5; step++) {
      const tick = element('span', {}, step === 0 ? '0' : duration((whole * step) / 5));
      tick.style.left = `${step * 20}%`;
      axis.append(tick);
    }
    return axis;
  }

  #drag(down: PointerEvent, track: HTMLElement): void {
    const { left, width } = track.getBoundingClientRect();
    const timeAt = (event: PointerEvent) => (this.#model.data.duration * (event.clientX - left)) / width;
    const from = timeAt(down);
    track.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) =>
      this.#mark(Math.min(from, timeAt(event)), Math.max(from, timeAt(event)));
    const up = (event: PointerEvent) => {
      track.removeEventListener('pointermove', move);
      track.removeEventListener('pointerup', up);
      const moved = Math.abs(event.clientX - down.clientX) > 3;
      if (moved) this.#select(from, timeAt(event));
      else this.#store.change({ span: undefined });
    };
    track.addEventListener('pointermove', move);
    track.addEventListener('pointerup', up);
  }

  #showSpan(): void {
    const { span } = this.#store.selection;
    const { duration: whole } = this.#model.data;
    const [from, to] = this.#inputs;
    if (from !== undefined) from.value = String(round((span?.from ?? 0) / 1e9));
    if (to !== undefined) to.value = String(round((span?.to ?? whole) / 1e9));
    if (span === undefined) for (const mark of this.#marks) mark.hidden = true;
    else this.#mark(span.from, span.to);
  }

  #mark(from: number, to: number): void {
    const { duration: whole } = this.#model.data;
    for (const mark of this.#marks) {
      mark.hidden = false;
      mark.style.left = `${(Math.max(0, from) / whole) * 100}%`;
      mark.style.width = `${((Math.min(whole, to) - Math.max(0, from)) / whole) * 100}%`;
    }
  }

  #paint(): void {
    for (const [index, canvas] of this.#canvases.entries()) {
      const lane = this.#lanes[index];
      if (lane !== undefined) this.#paintLane(canvas, lane);
    }
  }

  #paintLane(canvas: HTMLCanvasElement, lane: Lane): void {
    const width = canvas.parentElement?.clientWidth ?? 0;
    const context = canvas.getContext('2d');
    if (width === 0 || context === null) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = laneHeight * ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const states = laneStates(true);
    const colours = [
      this.#colours.running,
      this.#colours.withoutGil,
      ...waitNames.slice(1).map((_, kind) => this.#colours.waiting[kind + 1] ?? ''),
      this.#colours.idle,
    ];
    const { amounts, buckets } = laneAmounts(this.#model, lane, Math.ceil(width / 2));
    const perBucket = this.#model.data.duration / buckets;
    for (let bucket = 0; bucket < buckets; bucket++) {
      let y = laneHeight;
      for (const { state } of states) {
        const height =
          (Math.min(at(amounts, bucket * states.length + state), perBucket) / perBucket) * laneHeight;
        if (height <= 0) continue;
        context.fillStyle = colours[state] ?? '';
        context.fillRect((bucket * width) / buckets, y - height, width / buckets + 0.3, height);
        y -= height;
      }
    }
  }
}

/** Time in each state by stretch of time: rows are spread over all that they stand for. */
function laneAmounts({ samples, data }: Model, lane: Lane, buckets: number) {
  const states = laneStates(true).length;
  const amounts = new Float64Array(buckets * states);
  const per = data.duration / buckets;
  for (const row of lane.rows) {
    const from = at(samples.time, row);
    const to = Math.min(from + at(samples.weight, row), data.duration);
    const state = laneStateOf(at(samples.flags, row));
    for (let bucket = Math.floor(from / per); bucket < buckets && bucket * per < to; bucket++) {
      const index = bucket * states + state;
      amounts[index] = at(amounts, index) + Math.min(to, (bucket + 1) * per) - Math.max(from, bucket * per);
    }
  }
  return { amounts, buckets };
}

function round(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4;
}
