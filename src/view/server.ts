import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Something that is served. */
export interface Page {
  readonly mediaType: string;
  /** Made anew for each request. */
  readonly content: () => Iterable<string | Uint8Array>;
}

export interface PageServer {
  /** Where the pages are, with a slash at the end. Who does not know it gets nothing. */
  readonly address: string;
  close(): void;
}

/**
 * Serves pages on loopback, under a path that cannot be guessed: other users of the machine can connect to it, too, and
 * so can pages of other origins in the browser.
 *
 * @param find a page by its path behind the token, without a slash before it
 * @param port 0 for any that is free
 * @throws Node's own error where the port is taken
 */
export async function servePages(find: (path: string) => Page | undefined, port = 0): Promise<PageServer> {
  const token = randomBytes(16).toString('base64url');
  const server = createServer((request, response) => {
    // What a page cannot be made of, or a reader that goes away, ends that request alone.
    answer(request, response, token, find).catch(() => response.destroy());
  });
  server.listen(port, loopback);
  await once(server, 'listening');
  return {
    address: `http://${loopback}:${(server.address() as AddressInfo).port}/${token}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const loopback = '127.0.0.1';

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  find: (path: string) => Page | undefined,
): Promise<void> {
  const page = isForUs(request) ? pageFor(request.url ?? '', token, find) : undefined;
  for (const [name, value] of headers) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (page === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here.\n');
  } else {
    response.writeHead(200, { 'content-type': page.mediaType });
    if (request.method === 'HEAD') response.end();
    else await pipeline(page.content(), response);
  }
}

/** The path has the token in it: it is to be told to nobody, and kept nowhere. */
const headers = [
  ['cache-control', 'no-store'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['cross-origin-resource-policy', 'same-origin'],
] as const;

/** A page of another origin can have its own name lead to loopback (DNS rebinding); the browser still tells that name. */
function isForUs({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

function pageFor(url: string, token: string, find: (path: string) => Page | undefined): Page | undefined {
  const [, given = '', path = ''] = /^\/([^/?#]*)\/([^?#]*)/.exec(url) ?? [];
  return isSame(given, token) ? find(path) : undefined;
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
