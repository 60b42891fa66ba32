import { request } from 'node:http';

/** As a client that sends just what it is told to: `fetch` would add a type of its own. */
export function put(url: string, headers: Record<string, string>, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once('error', reject).end(bytes);
  });
}
