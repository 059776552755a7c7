// Another origin whose pages attack the bridge out of the visitor's own browser.
import { createServer } from 'node:http';

/** Serves an empty page; `names` are the hosts under which the browser finds it. */
export async function serveAttacker() {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>Win a prize</title><body>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    /** Of another site; and of the same site, which gets SameSite cookies, but another origin. */
    origins: [`http://evil.test:${port}`, `http://127.0.0.1:${port}`],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** In the attacker's page: everything that a page may send without being asked. Answers what a script could learn. */
export async function attack({ bridge, targets }) {
  const learnt = [];
  const attempt = async (name, body) => {
    try {
      learnt.push({ name, ...(await body()) });
    } catch (error) {
      learnt.push({ name, error: String(error) });
    }
  };
  const seen = async (response) => ({
    type: response.type,
    status: response.status,
    text: response.type === 'opaque' ? '' : await response.text(),
  });
  for (const { path, body } of targets) {
    const address = bridge + path;
    for (const credentials of ['include', 'omit']) {
      for (const mode of ['no-cors', 'cors']) {
        const options = { method: 'POST', mode, credentials, body };
        await attempt(`fetch ${mode} ${credentials}`, async () =>
          seen(await fetch(address, options)),
        );
      }
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': 'guessed' };
      await attempt(`fetch json ${credentials}`, async () =>
        seen(await fetch(address, { method: 'POST', credentials, headers, body })),
      );
      await attempt(`delete ${credentials}`, async () =>
        seen(await fetch(address, { method: 'DELETE', credentials, body })),
      );
      await attempt(`read ${credentials}`, async () => seen(await fetch(address, { credentials })));
    }
    await attempt('beacon', async () => ({ sent: navigator.sendBeacon(address, body) }));
    await attempt(
      'image',
      () =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve({ loaded: true });
          image.onerror = () => resolve({ loaded: false });
          image.src = address;
        }),
    );
  }
  await attempt(
    'socket',
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${bridge.replace('http', 'ws')}/admin/v1/ws`, ['admin.v1']);
        socket.onopen = () => resolve({ opened: true });
        socket.onerror = () => resolve({ opened: false });
      }),
  );
  return learnt;
}

/** In the attacker's page: sends the visitor away with a form. */
export function submitForm({ address, body, enctype }) {
  const form = document.createElement('form');
  Object.assign(form, { method: 'POST', action: address, enctype });
  const field = document.createElement('input');
  // with text/plain the browser writes name=value, so JSON hides in the name
  Object.assign(field, { name: body.slice(0, -1), value: body.slice(-1) });
  form.append(field);
  document.body.append(form);
  form.submit();
}
