import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type TestContext, test } from 'node:test';
import { type PageServer, servePages } from '../../src/view/server.js';

async function start(t: TestContext): Promise<PageServer> {
  const server = await servePages((path) => {
    if (path === 'broken') return { mediaType: 'text/plain', content: breaking };
    return path === '' || path === 'one.txt'
      ? { mediaType: 'text/plain', content: () => ['a', 'b'] }
      : undefined;
  });
  t.after(() => server.close());
  return server;
}

function* breaking(): Generator<string> {
  yield 'half';
  throw new Error('it broke');
}

async function get(address: string, options: { host?: string; method?: string } = {}) {
  const sent = request(address, {
    method: options.method ?? 'GET',
    ...(options.host === undefined ? {} : { headers: { host: options.host } }),
  }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const part of response) text += part;
  return { status: response.statusCode as number, text, headers: response.headers as Record<string, string> };
}

test('pages are served behind the token, as they are made', async (t) => {
  const { address } = await start(t);
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
  for (const path of ['', 'one.txt', 'one.txt?v=1'])
    assert.equal((await get(address + path)).text, 'ab', path);
  assert.equal((await get(`${address}two.txt`)).status, 404);
});

test('each server has a token of its own', async (t) => {
  const tokens = [(await start(t)).address, (await start(t)).address].map(
    (address) => new URL(address).pathname,
  );
  assert.notEqual(tokens[0], tokens[1]);
});

test('without the token nothing is served', async (t) => {
  const { address } = await start(t);
  const { origin, pathname } = new URL(address);
  const wrong = pathname.replace(/.\/$/, (end) => (end === 'A/' ? 'B/' : 'A/'));
  for (const path of [
    '/',
    '/one.txt',
    '//',
    '//one.txt',
    wrong,
    `${wrong}one.txt`,
    `/x${pathname}`,
    pathname.slice(0, -1),
  ]) {
    const { status, text } = await get(origin + path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(text, /ab/);
  }
});

test('a request for another host is not answered: its name was led here', async (t) => {
  const { address } = await start(t);
  assert.equal((await get(address, { host: 'evil.example' })).status, 404);
  assert.equal((await get(address, { host: 'localhost:80' })).status, 200);
});

test('the token is kept nowhere, and told to nobody', async (t) => {
  const { headers } = await get((await start(t)).address);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['x-content-type-options'], 'nosniff');
});

test('nothing but reading is understood', async (t) => {
  const { address } = await start(t);
  assert.equal((await get(address, { method: 'POST' })).status, 405);
  const head = await get(address, { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('a page that cannot be made ends its own request alone', async (t) => {
  const { address } = await start(t);
  await assert.rejects(get(`${address}broken`));
  assert.equal((await get(address)).text, 'ab');
});

const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
const skip = outside === undefined ? 'this machine has no address but loopback' : false;

test('it listens on loopback alone', { skip }, async (t) => {
  const { port } = new URL((await start(t)).address);
  const socket = connect(Number(port), outside);
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});
