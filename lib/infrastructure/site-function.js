/**
 * The function of CloudFront that chooses what of a site is served (runtime cloudfront-js-2.0, at most 10 KB with comments).
 * It reads one key for each request: the site's, or that of one of its versions (`shop@0123…`). The deployment of a version
 * changes that key, so all requests that come after it, at an edge that has it, are answered from that version.
 */
import cf from 'cloudfront';

const versions = cf.kvs();

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it.
async function handler(event) {
  const request = event.request;
  const host = request.headers.host.value;
  const segments = request.uri.split('/').slice(1);
  // Below the distribution's own name the first segment is the site; other names are sites themselves.
  const hasOwnName = host === event.context.distributionDomainName;
  const name = hasOwnName ? segments.shift() : host;
  let live;
  try {
    live = await versions.get(name, { format: 'json' });
  } catch (_) {
    return answer(404, 'Not Found', 'There is no site here.');
  }
  if (segments.length === 0) return moved(`/${name}/`);
  const path = segments.join('/');
  if (path === '.well-known/staithe-version') return answer(200, 'OK', live.version);
  const file = fileOf(path, live);
  const folder = isImmutable(file, live.immutable) ? 'immutable' : `versions/${live.version}`;
  request.uri = `/${live.root}/${folder}/${file}`;
  return request;
}

/** Paths whose last part has no extension are folders, or routes of an application. */
function fileOf(path, live) {
  const last = path.slice(path.lastIndexOf('/') + 1);
  if (last.includes('.') || path.startsWith('.well-known/')) return path;
  if (live.spa) return live.index;
  return path + (last === '' ? '' : '/') + live.index;
}

/** The same as in lib/domain/target/static.ts. */
function isImmutable(path, folders) {
  return folders.some((folder) => path.startsWith(folder)) && /(^|[/.-])[A-Za-z0-9_-]{8,}\.[^/]+$/.test(path);
}

function moved(path) {
  return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: path } } };
}

function answer(status, description, text) {
  return {
    statusCode: status,
    statusDescription: description,
    headers: {
      'content-type': { value: 'text/plain; charset=utf-8' },
      'cache-control': { value: 'no-store' },
    },
    body: text,
  };
}
