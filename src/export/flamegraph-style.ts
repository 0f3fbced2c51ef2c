/** How many colours functions are spread over. */
export const HUES = 24;

/** The colours of frames follow the system's light or dark setting. */
export const FLAMEGRAPH_STYLE = `
:root { color-scheme: light dark; --page: #fff; --ink: #1a1a1a; --faint: #666; --hit: #b5179e; background: var(--page); }
.page { fill: var(--page); }
text, button, input, span { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
text, span { fill: var(--ink); color: var(--ink); }
#heading { font-weight: bold; font-size: 14px; }
.note { fill: var(--faint); }
#search { width: 26em; } #search.wrong { outline: 2px solid #d00; }
#frames g { cursor: pointer; } #frames rect { stroke: var(--page); stroke-width: .5px; } #frames g text { pointer-events: none; }
#frames g:hover rect, #frames g:focus rect { stroke: var(--ink); } #frames g:focus { outline: none; }
#frames g.below { opacity: .5; }
#frames.searched g:not(.matched) rect { opacity: .35; } #frames g.matched rect { fill: var(--hit); }
#frames g.matched text { fill: #fff; }
${hues(62)}
.all rect { fill: #cfcfcf; } .thread rect { fill: #b9c4cf; } .opcode rect { fill: #8fb8e8; } .wait rect { fill: #8fd0b4; }
@media (prefers-color-scheme: dark) {
:root { --page: #16181d; --ink: #e8e8e8; --faint: #9a9a9a; --hit: #c43bb0; }
${hues(30)}
.all rect { fill: #3d4148; } .thread rect { fill: #3a4654; } .opcode rect { fill: #2c5282; } .wait rect { fill: #22624a; }
}
`;

/** Warm ones, from red to yellow, as flame graphs have always had. */
function hues(lightness: number): string {
  return Array.from({ length: HUES }, (_, hue) => {
    const degrees = 4 + Math.round((hue * 50) / HUES);
    return `.h${hue} rect { fill: hsl(${degrees} 75% ${lightness + (hue % 3) * 3}%); }`;
  }).join('\n');
}
