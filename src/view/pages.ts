import { html } from '../export/html.js';
import { speedscope } from '../export/speedscope.js';
import { xml } from '../export/xml.js';
import type { Profile } from '../profile/profile.js';
import type { View } from '../profile/view.js';
import type { Page } from './server.js';
import type { SpeedscopeApp } from './speedscope-app.js';

/** A profile that is shown, and what its file is called. */
export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
}

/** The html report of each profile; of several, a page that leads to them. */
export function reportPages(
  profiles: readonly NamedProfile[],
  view: View,
): (path: string) => Page | undefined {
  return (path) => {
    if (path === '') return profiles.length === 1 ? report(profiles[0], view) : list(profiles);
    const [, row = ''] = /^(\d+)\.html$/.exec(path) ?? [];
    return row === '' ? undefined : report(profiles[Number(row)], view);
  };
}

function report(named: NamedProfile | undefined, view: View): Page | undefined {
  return named && { mediaType: utf8(html.mediaType), content: () => html.write(named.profile, view) };
}

/**
 * speedscope's app, and the profiles in its format. A link says which one it opens: the app takes the address of
 * the profile from behind `#profileURL=`.
 */
export function speedscopePages(
  profiles: readonly NamedProfile[],
  view: View,
  app: SpeedscopeApp,
): (path: string) => Page | undefined {
  return (path) => {
    if (path === '') return list(profiles, speedscopePath);
    const [, row = ''] = /^profile-(\d+)\.speedscope\.json$/.exec(path) ?? [];
    const named = row === '' ? undefined : profiles[Number(row)];
    if (named === undefined) return app.file(path);
    return {
      mediaType: speedscope.mediaType,
      content: () => speedscope.write(named.profile, view),
    };
  };
}

/** Behind the server's address: what opens a profile in speedscope. A title would hide the names of the threads. */
export function speedscopePath(row: number): string {
  return `index.html#profileURL=profile-${row}.speedscope.json`;
}

function list(profiles: readonly NamedProfile[], pathOf = (row: number) => `${row}.html`): Page {
  const items = profiles.map(
    ({ name, profile }, row) =>
      `<li><a href="${xml(pathOf(row))}">${xml(name)}</a> ${xml(profile.meta.target.command.join(' '))}</li>`,
  );
  return {
    mediaType: utf8('text/html'),
    content: () => [
      '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>heavyops</title>\n',
      '<meta name="color-scheme" content="light dark">\n',
      '<style>body { font: 15px/1.7 system-ui, sans-serif; margin: 3em auto; max-width: 50em; padding: 0 1em }</style>\n',
      `<h1>Profiles</h1>\n<ul>\n${items.join('\n')}\n</ul>\n</html>\n`,
    ],
  };
}

function utf8(mediaType: string): string {
  return `${mediaType}; charset=utf-8`;
}
