/** What `staithe` alone says: where one stands, and the next command. */
import { findConnection } from '../connection/find.ts';
import { bold } from '../terminal/style.ts';

function whereWeStand(): readonly [line: string, next: string] {
  try {
    const { url, token } = findConnection(undefined);
    return token === undefined
      ? [`The server is ${url}; there is no token for it.`, `staithe login --url ${url}`]
      : [`The server is ${url}.`, 'staithe status'];
  } catch {
    return [
      'No server is known: start one here, or log in to one with `staithe login --url <url>`.',
      'npm start',
    ];
  }
}

export function guide(): string {
  const [line, next] = whereWeStand();
  return `Staithe builds what you send, freezes it as a release and deploys it.

  ${bold('staithe project create hello')}
  ${bold('staithe build create --project hello --dir . --follow')}
  ${bold('staithe release create --build <build> --version 0.1.0')}
  ${bold('staithe environment set test --project hello --function hello-test')}
  ${bold('staithe deploy test --project hello --release 0.1.0 --follow')}

All commands: staithe --help

${line}
next: ${next}
`;
}
