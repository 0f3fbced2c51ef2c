import { chunks } from './chunks.js';
import type { Format } from './format.js';
import { htmlDocument } from './html/document.js';

/** One page that stands alone: flame graph, instructions, source, functions and timeline, filtered by each other. */
export const html: Format = {
  name: 'html',
  aliases: ['htm', 'report'],
  extensions: ['.html', '.htm'],
  mediaType: 'text/html',
  whole: true,
  programText: true,
  description: 'a page with flame graph, instructions, source and timeline, for any browser',
  write: (profile, view) => chunks(htmlDocument(profile, view)),
};
