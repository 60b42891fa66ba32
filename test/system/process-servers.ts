/** Servers that are deployed as processes, and who asks them. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Client } from '../../lib/contract/client.ts';
import type { ProcessTarget } from '../../lib/domain/target/process.ts';
import type { Tree } from './flow.ts';

/** A server of HTTP that answers `body`, after some code of its own. */
export function serverTree(body: string, before = ''): Tree {
  return {
    'staithe.yaml': 'services:\n  web:\n    artifacts: server.mjs\n',
    'server.mjs': `import { createServer } from 'node:http';
${before}
createServer((request, response) => {
  console.log(${JSON.stringify(body)}, request.url);
  if (request.url === '/exit') process.exit(7);
  response.end(${JSON.stringify(body)});
}).listen(process.env.PORT);
`,
  };
}

export const newProcess = (
  client: Client,
  project: string,
  more: Partial<ProcessTarget> & { variables?: Record<string, string> } = {},
) => {
  const { variables = {}, ...target } = more;
  return client.call('putEnvironment', {
    params: { project, environment: 'test' },
    body: {
      target: { kind: 'process', name: `${project}-test`, command: 'node server.mjs', ...target },
      variables,
    },
  });
};

/** What a client gets that asks all the time. */
export function polling(url: string): { answers: string[]; stop(): Promise<void> } {
  const answers: string[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const response = await fetch(url);
      answers.push(`${response.status} ${await response.text()}`);
      await turn();
    }
  })();
  return {
    answers,
    async stop() {
      stopped = true;
      await asking;
    },
  };
}

/** A server that answers each request with an error. */
export function sick(name: string): Tree {
  const tree = serverTree(name);
  const server = String(tree['server.mjs']).replace(
    "if (request.url === '/exit')",
    `console.log('${name} is sick'); response.statusCode = 500; if (request.url === '/exit')`,
  );
  return { ...tree, 'server.mjs': server };
}
