/** The page's look. Colours are told once, for light and for dark; canvases read them from here. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fcfcfb;
  --raised: #ffffff;
  --sunken: #f3f3f1;
  --line: #deded9;
  --text: #1c1f23;
  --muted: #5b6168;
  --accent: #1f5fa8;
  --accent-soft: #e4edf8;
  --focus: #1f5fa8;
  --frame-text: #16181b;
  --neutral: #dcdcd7;
  --matched: #ffd84d;
  --heat: 0;
  --hot: 214 92 24;
  --running: #3d8f5f;
  --without-gil: #8bbf86;
  --idle: #e6e6e2;
  --wait-1: #c9c3b4;
  --wait-2: #d9662b;
  --wait-3: #a266b5;
  --wait-4: #4e86c6;
  --wait-5: #cfd6dd;
  --wait-6: #8d8f52;
  --wait-7: #e0b22c;
  --state-specialised: hsl(165 42% 66%);
  --state-adaptive: hsl(32 92% 66%);
  --state-plain: hsl(220 9% 80%);
  --family-load-store: hsl(80 20% 74%);
  --family-attribute: hsl(205 62% 76%);
  --family-call: hsl(268 50% 76%);
  --family-arithmetic: hsl(340 60% 76%);
  --family-compare: hsl(315 42% 76%);
  --family-container: hsl(28 75% 76%);
  --family-iteration: hsl(185 48% 76%);
  --family-jump: hsl(55 62% 76%);
  --family-closure: hsl(5 70% 76%);
  --family-import: hsl(90 35% 76%);
  --family-exception: hsl(355 45% 76%);
  --family-async: hsl(235 60% 76%);
  --family-other: hsl(220 6% 76%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b;
    --raised: #1d2024;
    --sunken: #111316;
    --line: #33383e;
    --text: #e5e7ea;
    --muted: #a0a7af;
    --accent: #86b7f0;
    --accent-soft: #22324a;
    --focus: #9cc5f5;
    --frame-text: #f3f4f6;
    --neutral: #3a3f46;
    --matched: #806500;
    --hot: 240 120 50;
    --running: #4fa674;
    --without-gil: #35674c;
    --idle: #2a2e33;
    --wait-1: #5e5a50;
    --wait-2: #c8602c;
    --wait-3: #8d58a0;
    --wait-4: #3f74b3;
    --wait-5: #454d56;
    --wait-6: #77793f;
    --wait-7: #b58d1c;
    --state-specialised: hsl(165 45% 29%);
    --state-adaptive: hsl(26 78% 36%);
    --state-plain: hsl(220 8% 37%);
    --family-load-store: hsl(80 14% 34%);
    --family-attribute: hsl(205 46% 36%);
    --family-call: hsl(268 37% 36%);
    --family-arithmetic: hsl(340 45% 36%);
    --family-compare: hsl(315 31% 36%);
    --family-container: hsl(28 56% 36%);
    --family-iteration: hsl(185 36% 36%);
    --family-jump: hsl(55 46% 30%);
    --family-closure: hsl(5 52% 36%);
    --family-import: hsl(90 26% 36%);
    --family-exception: hsl(355 33% 36%);
    --family-async: hsl(235 45% 36%);
    --family-other: hsl(220 6% 36%);
  }
}
* { box-sizing: border-box; }
html { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
body { margin: 0; background: var(--page); color: var(--text); }
#report { display: flex; flex-direction: column; min-height: 100vh; padding: 0 24px; }
code, .opcode, .argument, .source td.text, .snippet { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: 12.5px; }
h1, h2, h3, h4, p, ul { margin: 0; padding: 0; }
ul { list-style: none; }
button, select, input { font: inherit; color: inherit; }
button, select, input[type="search"], input[type="number"] { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 3px 10px; }
select { padding: 3px 6px; max-width: 22em; }
button { cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--muted); }
button:disabled { color: var(--muted); cursor: default; opacity: 0.7; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.grow { flex: 1; }
.hint, .summary, .detail, .facts, .matched { color: var(--muted); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.empty { padding: 48px 0; text-align: center; color: var(--muted); }
.link { border: 0; background: none; padding: 0; color: var(--accent); text-align: left; border-radius: 3px; }
.link:hover { text-decoration: underline; }

.page-head { padding: 18px 0 12px; display: grid; gap: 2px; }
.brand { font-size: 12px; font-weight: 600; letter-spacing: 0.06em; color: var(--muted); }
h1 { font-size: 19px; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.facts { display: flex; flex-wrap: wrap; }
.facts li:not(:last-child)::after { content: "·"; margin: 0 8px; }
.filters { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; padding: 8px 0; background: var(--page); border-block: 1px solid var(--line); }
.labelled { display: inline-flex; gap: 6px; align-items: center; color: var(--muted); }
.labelled select, .labelled input { color: var(--text); }
.labelled input { width: 7em; }
.check { display: inline-flex; gap: 5px; align-items: center; cursor: pointer; }
.check input { accent-color: var(--accent); margin: 0; }
.chips { display: inline-flex; gap: 6px; flex-wrap: wrap; }
.chip { background: var(--accent-soft); border-color: transparent; border-radius: 999px; }
main { flex: 1; display: flex; flex-direction: column; padding-bottom: 24px; }
.tabs { display: flex; gap: 4px; border-bottom: 1px solid var(--line); overflow: auto hidden; }
.tabs button { border: 0; border-bottom: 2px solid transparent; border-radius: 0; background: none; padding: 8px 12px; color: var(--muted); margin-bottom: -1px; white-space: nowrap; }
.tabs button[aria-selected="true"] { color: var(--text); border-bottom-color: var(--accent); font-weight: 600; }
[role="tabpanel"] { flex: 1; display: flex; flex-direction: column; }
.view { flex: 1; }
.toolbar { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; padding: 12px 0; }
.toolbar input[type="search"] { width: 22em; }
input[aria-invalid="true"] { border-color: rgb(var(--hot)); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; padding-bottom: 10px; color: var(--muted); }
.key { display: inline-flex; gap: 6px; align-items: center; }
.key i, .swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; flex: none; }
.bar { display: inline-block; width: 70px; height: 7px; border-radius: 4px; background: var(--sunken); overflow: hidden; vertical-align: middle; }
.bar i { display: block; height: 100%; border-radius: 4px; opacity: 0.8; }
.bar i:not([class^="family-"]) { background: var(--accent); }
.bar i[class^="state-"], .bar i[class^="family-"] { opacity: 1; }
.state-specialised { background: var(--state-specialised) !important; }
.state-adaptive { background: var(--state-adaptive) !important; }
.state-plain { background: var(--state-plain) !important; }
.family-load-store { background: var(--family-load-store); }
.family-attribute { background: var(--family-attribute); }
.family-call { background: var(--family-call); }
.family-arithmetic { background: var(--family-arithmetic); }
.family-compare { background: var(--family-compare); }
.family-container { background: var(--family-container); }
.family-iteration { background: var(--family-iteration); }
.family-jump { background: var(--family-jump); }
.family-closure { background: var(--family-closure); }
.family-import { background: var(--family-import); }
.family-exception { background: var(--family-exception); }
.family-async { background: var(--family-async); }
.family-other { background: var(--family-other); }
.running { background: var(--running); }
.without-gil { background: var(--without-gil); }
.idle { background: var(--idle); }
.wait-1 { background: var(--wait-1); } .wait-2 { background: var(--wait-2); } .wait-3 { background: var(--wait-3); }
.wait-4 { background: var(--wait-4); } .wait-5 { background: var(--wait-5); } .wait-6 { background: var(--wait-6); }
.wait-7 { background: var(--wait-7); }

.flame-view { display: flex; flex-direction: column; }
.flame { flex: 1; min-height: 360px; height: calc(100vh - 300px); position: relative; overflow-y: auto; overflow-x: hidden; font: 12px system-ui, sans-serif; border-radius: 6px; }
.flame canvas { position: sticky; top: 0; display: block; }
.flame .spacer { width: 1px; position: absolute; top: 0; }
.foot { display: flex; gap: 12px; align-items: center; min-height: 40px; padding-top: 8px; }
.foot p { flex: 1; overflow-wrap: anywhere; color: var(--text); }

.histogram-view { padding-top: 16px; columns: 22em; column-gap: 20px; }
.states { column-span: all; display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-bottom: 18px; }
.strip { flex: 1 0 100%; display: flex; height: 12px; border-radius: 6px; overflow: hidden; }
.choice { text-align: left; }
.choice[aria-pressed="true"] { background: var(--accent-soft); border-color: var(--accent); }
.states .choice { display: inline-flex; gap: 8px; align-items: center; padding: 6px 12px; }
.card { break-inside: avoid; margin-bottom: 18px; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); padding: 6px; }
.card h3 { font-size: 14px; }
.card button { display: flex; gap: 8px; align-items: center; width: 100%; border-color: transparent; background: none; padding: 3px 6px; }
.card button[aria-pressed="true"] { background: var(--accent-soft); }
.card button:hover { background: var(--sunken); }
.card .family { font-weight: 600; padding: 5px 6px; }
.opcode .swatch { margin-right: 6px; }
.card .opcode { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.card .number { width: 4.2em; }

table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; color: var(--muted); }
th.number { text-align: right; }
th button { border: 0; background: none; padding: 6px 0; color: inherit; font-weight: 500; }
th[aria-sort="ascending"] button, th[aria-sort="descending"] button { color: var(--text); font-weight: 600; }
.functions-view { padding-top: 8px; overflow-x: auto; }
.functions-view td, .functions-view th { padding: 4px 10px; border-bottom: 1px solid var(--line); }
.functions-view tbody tr:hover { background: var(--sunken); }
.functions-view .place { color: var(--muted); max-width: 26em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left; }
.functions-view td.number .bar { margin-right: 8px; }

.source-view { display: flex; gap: 24px; padding-top: 14px; align-items: flex-start; }
.files { flex: 0 0 250px; position: sticky; top: 60px; max-height: calc(100vh - 80px); overflow-y: auto; }
.files button { display: grid; grid-template-columns: 1fr auto; gap: 0 8px; width: 100%; text-align: left; border-color: transparent; background: none; padding: 6px 10px; }
.files button[aria-current="true"] { background: var(--accent-soft); }
.files .base { font-weight: 500; overflow-wrap: anywhere; }
.files .directory { grid-column: 1; color: var(--muted); font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.files .bar { width: 48px; align-self: center; }
.content { flex: 1; min-width: 0; }
.content header { padding: 4px 0 12px; }
h2 { font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
.content h3 { font-size: 14px; margin: 22px 0 8px; }
.content h4 { font-size: 13px; margin: 12px 0 4px; color: var(--muted); }
.source td { padding: 0 10px; vertical-align: top; }
.source th { padding: 4px 10px; }
.source td.text { width: 100%; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
.source td.number { font-size: 12.5px; color: var(--muted); }
.source tr.hot td.number { color: var(--text); }
.source tr.hot { background: rgb(var(--hot) / calc(var(--heat) * 0.24)); }
.source tr.opens .text { cursor: pointer; }
.source .line-number button { border: 0; background: none; padding: 0; color: var(--accent); min-width: 3.2em; text-align: right; }
.source .line-number button::before { content: "▸"; float: left; color: var(--muted); }
.source .line-number button[aria-expanded="true"]::before { content: "▾"; }
.source .bar { width: 46px; margin-right: 8px; }
.source .bar i { background: rgb(var(--hot)); }
.gap td { padding: 4px 10px 4px 64px !important; border-top: 1px dashed var(--line); border-bottom: 1px dashed var(--line); font-size: 12.5px; }
mark { color: inherit; background: none; border-radius: 2px; text-decoration: underline; text-decoration-thickness: 3px; text-underline-offset: 3px; text-decoration-skip-ink: none; }
mark.on-specialised { text-decoration-color: var(--state-specialised); }
mark.on-adaptive { text-decoration-color: var(--state-adaptive); background: color-mix(in srgb, var(--state-adaptive) calc(var(--heat) * 45%), transparent); }
mark.on-plain { text-decoration-color: var(--state-plain); }
.opened > td { padding: 6px 8px 14px 40px !important; }
.instructions { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; border-collapse: separate; border-spacing: 0; overflow: hidden; }
.instructions th { padding: 4px 8px; border-bottom: 1px solid var(--line); font-size: 12.5px; }
.instructions td { padding: 2px 8px; vertical-align: baseline; font-size: 12.5px; }
.instructions .opcode { white-space: nowrap; }
.instructions .argument { color: var(--muted); overflow-wrap: anywhere; }
.instructions .hottest .opcode { font-weight: 700; }
.instructions tr.on-adaptive.hottest { background: color-mix(in srgb, var(--state-adaptive) 18%, transparent); }
.instructions .share { white-space: nowrap; }
.instructions .share .bar { margin-right: 8px; }
.also { display: block; padding-left: 17px; font-size: 11.5px; color: var(--muted); font-weight: 400; }
.snippet { color: var(--muted); white-space: pre-wrap; }
.snippet u { color: var(--text); text-decoration-thickness: 2px; text-underline-offset: 3px; text-decoration-color: var(--accent); text-decoration-skip-ink: none; }
.disassembly .instructions { margin-bottom: 8px; }

.advice-view { max-width: 62em; padding-top: 14px; display: grid; gap: 14px; align-content: start; }
.finding { padding: 12px 16px; display: grid; gap: 4px; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); }
.finding h3 { font-size: 14px; display: flex; gap: 12px; font-weight: 600; }
.finding h3 strong { color: rgb(var(--hot)); }
.lanes li { padding: 8px 0; }
.lane-name { padding-bottom: 3px; }
.lane-name span { color: var(--muted); font-size: 12.5px; margin-left: 12px; }
.track { position: relative; height: 40px; border-radius: 4px; overflow: hidden; background: var(--sunken); cursor: crosshair; touch-action: none; }
.track canvas { display: block; width: 100%; height: 40px; }
.mark { position: absolute; top: 0; bottom: 0; background: rgb(31 95 168 / 22%); border-inline: 2px solid var(--focus); pointer-events: none; }
.axis { position: relative; height: 22px; color: var(--muted); font-size: 12px; border-top: 1px solid var(--line); }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; padding-top: 2px; }
.axis span:first-child { transform: none; }
.axis span:last-child { transform: translateX(-100%); }
@media (max-width: 800px) {
  #report { padding: 0 12px; }
  .source-view { flex-direction: column; }
  .files { position: static; flex: none; width: 100%; max-height: 12em; }
  .content { width: 100%; overflow-x: auto; }
  .filters { position: static; }
}
@media print { .filters, .tabs, .toolbar { display: none; } }
`;
