import { readFileSync } from '../../lib/file-system.js';

/**
 * The page's modules as one script. Each becomes a function that returns what it exports, in the order in which they
 * need each other: no more is needed for modules that import only from each other, by name and without cycles, and
 * export what they declare. A test holds them to that.
 */
export function bundled(entry: URL): string {
  const done = new Map<string, string>();
  const parts: string[] = [];
  addModule(entry, done, parts);
  return `'use strict';\n${parts.join('')}`;
}

function addModule(file: URL, done: Map<string, string>, parts: string[]): string {
  const known = done.get(file.href);
  if (known !== undefined) return known;
  const name = `m${done.size}`;
  done.set(file.href, name);
  const exported: string[] = [];
  const text = readFileSync(file, 'utf8')
    .replace(/^import (\{[^}]*\}) from '([^']+)';$/gm, (_, names: string, specifier: string) => {
      const from = addModule(new URL(specifier, file), done, parts);
      return `const ${names.replaceAll(' as ', ': ')} = ${from};`;
    })
    .replace(/^export ((?:async )?function\*?|const|class) (\w+)/gm, (_, kind: string, declared: string) => {
      exported.push(declared);
      return `${kind} ${declared}`;
    })
    .replace(/^export \{\};$/gm, '')
    .replace(/^\/\/# sourceMappingURL=.*$/gm, '');
  parts.push(`const ${name} = (() => {\n${text}return { ${exported.join(', ')} };\n})();\n`);
  return name;
}
