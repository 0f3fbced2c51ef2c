import type { Profile } from '../../profile/profile.js';
import type { View } from '../../profile/view.js';
import { xml } from '../xml.js';
import { bundled } from './bundle.js';
import { reportData } from './report-data.js';
import { STYLE } from './style.js';

/** The page in pieces. Nothing in it is loaded from elsewhere, and its policy allows nothing to be. */
export function* htmlDocument(profile: Profile, view: View): Generator<string> {
  const data = reportData(profile, view);
  yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n';
  yield `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`;
  yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n';
  yield '<meta name="color-scheme" content="light dark">\n';
  yield `<title>${xml(`heavyops: ${data.title}`)}</title>\n<style>\n${STYLE}</style>\n</head>\n<body>\n`;
  yield `<noscript><p>This report needs JavaScript. It loads nothing from elsewhere.</p></noscript>\n`;
  yield '<div id="report"></div>\n<script type="application/json" id="data">';
  yield inScript(JSON.stringify(data));
  yield `</script>\n<script>\n${bundled(new URL('./page/main.js', import.meta.url)).replaceAll('</script', '<\\/script')}</script>\n`;
  yield '</body>\n</html>\n';
}

const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** Nothing in it can end the element, or begin a comment in it. */
function inScript(text: string): string {
  return text.replaceAll('<', '\\u003c');
}
